"""Fill: a value where there is none."""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.model import Model, Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text


class Other(Model):
    """The column that a value is taken from."""

    from_column: Text
    """The column whose value stands in, when it has one."""


class Fill(StepModel):
    """Puts a value where a column has none. What is there stays."""

    NAME: ClassVar[str] = "fill"
    BODY: ClassVar[str] = "columns"
    EXAMPLE: ClassVar[Example] = Example(
        step="fill: {country: US, mobile: {from_column: phone}}",
        before=(
            {"country": None, "mobile": None, "phone": "555 0100"},
            {"country": "GB", "mobile": "7", "phone": "8"},
        ),
        after=(
            {"country": "US", "mobile": "555 0100", "phone": "555 0100"},
            {"country": "GB", "mobile": "7", "phone": "8"},
        ),
    )

    columns: Annotated[dict[Text, str | Other], Field(min_length=1)]
    """Each column → the value, or `{from_column: name}` for another column's value of the same record."""

    @property
    def reads(self) -> tuple[str, ...]:
        others = (each.from_column for each in self.columns.values() if isinstance(each, Other))
        return tuple(dict.fromkeys([*self.columns, *others]))

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def compile(self, setting: Setting) -> Step:
        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            made = []
            for name, value in self.columns.items():
                if name in frame.columns:
                    other = text(frame, value.from_column) if isinstance(value, Other) else pl.lit(value)
                    made.append(text(frame, name).fill_null(other).alias(name))
            return frame.with_columns(made)

        said = [
            f"{named([name])} takes {named([value.from_column]) if isinstance(value, Other) else 'the value given'}"
            for name, value in self.columns.items()
        ]
        return Step(f"{', '.join(said)} where it is empty", apply)
