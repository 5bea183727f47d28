"""Which statements the rules let through, each by the page of the AWS Clean Rooms user guide that says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import Workshop, ask_here, mapped

from antechamber.collaborate import Policy, SharedTable
from antechamber.errors import QueryRefused

FILES = sorted((Path(__file__).parent / "conformance").glob("*.yaml"))


def cases() -> list[Any]:
    found = []
    for file in FILES:
        told = YAML(typ="safe").load(file.read_text())
        for number, row in enumerate(told["queries"], 1):
            merged = {"rules": told["rules"], "page": told.get("page"), **told.get("settings", {}), **row}
            found.append(pytest.param(merged, id=f"{file.stem} {number}: {row['ask'][:60]}"))
    return found


@pytest.fixture(scope="module")
def pairs(standing: Workshop) -> SharedTable:
    """An ID mapping table of acme's e-mails and streamly's."""
    return standing.mapping("idmt", [(f"e{number}", f"e{number + 1}") for number in range(60)])


@pytest.mark.parametrize("row", cases())
def test_a_query_is_allowed_or_refused_as_its_page_says(
    standing: Workshop, pairs: SharedTable, row: dict[str, Any]
) -> None:
    tables = [standing.under(name, rule) for name, rule in row["rules"].items()]
    if "mapping" in row:
        tables.append(mapped(pairs, row["mapping"]))
    room = standing.room(*tables)
    room = replace(room, privacy={"acme": Policy(10, lambda epsilon: None)})
    assert row["page"]
    if row.get("yes"):
        ask_here(room, row["ask"])
    else:
        with pytest.raises(QueryRefused) as refused:
            room.explain(row["ask"], member="acme")
        assert row["no"] in f"{refused.value.where}: {refused.value.what}"
        assert refused.value.remedy or refused.value.where
