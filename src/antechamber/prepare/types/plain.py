"""Plain text: `id` (without white space around it) and `string` (as it is)."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import trim
from antechamber.prepare.types.kind import EMPTY, Given, Kind

NOT_ALLOWED = "not one of the allowed values"

COMPARED = 8
"""So many allowed values are compared one by one, which is quicker than to look each text up among them."""


class Id(Kind):
    """An identifier: white space around it does not belong to it. Numbers keep their digits."""

    arrow = pa.large_string()
    sentence = "white space around it is removed"
    repeats = False

    def __init__(self, one_of: tuple[str, ...] | None) -> None:
        self.one_of = one_of

    def value(self, given: Given) -> pl.Expr:
        text = trim(as_text(given.column, given.dtype, whole=True))
        return _allowed(text, self.one_of)

    def reason(self, given: Given) -> pl.Expr:
        text = trim(as_text(given.column, given.dtype, whole=True))
        return pl.when(text.fill_null("") == "").then(pl.lit(EMPTY)).otherwise(pl.lit(NOT_ALLOWED))


class String(Kind):
    """Text, unchanged. The empty text is no value."""

    arrow = pa.large_string()
    sentence = "is taken as it is"
    repeats = False

    def __init__(self, one_of: tuple[str, ...] | None) -> None:
        self.one_of = one_of

    def value(self, given: Given) -> pl.Expr:
        return _allowed(as_text(given.column, given.dtype), self.one_of)

    def reason(self, given: Given) -> pl.Expr:
        text = as_text(given.column, given.dtype)
        return pl.when(text.fill_null("") == "").then(pl.lit(EMPTY)).otherwise(pl.lit(NOT_ALLOWED))


def _allowed(text: pl.Expr, one_of: tuple[str, ...] | None) -> pl.Expr:
    if one_of is None:
        return pl.when(text != "").then(text)
    values = [value for value in one_of if value]
    if 0 < len(values) <= COMPARED:
        return pl.when(pl.any_horizontal([text == value for value in values])).then(text)
    return pl.when(text.is_in(values)).then(text)
