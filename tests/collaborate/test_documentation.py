"""The examples of docs/reference/analysis-rules.md are judged as they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.collaborate.workshop import Workshop, members_rule, viewers_rule

from antechamber.collaborate import SCALAR_FUNCTIONS
from antechamber.errors import QueryRefused

PAGE = Path(__file__).parents[2] / "docs/reference/analysis-rules.md"
EXAMPLES = re.findall(r"^```sql\n-- (allowed|refused: )(.*?)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("verdict", "says", "sql"), EXAMPLES)
def test_an_example_is_judged_as_it_says(standing: Workshop, verdict: str, says: str, sql: str) -> None:
    rule = members_rule(
        aggregate=[
            {"columns": ["email"], "function": "COUNT DISTINCT"},
            {"columns": ["email"], "function": "COUNT"},
            {"columns": ["ltv"], "function": "SUM"},
            {"columns": ["ltv"], "function": "AVG"},
        ],
        dimensions=["tier", "zip", "age", "signup"],
        scalar_functions=["UPPER", "TRIM", "EXTRACT", "CAST"],
    )
    room = standing.room(standing.ruled("members", rule), standing.ruled("viewers", viewers_rule()))
    if verdict == "allowed":
        assert room.answer(sql, member="acme").table.num_columns
    else:
        with pytest.raises(QueryRefused) as refused:
            room.answer(sql, member="acme")
        assert says == f"{refused.value.where}: {refused.value.what}"


def test_the_page_names_every_function() -> None:
    assert len(EXAMPLES) >= 5
    table = PAGE.read_text().partition("## Scalar functions")[2]
    for function in SCALAR_FUNCTIONS:
        assert f"`{function}`" in table
