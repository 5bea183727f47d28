"""Replace: a piece of text, or what a pattern finds, by another text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.pattern import flaw_of_pattern, groups_of, groups_used
from antechamber.prepare.steps.step import Report, Setting, Step, named, text


class Replace(StepModel):
    """Replaces text in columns: a piece of text, or what a regular expression finds."""

    NAME: ClassVar[str] = "replace"
    NOUNS: ClassVar[dict[str, str]] = {"which": "something that is replaced"}
    EXAMPLE: ClassVar[Example] = Example(
        step="""replace: {columns: [phone], pattern: "(?i) *ext\\\\.? *[0-9]+$", put: ""}""",
        before=({"phone": "555 0100 Ext. 12"}, {"phone": "555 0101"}, {"phone": None}),
        after=({"phone": "555 0100"}, {"phone": "555 0101"}, {"phone": None}),
    )

    columns: Text | Annotated[tuple[Text, ...], Field(min_length=1)]
    """The column, or several."""
    find: Text | None = None
    """The text that is replaced, letter by letter. Either this or `pattern`."""
    pattern: Text | None = None
    """A [regular expression](#regular-expressions) for what is replaced."""
    put: str
    """What takes its place. With a pattern, `${1}` or `${name}` stands for what a group found, `$$` for a dollar."""
    which: Literal["all", "first", "whole"] = "all"
    """`all` places where it is found, the `first` only, or the `whole` value, when all of it is what was looked
    for."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.columns,) if isinstance(self.columns, str) else self.columns

    @property
    def makes(self) -> tuple[str, ...]:
        return self.reads

    def mistakes(self) -> Iterator[Mistake]:
        if (self.find is None) == (self.pattern is None):
            both = "both find and pattern are given" if self.find else "neither find nor pattern is given"
            yield Mistake(("find",), both, "keep one of them" if self.find else "add find: text, or pattern:")
        elif self.pattern is not None and (flaw := flaw_of_pattern(self.pattern)) is not None:
            yield Mistake(("pattern",), *flaw)
        elif self.pattern is not None:
            names = groups_of(self.pattern)
            known = {"0", *(str(place) for place in range(1, len(names) + 1)), *(name for name in names if name)}
            for group in groups_used(self.put):
                if group not in known:
                    yield Mistake(
                        ("put",), f"the pattern has no group {show(group)}", "a dollar itself is written $$"
                    )

    def compile(self, setting: Setting) -> Step:
        def replaced(value: pl.Expr) -> pl.Expr:
            if self.find is not None:
                if self.which == "whole":
                    return pl.when(value == self.find).then(pl.lit(self.put)).otherwise(value)
                if self.which == "first":
                    return value.str.replace(self.find, self.put, literal=True)
                return value.str.replace_all(self.find, self.put, literal=True)
            assert self.pattern is not None  # noqa: S101 - one of the two is there
            if self.which == "whole":
                return value.str.replace(f"^(?:{self.pattern})\\z", self.put)
            return (
                value.str.replace(self.pattern, self.put)
                if self.which == "first"
                else value.str.replace_all(self.pattern, self.put)
            )

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            there = [name for name in self.reads if name in frame.columns]
            return frame.with_columns(replaced(text(frame, name)).alias(name) for name in there)

        what = "the text" if self.find is not None else "what a pattern finds"
        where = {"all": "everywhere", "first": "where it comes first", "whole": "where it is the whole value"}[
            self.which
        ]
        return Step(f"in {named(self.reads)}, {what} is replaced {where}", apply)
