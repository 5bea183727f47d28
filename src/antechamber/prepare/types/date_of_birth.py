"""Dates of birth: days, as a standard writes them."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from antechamber.prepare.text import where_present
from antechamber.prepare.types.date import Date
from antechamber.prepare.types.kind import Given
from antechamber.prepare.types.wording import Rule


class DateOfBirth(Date):
    """A day, read as the type `date` reads it; text, as keys that are matched are."""

    arrow = pa.large_string()

    def __init__(self, formats: str | tuple[str, ...] | None, rule: Rule) -> None:
        super().__init__(formats)
        self.sentence = self.sentence.replace("a date", "a date of birth", 1)
        self.rule = rule

    def value(self, given: Given) -> pl.Expr:
        day = super().text(super().value(given))
        return where_present(lambda text: self.rule(text).value(), day)

    def text(self, value: pl.Expr) -> pl.Expr:
        return value
