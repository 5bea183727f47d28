"""Mask: characters of a text by a symbol, so that its length and what is kept can be seen, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.pattern import flaw_of_pattern
from antechamber.prepare.steps.step import Report, Setting, Step, named, text
from antechamber.prepare.text import by_distinct, where_present

Kept = Literal["symbols", "whitespace"]
Part = Literal["year", "month", "day", "hour", "minute", "second", "millisecond"]

OPENED, CLOSED = "\ufdd0", "\ufdd1"
"""Marks around what a pattern finds: characters that Unicode keeps free of meaning, and that no text should have."""

MONTHS = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|" \
         "nov(?:ember)?|dec(?:ember)?"  # fmt: skip
_CLOCK = (
    r"(?:[T "
    r"]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<millisecond>\d+))?)?\s*(?:Z|[AaPp][Mm])?)?"
)
_DATES = tuple(
    re.compile(rf"\s*{date}{_CLOCK}\s*", re.IGNORECASE)
    for date in (
        r"(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ](?P<day>\d{1,2})",
        r"(?P<month>0?\d|1[0-2])[-/. ](?P<day>\d{1,2})[-/. ](?P<year>\d{4}|\d\d)",
        r"(?P<day>\d{1,2})[-/. ](?P<month>\d{1,2})[-/. ](?P<year>\d{4}|\d\d)",
        rf"(?P<month>{MONTHS})[-/. ](?P<day>\d{{1,2}}),?[-/. ](?P<year>\d{{4}}|\d\d)",
        rf"(?P<day>\d{{1,2}})[-/. ](?P<month>{MONTHS})[-/., ]+(?P<year>\d{{4}}|\d\d)",
    )
)
"""How dates are written whose parts can be masked: the month before the day where both fit."""


class Mask(StepModel):
    """Puts a symbol in the place of each character that is to be hidden: of the whole value, or of a part of it."""

    NAME: ClassVar[str] = "mask"
    NOUNS: ClassVar[dict[str, str]] = {"keep": "a kind of characters", "date_parts": "a part of a date"}
    EXAMPLE: ClassVar[Example] = Example(
        step="mask: {columns: [card], stop: -4, keep: [whitespace]}",
        before=({"card": "4111 1111 1111 1234"}, {"card": None}),
        after=({"card": "**** **** **** 1234"}, {"card": None}),
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The columns."""
    symbol: Annotated[str, Field(min_length=1, max_length=1)] = "*"
    """The character that takes the place of others."""
    start: int | None = None
    """The first character that is masked, counted from 0; from the end when negative. The first one when absent."""
    stop: int | None = None
    """The character before which masking ends, counted alike; the end when absent."""
    after: Text | None = None
    """Masks what stands behind this text, where it is found first; from the beginning when absent."""
    before: Text | None = None
    """Masks up to this text, where it is found next; to the end when absent."""
    delimiters: bool = False
    """after, before: whether they are masked themselves."""
    find: Text | None = None
    """Masks this text, wherever it is found."""
    pattern: Text | None = None
    """Masks what a [regular expression](#regular-expressions) finds."""
    date_parts: tuple[Part, ...] = ()
    """Masks these parts of a date; what is no date stays."""
    keep: tuple[Kept, ...] = ()
    """Characters that are never masked."""

    @property
    def reads(self) -> tuple[str, ...]:
        return self.columns

    @property
    def makes(self) -> tuple[str, ...]:
        return self.columns

    def mistakes(self) -> Iterator[Mistake]:
        ways = {
            "start": self.start is not None or self.stop is not None, "after": bool(self.after or self.before),
            "find": self.find is not None, "pattern": self.pattern is not None, "date_parts": bool(self.date_parts),
        }  # fmt: skip
        chosen = [name for name, given in ways.items() if given]
        if len(chosen) > 1:
            yield Mistake(
                (chosen[1],), f"{' and '.join(chosen)} are given", "keep one of them: one step masks in one way"
            )
        if self.delimiters and "after" not in chosen:
            yield Mistake(("delimiters",), "there are no delimiters", "add after: or before:, or remove it")
        if self.pattern is not None and (flaw := flaw_of_pattern(self.pattern)) is not None:
            yield Mistake(("pattern",), *flaw)

    def compile(self, setting: Setting) -> Step:
        cover = self._cover()

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            return frame.with_columns(cover(text(frame, name)).alias(name) for name in self.columns)

        return Step(f"{named(self.columns)} masked with '{self.symbol}'", apply)

    def _cover(self) -> Callable[[pl.Expr], pl.Expr]:
        hidden = self._hidden()
        if self.pattern is not None:
            pattern = self.pattern
            return lambda column: where_present(
                lambda values: _by_pattern(values, pattern, self.symbol, hidden), column
            )
        find = self._spans()
        return lambda column: where_present(
            lambda values: by_distinct(values, lambda value: _covered(value, find(value), hidden)), column
        )

    def _hidden(self) -> Callable[[str], str]:
        """A piece of text with its characters hidden."""
        kept = {"symbols": r"[^\w\s]|_", "whitespace": r"\s"}
        shown = "|".join(kept[each] for each in self.keep)
        every = re.compile(rf"(?!{shown})." if shown else ".", re.DOTALL)
        return lambda piece: every.sub(self.symbol.replace("\\", "\\\\"), piece)

    def _spans(self) -> Callable[[str], list[tuple[int, int]]]:
        """Where a value is masked: from, to."""
        if self.date_parts:
            return lambda value: _of_date(value, self.date_parts)
        if self.find is not None:
            found = re.compile(re.escape(self.find))
            return lambda value: [each.span() for each in found.finditer(value)]
        if self.after is not None or self.before is not None:
            return self._delimited
        return lambda value: [slice(self.start, self.stop).indices(len(value))[:2]]

    def _delimited(self, value: str) -> list[tuple[int, int]]:
        first = value.find(self.after) if self.after else 0
        if first < 0:
            return []
        start = first + len(self.after or "")
        stop = value.find(self.before, start) if self.before else len(value)
        if stop < 0:
            return []
        return [(first, stop + len(self.before or ""))] if self.delimiters else [(start, stop)]


def _covered(value: str, spans: list[tuple[int, int]], hidden: Callable[[str], str]) -> str:
    out, at = [], 0
    for start, stop in sorted(spans):
        if stop > max(start, at):
            out += [value[at : max(start, at)], hidden(value[max(start, at) : stop])]
            at = stop
    return "".join([*out, value[at:]])


def _of_date(value: str, parts: tuple[Part, ...]) -> list[tuple[int, int]]:
    for pattern in _DATES:
        found = pattern.fullmatch(value)
        if found is not None:
            return [found.span(part) for part in parts if found.group(part) is not None]
    return []


def _by_pattern(values: pl.Series, pattern: str, symbol: str, hidden: Callable[[str], str]) -> pl.Series:
    """What a pattern of Rust finds, hidden: it is marked there first, as Python's own patterns would backtrack."""
    marked = values.str.replace_all(f"[{OPENED}{CLOSED}]", symbol.replace("$", "$$"))
    marked = marked.str.replace_all(pattern, f"{OPENED}${{0}}{CLOSED}")
    found = re.compile(f"{OPENED}([^{CLOSED}]*){CLOSED}")
    return by_distinct(marked, lambda value: found.sub(lambda piece: hidden(piece[1]), value))
