"""Phone numbers."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import Split
from antechamber.prepare.types.kind import Given, Kind, unless_empty

FEWEST_DIGITS = 7
MOST_DIGITS = 15
"""Of an international number, by ITU-T E.164."""


class Phone(Kind):
    """A phone number by the rule of a standard; valid when 7 to 15 digits are left."""

    arrow = pa.large_string()
    sentence = "is normalised as a phone number"

    def __init__(self, rule: Callable[[pl.Series, pl.Series | str], Split]) -> None:
        self.rule = rule

    def value(self, given: Given) -> pl.Expr:
        return given.where_present(self._normalise, as_text(given.column, given.dtype, whole=True))

    def _normalise(self, text: pl.Series, country: pl.Series | str) -> pl.Series:
        split = self.rule(text, country)
        return split.value(lambda digits: digits.str.len_bytes().is_between(FEWEST_DIGITS, MOST_DIGITS))

    def reason(self, given: Given) -> pl.Expr:
        text = as_text(given.column, given.dtype, whole=True)
        digits = text.str.contains("[0-9]")
        phrase = pl.when(digits).then(pl.lit("not a phone number")).otherwise(pl.lit("no digits"))
        return unless_empty(text, phrase)
