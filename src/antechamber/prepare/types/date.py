"""Dates: of the years 0001 to 9999, only days that exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import change, nulls, trim, where_present
from antechamber.prepare.types.kind import Given, Kind, unless_empty
from antechamber.prepare.types.time_format import EPOCHS, TimeFormat, since_epoch, time_format

ISO = (
    TimeFormat("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d", two_digit_year=False, offset=False),
    TimeFormat("^[0-9]{8}$", "%Y%m%d", two_digit_year=False, offset=False),
)
"""ISO 8601's calendar date, extended and basic."""

FIRST_DAY, LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
"""0001-01-01 and 9999-12-31, in days since 1970."""
MICROSECONDS_A_DAY = 86_400_000_000


class Date(Kind):
    """A day by one of several formats, tried in order; ISO 8601 when none is declared."""

    arrow: pa.DataType = pa.date32()

    def __init__(self, formats: str | tuple[str, ...] | None) -> None:
        texts = (formats,) if isinstance(formats, str) else formats or ()
        self.formats = [time_format(text, times=False) for text in texts] or ISO
        self.sentence = f"is read as a date ({' or '.join(texts) or 'ISO 8601'})"

    def value(self, given: Given) -> pl.Expr:
        return in_years(self._date(given), pl.Date())

    def reason(self, given: Given) -> pl.Expr:
        text = as_text(given.column, given.dtype)
        if isinstance(given.dtype, pl.Datetime):
            return unless_empty(text, "a time of day beside the date")
        return unless_empty(text, "not a date in the declared format")

    def text(self, value: pl.Expr) -> pl.Expr:
        return value.dt.to_string("%Y-%m-%d")

    def _date(self, given: Given) -> pl.Expr:
        if given.dtype == pl.Date:
            return given.column
        if isinstance(given.dtype, pl.Datetime):
            midnight = given.column.dt.truncate("1d") == given.column
            return pl.when(midnight).then(given.column).dt.date()
        text = as_text(given.column, given.dtype, whole=given.dtype != pl.String)
        return where_present(self._parse, text, dtype=pl.Date())

    def _parse(self, text: pl.Series) -> pl.Series:
        return first_of(trim(text), self.formats, parse_date, pl.Date())


def parse_date(form: TimeFormat, text: pl.Series) -> pl.Series:
    """Days of texts that match the format's pattern; null where there is no such day. Of a moment: its day in UTC."""
    if form.parser in EPOCHS:
        return since_epoch(form, text).dt.date()
    return corrected(text.str.to_date(form.parser, strict=False), form)


def first_of(
    text: pl.Series,
    formats: Sequence[TimeFormat],
    parse: Callable[[TimeFormat, pl.Series], pl.Series],
    dtype: pl.DataType,
) -> pl.Series:
    """What the first format that fits makes of each text; null where none does."""
    found = nulls(len(text), dtype)
    for form in formats:
        fits = found.is_null() & text.str.contains(form.pattern)
        found = change(found, fits, partial(parse, form), text)
    return found


def corrected(parsed: pl.Series, form: TimeFormat) -> pl.Series:
    """With POSIX's meaning of a two-digit year: Polars takes 69 for 2069."""
    if not form.two_digit_year:
        return parsed
    late = (parsed.dt.year() == 2069).fill_null(False)
    return change(parsed, late, lambda dates: dates.dt.offset_by("-100y"))


def in_years(parsed: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Null outside the years 0001 to 9999, which is all that SQL's dates and Iceberg's readers share.

    dtype: of `parsed`, a date or a time in microseconds.
    """
    # As days or microseconds since 1970: to ask each value for its year costs many times as much.
    unit = 1 if dtype == pl.Date else MICROSECONDS_A_DAY
    return pl.when(parsed.to_physical().is_between(FIRST_DAY * unit, (LAST_DAY + 1) * unit, closed="left")).then(
        parsed
    )
