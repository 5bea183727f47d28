"""Sample: a share of the records, the same ones every time."""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import ROW, Report, Setting, Step, joined, named


class Sample(StepModel):
    """Keeps a share of the records and drops the others. Which ones is told by a hash of columns, or of the whole
    record: records that agree in those stay or go together, in every run and in whatever order they come."""

    NAME: ClassVar[str] = "sample"
    EXAMPLE: ClassVar[Example] = Example(
        step="sample: {fraction: 0.5, by: customer_id}",
        before=({"customer_id": "1"}, {"customer_id": "2"}, {"customer_id": "3"}, {"customer_id": "1"}),
        after=({"customer_id": "1"}, {"customer_id": "2"}, {"customer_id": "1"}),
    )

    fraction: Annotated[float, Field(gt=0, le=1)]
    """The share that stays, about: of many records."""
    by: Text | Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """The column or columns, best ones that identify a record. When this is absent, all columns that the connector
    needs at this place in the list, by name: then another column under `columns:` keeps other records."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Another seed keeps other records."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else self.by or ()

    @property
    def selects(self) -> bool:
        return True

    @property
    def leaves_out(self) -> bool:
        return True

    def compile(self, setting: Setting) -> Step:
        edge = int(self.fraction * 2**64)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            names = self.reads or sorted(name for name in frame.columns if name != ROW)
            hashed = joined(frame, names, seed=f"{self.seed};").nchash.xxh3_64()  # type: ignore[attr-defined]
            stays = frame.select(hashed.cast(pl.UInt128).alias("h") < edge).to_series()
            return report.leave_out(frame, ~stays, setting.place)

        whom = named(self.reads) if self.reads else "the whole record"
        return Step(f"keeps about {self.fraction:.4%} of the records, by a hash of {whom}", apply)
