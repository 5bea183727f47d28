"""Filter: the records for which a condition holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.errors import RecipeError
from antechamber.prepare.sql.engine import evaluate
from antechamber.prepare.sql.expression import Expression, Flaw, read
from antechamber.prepare.steps.step import Report, Setting, Step, named


class Filter(StepModel):
    """Keeps the records for which a condition holds, an [SQL expression](#sql-expressions). All others are dropped,
    also those for which it is neither true nor false because a value is missing, and counted under this step. In a
    table with a key, an earlier version of a record that is dropped leaves the table."""

    NAME: ClassVar[str] = "filter"
    SHORT: ClassVar[str] = "where"
    NOUNS: ClassVar[dict[str, str]] = {"on_error": "something that becomes of a record whose condition fails"}
    EXAMPLE: ClassVar[Example] = Example(
        step="filter: country = 'US' AND amount > 10",
        before=(
            {"country": "US", "amount": "12.50"},
            {"country": "US", "amount": "9"},
            {"country": None, "amount": "99"},
            {"country": "US", "amount": "n/a"},
        ),
        after=({"country": "US", "amount": "12.50"},),
    )

    where: Text
    """The condition."""
    on_error: Literal["drop", "quarantine"] = "drop"
    """What becomes of a record for which the condition cannot be worked out, as when a text is no number."""

    @property
    def reads(self) -> tuple[str, ...]:
        found = read(self.where)
        return found.columns if isinstance(found, Expression) else ()

    @property
    def selects(self) -> bool:
        return True

    @property
    def leaves_out(self) -> bool:
        return True

    def mistakes(self) -> Iterator[Mistake]:
        if isinstance(found := read(self.where), Flaw):
            yield Mistake(() if self.model_fields_set == {"where"} else ("where",), found.what, found.remedy)

    def compile(self, setting: Setting) -> Step:
        condition = read(self.where)
        if isinstance(condition, Flaw):
            raise RecipeError(condition.what, remedy=condition.remedy)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            ((holds, failed),) = evaluate(frame, [condition])
            if holds.dtype != pl.Boolean:
                raise RecipeError(
                    "the condition is neither true nor false", remedy="compare something: status = 'active'"
                )
            if self.on_error == "quarantine":
                frame = frame.with_columns(holds.alias("\0holds"))
                frame = report.amiss(frame, failed, "filter", "the condition cannot be worked out", "quarantine")
                holds = frame["\0holds"]
                frame = frame.drop("\0holds")
            return report.leave_out(frame, ~holds.fill_null(False), setting.place)

        return Step(f"keeps the records for which a condition on {named(self.reads or ('nothing',))} holds", apply)
