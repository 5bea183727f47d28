"""Timestamps: moments in UTC, to the microsecond, of the years 0001 to 9999."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from antechamber.errors import RecipeError
from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import change, trim, where_present
from antechamber.prepare.types.date import corrected, first_of, in_years
from antechamber.prepare.types.kind import Given, Kind, unless_empty
from antechamber.prepare.types.time_format import EPOCHS, TimeFormat, since_epoch, time_format

ISO = TimeFormat(
    pattern="^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    "(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
    "(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?)?$",
    parser="%Y-%m-%dT%H:%M:%S%.f",
    two_digit_year=False,
    offset=True,
)
"""ISO 8601, extended: a date, or a date and a time with or without seconds, a fraction, an offset."""

UTC = pl.Datetime("us", "UTC")

OFFSET_FROM = len("2026-11-24T01:02")
"""Before this position a '-' belongs to the date."""


class Timestamp(Kind):
    """A moment by one of several formats, tried in order; ISO 8601 when none is declared.

    A number since 1970 is a moment whatever the zone.
    An offset in the text is honoured; without one the text is a local time of `zone`. A local time that occurs twice
    (clocks go back) is the earlier of the two; one that never occurs (clocks go forward) is not valid. Digits finer
    than microseconds are cut off.
    """

    arrow = pa.timestamp("us", tz="UTC")

    def __init__(self, formats: str | tuple[str, ...] | None, zone: str | None) -> None:
        texts = (formats,) if isinstance(formats, str) else formats or ()
        self.formats = [time_format(text, times=True) for text in texts] or [ISO]
        self.zone = zone or "UTC"
        _check_zone(self.zone)
        shape = " or ".join(texts) or "ISO 8601"
        self.sentence = f"is read as a timestamp ({shape}; in {self.zone} where it names no offset)"

    def value(self, given: Given) -> pl.Expr:
        return in_years(self._moment(given), UTC).cast(UTC)

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(as_text(given.column, given.dtype), "not a timestamp in the declared format")

    def text(self, value: pl.Expr) -> pl.Expr:
        return as_text(value, UTC)

    def _moment(self, given: Given) -> pl.Expr:
        if isinstance(given.dtype, pl.Datetime) and given.dtype.time_zone:
            return given.column
        if isinstance(given.dtype, pl.Datetime) or given.dtype == pl.Date:
            return where_present(self._in_zone, given.column.cast(pl.Datetime("us")), dtype=UTC)
        text = as_text(given.column, given.dtype, whole=given.dtype != pl.String)
        return where_present(lambda texts: first_of(trim(texts), self.formats, self._parse, UTC), text, dtype=UTC)

    def _parse(self, form: TimeFormat, text: pl.Series) -> pl.Series:
        if form is ISO:
            return self._parse_iso(text)
        if form.parser in EPOCHS:
            return since_epoch(form, text)
        if form.offset:
            text = text.str.replace("Z$", "+0000")
        parsed = corrected(text.str.to_datetime(form.parser, time_unit="us", strict=False), form)
        return parsed if form.offset else self._in_zone(parsed)

    def _parse_iso(self, text: pl.Series) -> pl.Series:
        offset = text.str.slice(OFFSET_FROM).str.extract("([Zz]|[+-][0-9:]+)$").fill_null("")
        time = text.str.head(text.str.len_bytes() - offset.str.len_bytes()).str.slice(11)
        time = change(time, time == "", lambda absent: absent + "00:00:00")
        time = change(time, time.str.len_bytes() == 5, lambda minutes: minutes + ":00")
        stem = text.str.head(10) + "T" + time.str.replace(",", ".", literal=True)
        local = stem.str.to_datetime(ISO.parser, time_unit="us", strict=False)
        moment = self._in_zone(local.filter(offset == ""))
        aware = (local - _ahead(offset)).dt.replace_time_zone("UTC")
        return change(aware, offset == "", lambda _: moment, text)

    def _in_zone(self, local: pl.Series) -> pl.Series:
        moment = local.dt.replace_time_zone(self.zone, ambiguous="earliest", non_existent="null")
        return moment.dt.convert_time_zone("UTC")


def _ahead(offset: pl.Series) -> pl.Series:
    """How far a clock with this offset (`+02:00`, `-0330`, `+02`, `Z` or nothing) is ahead of UTC."""
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = offset.str.slice(3).str.strip_chars_start(":").cast(pl.Int64, strict=False).fill_null(0)
    seconds = (hours * 60 + minutes) * 60
    seconds = change(seconds, offset.str.starts_with("-"), lambda behind: -behind)
    return (seconds * 1_000_000).cast(pl.Duration("us"))


def _check_zone(zone: str) -> None:
    try:
        pl.select(pl.lit(0).cast(pl.Datetime("us")).dt.replace_time_zone(zone))
    except pl.exceptions.PolarsError:
        raise RecipeError(
            f"'{zone}' is not a time zone", remedy="write an IANA name such as Europe/Berlin or UTC"
        ) from None
