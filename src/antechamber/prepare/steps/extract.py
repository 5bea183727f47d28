"""Extract: what a pattern's groups find, into columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.errors import RecipeError
from antechamber.prepare.steps.pattern import flaw_of_pattern, groups_of
from antechamber.prepare.steps.step import Report, Setting, Step, named, text

NOT_FOUND = "the pattern does not find anything"


class Extract(StepModel):
    """Takes what the named groups of a [regular expression](#regular-expressions) find in a column, each into the
    column of its name. A group that has no part in what is found gives no value."""

    NAME: ClassVar[str] = "extract"
    NOUNS: ClassVar[dict[str, str]] = {"on_error": "something that becomes of a text in which nothing is found"}
    EXAMPLE: ClassVar[Example] = Example(
        step="extract: {column: place, pattern: '^(?P<city>[^,]+), (?P<state>[A-Z]{2})$'}",
        before=({"place": "Austin, TX"}, {"place": "somewhere"}),
        after=({"city": "Austin", "state": "TX"}, {"city": None, "state": None}),
    )

    column: Text
    """The column."""
    pattern: Text
    """The regular expression; what its first match holds is taken."""
    on_error: Literal["null", "quarantine"] | None = None
    """What becomes of a text in which the pattern finds nothing: the columns have no value (also when this is
    absent), or the record goes to quarantine."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def makes(self) -> tuple[str, ...]:
        if flaw_of_pattern(self.pattern) is not None:
            return ()
        return tuple(name for name in groups_of(self.pattern) if name is not None)

    @property
    def selects(self) -> bool:
        return self.on_error == "quarantine"

    def mistakes(self) -> Iterator[Mistake]:
        if (flaw := flaw_of_pattern(self.pattern)) is not None:
            yield Mistake(("pattern",), *flaw)
        elif not self.makes:
            yield Mistake(
                ("pattern",), "the pattern names no group", "write (?P<column>…) around what is to be taken"
            )

    def compile(self, setting: Setting) -> Step:
        groups = groups_of(self.pattern)
        if not self.makes:
            raise RecipeError("the pattern names no group")

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            value = frame.select(text(frame, self.column).alias("v")).to_series()
            found = value.str.extract_groups(self.pattern).struct.unnest().get_columns()
            made = [each.alias(name) for each, name in zip(found, groups, strict=True) if name is not None]
            missing = value.is_not_null() & ~value.str.contains(self.pattern).fill_null(True)
            return report.amiss(frame.with_columns(made), missing, self.column, NOT_FOUND, self.on_error or "null")

        return Step(f"{named(self.makes)} are taken out of {named([self.column])} by a pattern", apply)
