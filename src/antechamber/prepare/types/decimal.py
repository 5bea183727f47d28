"""Decimals: exact, never through a binary float."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import change, only, trim, where_present
from antechamber.prepare.types.kind import Given, Kind, unless_empty

MOST_DIGITS = 38


class Decimal(Kind):
    """A decimal number of at most `precision` digits, `scale` of them behind the point.

    Text: an optional sign, digits, optionally a point and digits; white space around it. Digits beyond the scale are
    allowed when they are zeros: nothing is ever rounded.
    """

    repeats = False

    def __init__(self, precision: int, scale: int) -> None:
        self.precision = precision
        self.scale = scale
        self._dtype = pl.Decimal(precision, scale)
        self._fitting = _fitting(precision, scale)
        self.arrow = pa.decimal128(precision, scale)
        self.sentence = f"is read as a decimal number of {precision} digits, {scale} of them behind the point"

    def value(self, given: Given) -> pl.Expr:
        if given.dtype == self._dtype:
            return given.column
        return where_present(self._parse, as_text(given.column, given.dtype), dtype=self._dtype)

    def _parse(self, text: pl.Series) -> pl.Series:
        fits = text.str.contains(self._fitting)
        if not fits.all():
            text = trim(text)
            fits = text.str.contains(self._fitting)
        fitting = text if fits.all() else only(text, fits)
        long = fitting.str.len_bytes() > MOST_DIGITS
        if long.any():
            fitting = change(fitting, long.fill_null(False), self._without_needless_zeros)
        return fitting.cast(self._dtype, strict=False)

    def _without_needless_zeros(self, text: pl.Series) -> pl.Series:
        # Polars reads 38 digits; more than these are zeros at either end.
        text = text.str.replace("^([+-]?)0+([0-9])", "${1}${2}")
        return text.str.replace(rf"(\.[0-9]{{0,{self.scale}}}?)0*$", "${1}")

    def reason(self, given: Given) -> pl.Expr:
        text = as_text(given.column, given.dtype)
        decimal = trim(text).str.contains(r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$")
        too_long = pl.lit(f"more digits than decimal({self.precision},{self.scale}) holds")
        return unless_empty(text, pl.when(decimal).then(too_long).otherwise(pl.lit("not a decimal number")))

    def text(self, value: pl.Expr) -> pl.Expr:
        return value.cast(pl.String)


def _fitting(precision: int, scale: int) -> str:
    """A pattern of the numbers that fit without rounding."""
    before = precision - scale
    whole = f"0*[0-9]{{1,{before}}}" if before else "0+"
    fraction = f"[0-9]{{0,{scale}}}0*"
    some = f"[0-9]{{1,{scale}}}0*" if scale else "0+"
    return rf"^[+-]?(?:{whole}(?:\.{fraction})?|\.{some})$"
