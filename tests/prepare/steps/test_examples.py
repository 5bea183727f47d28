"""Every step does what its example on the reference page says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from antechamber.declare.step import STEP_MODELS


@pytest.mark.parametrize("name", STEP_MODELS)
def test_a_step_does_what_its_example_says(name: str, through: Callable[..., Any]) -> None:
    example = STEP_MODELS[name].EXAMPLE
    columns = list(example.after[0])
    done = through(f"- {example.step}", example.before, columns)
    assert done.rows == [dict(record) for record in example.after]


@pytest.mark.parametrize("name", STEP_MODELS)
def test_a_step_is_told_in_one_clause(name: str, through: Callable[..., Any]) -> None:
    example = STEP_MODELS[name].EXAMPLE
    ((told, sentence),) = through(f"- {example.step}", example.before, list(example.after[0])).recipe.steps
    assert told == name
    assert sentence
    assert not sentence.endswith(".")
