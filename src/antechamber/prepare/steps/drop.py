"""Drop: columns that later steps are not to see."""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named


class Drop(StepModel):
    """Takes columns away. What no column of the table is made of is left out anyhow: this is for names that a later
    step or column is not to find."""

    NAME: ClassVar[str] = "drop"
    EXAMPLE: ClassVar[Example] = Example(
        step="drop: {columns: [notes]}", before=({"id": "1", "notes": "x"},), after=({"id": "1"},)
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The columns."""

    @property
    def removes(self) -> tuple[str, ...]:
        return self.columns

    def compile(self, setting: Setting) -> Step:
        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            return frame.drop([name for name in self.columns if name in frame.columns])

        return Step(f"{named(self.columns)} {'is' if len(self.columns) == 1 else 'are'} taken away", apply)
