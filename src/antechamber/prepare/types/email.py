"""E-mail addresses."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import Split, where_present
from antechamber.prepare.types.kind import Given, Kind, unless_empty


class Email(Kind):
    """An e-mail address by the rule of a standard; valid when an '@' stands between other characters."""

    arrow = pa.large_string()
    sentence = "is normalised as an e-mail address"

    def __init__(self, rule: Callable[[pl.Series], Split]) -> None:
        self.rule = rule

    def value(self, given: Given) -> pl.Expr:
        return where_present(self._normalise, as_text(given.column, given.dtype))

    def _normalise(self, text: pl.Series) -> pl.Series:
        return self.rule(text).value(lambda address: address.str.contains("[^@]@+[^@]"))

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(as_text(given.column, given.dtype), "not an e-mail address")
