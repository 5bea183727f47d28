"""Every operation of DataBrew that is carried over does what its documented example says, as a recipe and as YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.prepare.databrew.recipes_made import compiled, connector

from antechamber.declare.marked import read_marked
from antechamber.prepare.databrew import steps_yaml
from antechamber.prepare.databrew.page import examples, page
from antechamber.prepare.databrew.registry import OPERATIONS, REFUSED

EXAMPLES = [(name, place, case) for name, cases in examples().items() for place, case in enumerate(cases)]
IDS = [f"{name}-{place}" for name, place, _ in EXAMPLES]


def _recipe(name: str, case: dict[str, Any]) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"Action": {"Operation": name, "Parameters": case["parameters"]}}
    return [{**made, "ConditionExpressions": case["conditions"]} if "conditions" in case else made]


def _wanted(case: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for record in case["after"] for name in record))


@pytest.mark.parametrize(("name", "place", "case"), EXAMPLES, ids=IDS)
def test_an_operation_does_what_its_example_says(
    name: str, place: int, case: dict[str, Any], through: Callable[..., list[dict[str, Any]]]
) -> None:
    found = compiled(_recipe(name, case))
    assert not found.flaws
    given = connector(_wanted(case))
    given.take_recipe(found.models)
    rows = through(given, case["before"], _wanted(case))
    assert len(rows) == len(case["after"])
    for row, record in zip(rows, case["after"], strict=True):
        # A text without characters is no value once it is a column of the table.
        assert {key: row[key] for key in record} == {key: value or None for key, value in record.items()}


@pytest.mark.parametrize(("name", "place", "case"), EXAMPLES, ids=IDS)
def test_the_yaml_of_a_recipe_does_what_the_recipe_does(
    name: str, place: int, case: dict[str, Any], through: Callable[..., list[dict[str, Any]]]
) -> None:
    found = compiled(_recipe(name, case))
    written = read_marked("steps.yaml", steps_yaml(found).encode())
    assert not written.troubles
    imported = connector(_wanted(case), written.value["steps"])
    assert imported.steps == found.models
    as_recipe = connector(_wanted(case))
    as_recipe.take_recipe(found.models)
    assert through(imported, case["before"], _wanted(case)) == through(as_recipe, case["before"], _wanted(case))


def test_every_operation_that_is_carried_over_has_an_example() -> None:
    assert set(examples()) == set(OPERATIONS)
    assert len(OPERATIONS) >= 60
    assert not set(OPERATIONS) & set(REFUSED)


def test_the_result_is_the_same_in_batches_of_one(through: Callable[..., list[dict[str, Any]]]) -> None:
    for name, _, case in EXAMPLES:
        given = connector(_wanted(case))
        given.take_recipe(compiled(_recipe(name, case)).models)
        whole = through(given, case["before"], _wanted(case))
        records = [{**dict.fromkeys(case["before"][0]), **record} for record in case["before"]]
        assert through(given, records, _wanted(case), size=1) == whole


def test_the_reference_page_is_the_one_that_the_operations_give() -> None:
    written = Path(__file__).parents[3] / "docs/reference/databrew.md"
    assert written.read_text() == page(), "make docs"
