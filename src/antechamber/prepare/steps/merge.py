"""Merge: several columns' values into one text."""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text


class Merge(StepModel):
    """Puts the values of several columns together into one. Empty ones are left out, with their separator; when all
    are empty, so is the result."""

    NAME: ClassVar[str] = "merge"
    EXAMPLE: ClassVar[Example] = Example(
        step='merge: {columns: [street, unit], by: ", ", into: address}',
        before=({"street": "1 Main St", "unit": "Apt 4"}, {"street": "2 Oak Ave", "unit": None}),
        after=(
            {"street": "1 Main St", "unit": "Apt 4", "address": "1 Main St, Apt 4"},
            {"street": "2 Oak Ave", "unit": None, "address": "2 Oak Ave"},
        ),
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=2)]
    """The columns, in order."""
    into: Text
    """The column that holds the result."""
    by: str = " "
    """What stands between the values."""
    skip_empty: bool = True
    """Whether empty values are left out; if not, a record with one has no result."""

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.columns))

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.into,)

    def compile(self, setting: Setting) -> Step:
        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            parts = [text(frame, name) for name in self.columns]
            merged = pl.concat_str(parts, separator=self.by, ignore_nulls=self.skip_empty)
            if self.skip_empty:
                merged = pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(merged)
            return frame.with_columns(merged.alias(self.into))

        return Step(f"{named(self.columns)} are put together into {named([self.into])}", apply)
