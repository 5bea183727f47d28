"""Steps whose result nobody wants are not carried out, and say nothing of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.prepare.steps.conftest import batch_of, connector_with

from antechamber.prepare import compile_recipe
from antechamber.records import LEFT_OUT, PUT
from antechamber.secrets import Secrets

MADE = [
    '- map: {column: n, values: {"7": x}}',
    "- replace: {columns: n, find: x, put: y}",
    "- fill: {n: x}",
    "- case: {columns: [n], to: upper}",
    "- split: {column: n, by: x, into: [b, c]}",
    "- merge: {columns: [n, m], into: b}",
    "- derive: {b: n + 1}",
    '- extract: {column: n, pattern: "(?P<b>x)"}',
    "- parse_json: {column: n, take: {b: x}}",
]


@pytest.mark.parametrize("step", MADE)
def test_a_column_that_is_not_published_may_be_made_in_vain(through: Callable[..., Any], step: str) -> None:
    assert through(step, [{"id": "1", "n": "7", "m": "8"}], ["id"]).rows == [{"id": "1"}]


@pytest.mark.parametrize("step", MADE)
def test_the_key_of_a_record_that_is_left_out_needs_no_step_for_other_columns(tmp_path: Any, step: str) -> None:
    connector = connector_with(f"- filter: n <> '9'\n{step}", ["id", "n"], key="c0")
    recipe = compile_recipe(connector, secrets=Secrets(tmp_path))
    records = [{"id": "1", "n": "9", "m": "8"}, {"id": "2", "n": "7", "m": "8"}]
    prepared = recipe.apply(batch_of(records))
    assert prepared.batch.column("c0").to_pylist() == ["1", "2"]
    assert prepared.changes is not None
    assert prepared.changes.to_pylist() == [LEFT_OUT, PUT]


def test_map_leaves_values_that_are_not_listed_as_they_are(through: Callable[..., Any]) -> None:
    done = through('- map: {column: n, values: {"7": x}}', [{"n": "7"}, {"n": "8"}, {"n": None}], ["n"])
    assert done.rows == [{"n": "x"}, {"n": "8"}, {"n": None}]
