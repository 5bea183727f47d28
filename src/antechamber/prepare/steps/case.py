"""Case: capital and small letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text
from antechamber.prepare.text import by_distinct, where_present


class Case(StepModel):
    """Writes text in capital or small letters. A word is what stands between white space; a sentence ends with `.`,
    `!` or `?` and white space."""

    NAME: ClassVar[str] = "case"
    NOUNS: ClassVar[dict[str, str]] = {"to": "a case"}
    EXAMPLE: ClassVar[Example] = Example(
        step="case: {columns: [name], to: capital}",
        before=({"name": "ANNA MARIA o'neil"}, {"name": None}),
        after=({"name": "Anna Maria O'neil"}, {"name": None}),
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The columns."""
    to: Literal["upper", "lower", "capital", "sentence"]
    """All letters capital, all small, the first of each word capital, or the first of each sentence."""
    into: tuple[Text, ...] = ()
    """The columns that hold the results, one for each of `columns`; these themselves when absent."""

    @property
    def reads(self) -> tuple[str, ...]:
        return self.columns

    @property
    def makes(self) -> tuple[str, ...]:
        return self.into or self.columns

    def mistakes(self) -> Iterator[Mistake]:
        if self.into and len(self.into) != len(self.columns):
            yield Mistake(
                ("into",),
                f"{len(self.columns)} columns do not go into {len(self.into)}",
                "name one result for each of columns, or remove it",
            )

    def compile(self, setting: Setting) -> Step:
        written = _WRITTEN[self.to]

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            return frame.with_columns(
                written(text(frame, old)).alias(new) for old, new in zip(self.columns, self.makes, strict=True)
            )

        said = {
            "upper": "in capital letters",
            "lower": "in small letters",
            "capital": "with capital first letters of words",
            "sentence": "with capital first letters of sentences",
        }[self.to]
        return Step(f"{named(self.columns)} written {said}{f', in {named(self.into)}' if self.into else ''}", apply)


def _capital(value: str) -> str:
    return re.sub(r"(^|\s)(\S)", lambda found: found[1] + found[2].upper(), value.lower())


def _sentence(value: str) -> str:
    return re.sub(r"(^\s*|[.!?]\s+)([^\W\d_])", lambda found: found[1] + found[2].upper(), value.lower())


def _one_by_one(function: Callable[[str], str]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: where_present(lambda values: by_distinct(values, function), column)


_WRITTEN: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "upper": lambda column: column.str.to_uppercase(),
    "lower": lambda column: column.str.to_lowercase(),
    "capital": _one_by_one(_capital),
    "sentence": _one_by_one(_sentence),
}
