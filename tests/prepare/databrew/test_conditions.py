"""Conditions mean what the DataBrew guide says; a missing value meets none but IS_MISSING."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.prepare.databrew.recipes_made import compiled, condition, connector, step

from antechamber.prepare.databrew.conditions import CONDITIONS

VALUES = ["apple", "banana", "5", "10", "2020-05-05", "", None]

MET: list[tuple[str, str | None, list[str | None]]] = [
    ("IS", "apple", ["apple"]),
    ("IS", '["apple", "5"]', ["apple", "5"]),
    ("IS_NOT", '["apple"]', ["banana", "5", "10", "2020-05-05"]),
    ("IS_BETWEEN", '{"GREATER_THAN_EQUAL": "5", "LESS_THAN_EQUAL": "9"}', ["5"]),
    ("IS_BETWEEN", '{"GREATER_THAN_EQUAL": "2020-01-01", "LESS_THAN_EQUAL": "2020-12-31"}', ["2020-05-05"]),
    ("CONTAINS", "an", ["banana"]),
    ("NOT_CONTAINS", "a", ["5", "10", "2020-05-05"]),
    ("STARTS_WITH", "b", ["banana"]),
    ("NOT_STARTS_WITH", "b", ["apple", "5", "10", "2020-05-05"]),
    ("ENDS_WITH", "e", ["apple"]),
    ("NOT_ENDS_WITH", "5", ["apple", "banana", "10"]),
    ("LESS_THAN", "10", ["5"]),
    ("LESS_THAN_EQUAL", "10", ["5", "10"]),
    ("GREATER_THAN", "5", ["10"]),
    ("GREATER_THAN_EQUAL", "5.0", ["5", "10"]),
    ("GREATER_THAN", "2020-05-04 12:00", ["2020-05-05"]),
    ("IS_MISSING", None, ["", None]),
]


@pytest.mark.parametrize(("name", "value", "met"), MET)
def test_rows_that_meet_a_condition_are_removed_and_no_others(
    name: str, value: str | None, met: list[str | None], through: Callable[..., list[dict[str, Any]]]
) -> None:
    given = connector(["n"])
    given.take_recipe(compiled([step("REMOVE_VALUES", condition(name, value), sourceColumn="a")]).models)
    records = [{"n": str(place), "a": each} for place, each in enumerate(VALUES)]
    kept = [row["n"] for row in through(given, records, ["n"])]
    assert kept == [str(place) for place, each in enumerate(VALUES) if each not in met]


def test_is_invalid_looks_at_the_columns_type(through: Callable[..., list[dict[str, Any]]]) -> None:
    steps = [step("FILL_WITH_CUSTOM", condition("IS_INVALID"), sourceColumn="a", columnDataType="number", value="0")]
    # The condition says where the step works; what it fills are missing values, of which none is invalid.
    given = connector(["a"])
    given.take_recipe(compiled(steps).models)
    assert [row["a"] for row in through(given, [{"a": "x"}, {"a": "1"}, {"a": None}], ["a"])] == ["x", "1", None]


def test_all_conditions_of_a_step_must_be_met(through: Callable[..., list[dict[str, Any]]]) -> None:
    both = [condition("GREATER_THAN", "1"), condition("IS", "x", "b")]
    given = connector(["a", "b"])
    given.take_recipe(compiled([step("ADD_PREFIX", *both, sourceColumn="a", pattern="!")]).models)
    rows = through(given, [{"a": "2", "b": "x"}, {"a": "2", "b": "y"}, {"a": "1", "b": "x"}], ["a", "b"])
    assert [row["a"] for row in rows] == ["!2", "2", "1"]


def test_every_documented_condition_is_tried_here() -> None:
    assert {name for name, _, _ in MET} | {"IS_INVALID"} == set(CONDITIONS)
