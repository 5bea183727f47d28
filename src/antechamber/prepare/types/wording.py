"""Names, addresses and places: text of which a standard keeps letters and digits."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import Split
from antechamber.prepare.types.kind import Given, Kind, unless_empty


class Wording(Kind):
    """Text by the rule of a standard; valid when something is left."""

    arrow = pa.large_string()

    def __init__(self, noun: str, rule: Callable[[pl.Series, pl.Series | str], Split]) -> None:
        self.sentence = f"is normalised as {noun}"
        self.rule = rule

    def value(self, given: Given) -> pl.Expr:
        return given.where_present(self._normalise, as_text(given.column, given.dtype, whole=True))

    def _normalise(self, text: pl.Series, country: pl.Series | str) -> pl.Series:
        return self.rule(text, country).value(lambda left: left != "")

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(as_text(given.column, given.dtype, whole=True), "nothing left")
