"""Which statements the aggregation rule lets through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from antechamber.collaborate import Room
from antechamber.errors import QueryRefused

HERE = Path(__file__).parent


def rows(file: str) -> list[Any]:
    found: list[dict[str, Any]] = YAML(typ="safe").load((HERE / file).read_text())
    return [pytest.param(row, id=f"{number}: {row['ask'][:60]}") for number, row in enumerate(found, 1)]


@pytest.mark.parametrize("row", rows("queries.yaml"))
def test_a_query_is_allowed_or_refused_as_the_rule_says(room: Room, row: dict[str, Any]) -> None:
    if row.get("yes"):
        explained = room.explain(row["ask"], member="acme")
        assert explained.constraints, "an allowed query still rests on a minimum"
        assert room.answer(row["ask"], member="acme").table.column_names == list(explained.columns)
    else:
        with pytest.raises(QueryRefused) as refused:
            room.explain(row["ask"], member="acme")
        assert row["no"] in f"{refused.value.where}: {refused.value.what}"
        assert refused.value.remedy or refused.value.where
