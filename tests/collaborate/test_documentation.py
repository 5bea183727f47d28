"""The examples of the reference of rules are judged as they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.collaborate.workshop import Workshop, members_rule, viewers_rule

from antechamber.collaborate import SCALAR_FUNCTIONS
from antechamber.collaborate.custom.aggregates import AGGREGATES
from antechamber.collaborate.custom.library import FUNCTIONS, NOT_EXECUTED
from antechamber.errors import QueryRefused

PAGE = Path(__file__).parents[2] / "docs/reference/analysis-rules.md"
CUSTOM = PAGE.parent / "custom-rules.md"
EXAMPLE = re.compile(r"^```sql\n-- (allowed|refused: )(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES, CUSTOM_EXAMPLES = EXAMPLE.findall(PAGE.read_text()), EXAMPLE.findall(CUSTOM.read_text())


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


@pytest.mark.parametrize(("verdict", "says", "sql"), CUSTOM_EXAMPLES)
def test_an_example_of_custom_rules_is_judged_as_it_says(
    standing: Workshop, verdict: str, says: str, sql: str
) -> None:
    anybody = {"analyses": ["ANY_QUERY"], "providers": ["acme"]}
    controls = {
        "disallowed_output": ["phone"],
        "threshold": {"identity": "email", "count": 3},
        "comparisons": {"literal": ["tier", "signup"], "column": ["email", "zip"]},
    }
    members = standing.under("members", {"custom": {**anybody, **controls}})
    room = standing.room(members, standing.under("viewers", {"custom": anybody}))
    if verdict == "allowed":
        assert room.answer(sql, member="acme").table.num_rows
    else:
        with pytest.raises(QueryRefused) as refused:
            room.answer(sql, member="acme")
        assert says == f"{refused.value.where}: {refused.value.what}"


def test_the_page_of_custom_rules_names_every_function_in_its_row() -> None:
    assert len(CUSTOM_EXAMPLES) >= 5
    rows = dict(re.findall(r"^\| ([a-z, ]+) \| (`.*`) \|$", CUSTOM.read_text(), re.MULTILINE))
    for kind, known in (("scalar", FUNCTIONS), ("aggregate", AGGREGATES)):
        for strict, title in ((True, kind), (False, f"{kind}, without controls only")):
            told = re.findall(r"`(\w+)`", rows[title])
            assert told == sorted(name for name, each in known.items() if each.strict is strict)
    assert re.findall(r"`(\w+)`", rows["not executed here"]) == sorted(NOT_EXECUTED)
