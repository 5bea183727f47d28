"""Rename: columns under other names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake, repeated
from antechamber.declare.model import Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named


class Rename(StepModel):
    """Gives columns other names. A column that had the new name before is not there any more."""

    NAME: ClassVar[str] = "rename"
    BODY: ClassVar[str] = "columns"
    EXAMPLE: ClassVar[Example] = Example(
        step="rename: {EmailAddress: email, PLZ: zip}",
        before=({"EmailAddress": "a@b.co", "PLZ": "10115"},),
        after=({"email": "a@b.co", "zip": "10115"},),
    )

    columns: Annotated[dict[Text, Text], Field(min_length=1)]
    """Each column's name → its new name."""

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.columns.values())

    @property
    def removes(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if name not in self.makes)

    def needs(self, wanted: frozenset[str]) -> frozenset[str]:
        old = {new: old for old, new in self.columns.items()}
        return frozenset(old.get(name, name) for name in wanted)

    def mistakes(self) -> Iterator[Mistake]:
        for place, name in repeated(self.columns.values()):
            at = (list(self.columns)[place],)
            yield Mistake(at, f"two columns would be called {show(name)}", "give each a name of its own")
        for old, new in self.columns.items():
            if old == new:
                yield Mistake((old,), f"the new name of {show(old)} is the old one", "remove it")

    def compile(self, setting: Setting) -> Step:
        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            there = {old: new for old, new in self.columns.items() if old in frame.columns}
            stay = [name for name in frame.columns if name not in there and name not in there.values()]
            return frame.select(*stay, *(pl.col(old).alias(new) for old, new in there.items()))

        said = "; ".join(f"{named([old])} is called {named([new])}" for old, new in self.columns.items())
        return Step(said, apply)
