"""Split: one text into several columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake, repeated
from antechamber.declare.model import Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text


class Split(StepModel):
    """Splits a column's text at a separator into several columns. When there are fewer pieces than columns, the rest
    is empty; when there are more, the last column has what is left (with `from_end`, the first)."""

    NAME: ClassVar[str] = "split"
    EXAMPLE: ClassVar[Example] = Example(
        step='split: {column: name, by: " ", into: [first, last]}',
        before=({"name": "Ann Lee"}, {"name": "Ann van der Lee"}, {"name": "Cher"}, {"name": None}),
        after=(
            {"first": "Ann", "last": "Lee"},
            {"first": "Ann", "last": "van der Lee"},
            {"first": "Cher", "last": None},
            {"first": None, "last": None},
        ),
    )

    column: Text
    """The column."""
    by: Text
    """What stands between the pieces, letter by letter."""
    into: Annotated[tuple[Text, ...], Field(min_length=2)]
    """The columns that hold the pieces, in order."""
    from_end: bool = False
    """Whether pieces are counted from the end of the text."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def makes(self) -> tuple[str, ...]:
        return self.into

    def mistakes(self) -> Iterator[Mistake]:
        for place, name in repeated(self.into):
            yield Mistake(("into", place), f"{show(name)} is in the list before", "give each piece a name of its own")

    def compile(self, setting: Setting) -> Step:
        count = len(self.into)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            value = frame.select(text(frame, self.column).alias("v")).to_series()
            if self.from_end:
                pieces = value.str.split(self.by)
                several = pieces.list.len().cast(pl.Int64)
                extra = (several - count).clip(0, None)
                first = pl.select(pl.lit(pieces).list.head(pl.lit(extra) + 1).list.join(self.by)).to_series()
                rest = pl.select(pl.lit(pieces).list.slice(pl.lit(extra) + 1)).to_series()
                made = [first, *(rest.list.get(place, null_on_oob=True) for place in range(count - 1))]
            else:
                fields = value.str.splitn(self.by, count)
                made = fields.struct.unnest().get_columns()
            return frame.with_columns(each.alias(name) for each, name in zip(made, self.into, strict=True))

        return Step(f"{named([self.column])} is split into {named(self.into)}", apply)
