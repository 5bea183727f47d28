"""Numbers: `integer` (64 bit), `float` (64 bit, finite) and `boolean`."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import lower, trim
from antechamber.prepare.types.kind import Given, Kind, unless_empty

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
WORDS = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}


class Integer(Kind):
    """A whole number of 64 bits: an optional sign and digits, white space around it."""

    arrow = pa.int64()
    sentence = "is read as a whole number of 64 bits"
    repeats = False

    def value(self, given: Given) -> pl.Expr:
        if given.dtype == pl.Int64:
            return given.column
        return trim(as_text(given.column, given.dtype, whole=given.dtype != pl.String)).cast(pl.Int64, strict=False)

    def reason(self, given: Given) -> pl.Expr:
        text = as_text(given.column, given.dtype, whole=given.dtype != pl.String)
        digits = trim(text).str.contains("^[+-]?[0-9]+$")
        phrase = pl.when(digits).then(pl.lit("more than 64 bits hold")).otherwise(pl.lit("not a whole number"))
        return unless_empty(text, phrase)

    def text(self, value: pl.Expr) -> pl.Expr:
        return value.cast(pl.String)


class Float(Kind):
    """A finite binary number of 64 bits: the nearest to the text."""

    arrow = pa.float64()
    sentence = "is read as a binary number of 64 bits"
    repeats = False

    def value(self, given: Given) -> pl.Expr:
        if given.dtype == pl.Float64:
            number = given.column
        elif given.dtype.is_integer():
            number = given.column.cast(pl.Float64)
        else:
            number = trim(as_text(given.column, given.dtype)).cast(pl.Float64, strict=False)
        return pl.when(number.is_finite()).then(number)

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(as_text(given.column, given.dtype), "not a finite number")

    def text(self, value: pl.Expr) -> pl.Expr:
        return as_text(value, pl.Float64())


class Boolean(Kind):
    """true, t, yes, y, 1 or false, f, no, n, 0, in any case."""

    arrow = pa.bool_()
    sentence = "is read as true (true, t, yes, y, 1) or false (false, f, no, n, 0)"

    def value(self, given: Given) -> pl.Expr:
        if given.dtype == pl.Boolean:
            return given.column
        text = as_text(given.column, given.dtype, whole=given.dtype != pl.String)
        return lower(trim(text)).replace_strict(WORDS, default=None, return_dtype=pl.Boolean)

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(as_text(given.column, given.dtype), "neither true nor false")

    def text(self, value: pl.Expr) -> pl.Expr:
        return value.cast(pl.String)
