"""Deduplicate: one of all records of a run that agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
import polars_hash  # noqa: F401  (registers the nchash namespace)
from pydantic import Field

from antechamber.declare.mistake import KeyPath, Mistake, repeated
from antechamber.declare.model import Model, Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.errors import RecipeError
from antechamber.prepare.sql.engine import evaluate
from antechamber.prepare.sql.expression import Expression, Flaw, read
from antechamber.prepare.steps.rank import ranks
from antechamber.prepare.steps.step import ROW, Report, Setting, Step, joined, named, text


class Best(Model):
    """The record of the greatest or the least value: one of the two. The value is an
    [SQL expression](#sql-expressions); numbers are compared as numbers, dates and times as moments, texts letter by
    letter, so a number in a text file wants a cast: `CAST(score AS DOUBLE)`. A record without a value, or of which it
    cannot be worked out, comes behind all others. Of several that are the best the last one stays."""

    greatest: Text | None = None
    """Keeps the record of which this is greatest, as in `greatest: updated_at`."""
    least: Text | None = None
    """Keeps the record of which this is least."""


class Deduplicate(StepModel):
    """Of all records of a run that agree in some columns one stays, and the others are dropped and counted under this
    step. They are compared as they are at this place in the list, as text and letter by letter, over all files and
    key ranges of the run; see [one of several](#one-of-several)."""

    NAME: ClassVar[str] = "deduplicate"
    NOUNS: ClassVar[dict[str, str]] = {
        "keep": "one of several records",
        "missing": "something that becomes of a record without a value",
    }
    EXAMPLE: ClassVar[Example] = Example(
        step="deduplicate: {by: email, keep: {greatest: updated}}",
        before=(
            {"email": "ann@example.com", "updated": "2026-02-01"},
            {"email": "ann@example.com", "updated": "2026-03-01"},
            {"email": None, "updated": "2026-01-01"},
            {"email": "bo@example.com", "updated": "2026-01-01"},
            {"email": "ann@example.com", "updated": "2026-01-15"},
            {"email": None, "updated": "2026-01-01"},
        ),
        after=(
            {"email": "ann@example.com", "updated": "2026-03-01"},
            {"email": None, "updated": "2026-01-01"},
            {"email": "bo@example.com", "updated": "2026-01-01"},
            {"email": None, "updated": "2026-01-01"},
        ),
    )

    by: Text | Annotated[tuple[Text, ...], Field(min_length=1)]
    """The column or columns in which records agree that are one."""
    keep: Literal["first", "last"] | Best
    """Which one stays: the first or last in the order of the records, or the one of the greatest or least value:
    `{greatest: updated_at}`."""
    missing: Literal["keep", "equal"] | None = None
    """A record without a value in one of these columns (null, or a text without characters) agrees with no other, and
    stays (also when this is absent); or `equal`: no value is equal to no value, as in SELECT DISTINCT."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `by`."""
        return (self.by,) if isinstance(self.by, str) else self.by

    @property
    def _value(self) -> tuple[str, str]:
        """(greatest or least, the expression), both empty when the records' order decides."""
        if isinstance(self.keep, str):
            return "", ""
        if self.keep.greatest is not None:
            return "greatest", self.keep.greatest
        return ("least", self.keep.least) if self.keep.least is not None else ("", "")

    @property
    def reads(self) -> tuple[str, ...]:
        _, sql = self._value
        found = read(sql) if sql else None
        return tuple(dict.fromkeys((*self.columns, *(found.columns if isinstance(found, Expression) else ()))))

    @property
    def selects(self) -> bool:
        return True

    @property
    def leaves_out(self) -> bool:
        return True

    @property
    def contest(self) -> Literal["first", "last", "greatest", "least"] | None:
        if not isinstance(self.keep, str):
            return "greatest" if self.keep.greatest is not None else "least"
        return self.keep

    def mistakes(self) -> Iterator[Mistake]:
        if not isinstance(self.by, str):
            for place, name in repeated(self.by):
                yield Mistake(("by", place), f"{show(name)} is in the list before", "remove it")
        if isinstance(self.keep, str):
            return
        if self.keep.greatest is not None and self.keep.least is not None:
            yield Mistake(("keep",), "both greatest and least are given", "keep one of them")
        elif self.keep.greatest is None and self.keep.least is None:
            yield Mistake(("keep",), "neither greatest nor least is given", "add greatest: a column, as updated_at")
        else:
            which, sql = self._value
            if isinstance(found := read(sql), Flaw):
                at: KeyPath = ("keep", which)
                yield Mistake(at, found.what, found.remedy)

    def compile(self, setting: Setting) -> Step:
        _, sql = self._value
        expression = read(sql) if sql else None
        if isinstance(expression, Flaw):
            raise RecipeError(expression.what, where="keep", remedy=expression.remedy)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            hashes = joined(frame, self.columns).nchash.xxh3_128()  # type: ignore[attr-defined]
            entered = frame.select(ROW, hash=hashes)
            if expression is None:
                entered = entered.with_columns(rank=pl.lit(""))
            else:
                ((values, _),) = evaluate(frame, [expression])
                entered = entered.with_columns(ranks(values).alias("rank"))
            if self.missing != "equal":
                there = pl.all_horizontal(text(frame, name).fill_null("") != "" for name in self.columns)
                entered = entered.filter(frame.select(there).to_series())
            report.entered[setting.place] = entered
            return frame

        return Step(f"of the records that agree in {named(self.columns)}, {self._told} stays", apply)

    @property
    def _told(self) -> str:
        which, sql = self._value
        return f"the one of the {which} {sql}" if which else f"the {self.keep}"
