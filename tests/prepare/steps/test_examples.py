"""Every step does what its example on the reference page says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antechamber.declare.step import STEP_MODELS


def lay_out(name: str, root: Path) -> None:
    for path, content in getattr(STEP_MODELS[name], "FILES", {}).items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(content)


@pytest.mark.parametrize("name", STEP_MODELS)
def test_a_step_does_what_its_example_says(name: str, through: Callable[..., Any], tmp_path: Path) -> None:
    example = STEP_MODELS[name].EXAMPLE
    columns = list((example.after or example.before)[0])
    lay_out(name, tmp_path)
    done = through(f"- {example.step}", example.before, columns)
    assert done.rows == [dict(record) for record in example.after]


@pytest.mark.parametrize("name", STEP_MODELS)
def test_a_step_is_told_in_one_clause(name: str, through: Callable[..., Any], tmp_path: Path) -> None:
    example = STEP_MODELS[name].EXAMPLE
    lay_out(name, tmp_path)
    columns = list((example.after or example.before)[0])
    ((told, sentence),) = through(f"- {example.step}", example.before, columns).recipe.steps
    assert told == name
    assert sentence
    assert not sentence.endswith(".")


def test_a_step_that_makes_what_nobody_needs_does_not_run(through: Callable[..., Any]) -> None:
    steps = "- merge: {columns: [b, c], into: d}\n- case: {columns: [b], to: upper}\n- filter: a <> '2'"
    done = through(steps, [{"a": "1", "b": "x", "c": "y"}, {"a": "2", "b": "x", "c": "y"}], ["a"])
    assert done.rows == [{"a": "1"}]
    assert done.recipe.source_columns == ("a",)
