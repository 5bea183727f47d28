"""Formats of dates and times: strptime's directives and numbers since 1970, each with exactly what it accepts.

Parsers are generous: they skip spaces, take a sign before a year, or a sixtieth second. So every format has a
pattern of its own that a text must match before it is parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from antechamber.errors import RecipeError

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

COMPOSED = {"%T": "%H:%M:%S", "%D": "%m/%d/%y", "%F": "%Y-%m-%d", "%R": "%H:%M"}

NUMBERS = {
    # directive: (one or two digits, exactly two digits)
    "%m": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "%d": ("0?[1-9]|[12][0-9]|3[01]", "0[1-9]|[12][0-9]|3[01]"),
    "%H": ("[01]?[0-9]|2[0-3]", "[01][0-9]|2[0-3]"),
    "%I": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "%M": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "%S": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "%Y": ("[0-9]{4}", "[0-9]{4}"),
    "%y": ("[0-9]{2}", "[0-9]{2}"),
    "%j": ("[0-9]{3}", "[0-9]{3}"),
}
WORDS = {
    "%b": "(?i:" + "|".join(month[:3] for month in MONTHS) + ")",
    "%B": "(?i:" + "|".join(MONTHS) + ")",
    "%a": "(?i:" + "|".join(day[:3] for day in DAYS) + ")",
    "%A": "(?i:" + "|".join(DAYS) + ")",
    "%p": "(?i:am|pm)",
    "%z": "(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])",
}
DATE_DIRECTIVES = frozenset({"%Y", "%y", "%m", "%d", "%j", "%b", "%B", "%a", "%A"})
_PARTS = re.compile(r"%.|\s+|[^%\s]+|%")


@dataclass(frozen=True)
class TimeFormat:
    """A format, ready to be used.

    pattern: what a text must match (Rust's regular expressions).
    parser: the same format as Polars takes it.
    two_digit_year: 00–68 mean 2000–2068, 69–99 mean 1969–1999, as POSIX has it.
    offset: whether a text names its offset from UTC.
    """

    pattern: str
    parser: str
    two_digit_year: bool
    offset: bool


EPOCHS = {
    name: TimeFormat(pattern, name, two_digit_year=False, offset=True)
    for name, pattern in (
        ("epoch_s", r"^[+-]?[0-9]{1,12}(?:\.[0-9]+)?$"),
        ("epoch_ms", r"^[+-]?[0-9]{1,15}(?:\.[0-9]+)?$"),
        ("epoch_us", r"^[+-]?[0-9]{1,18}$"),
    )
}
"""Seconds, milliseconds, microseconds since 1970-01-01T00:00:00Z, in as many digits as the years 1 to 9999 have."""

TICKS = {"epoch_s": 6, "epoch_ms": 3, "epoch_us": 0}
"""Digits behind the point that are microseconds."""


def since_epoch(form: TimeFormat, text: pl.Series) -> pl.Series:
    """The moments (UTC) of texts that match the pattern of one of EPOCHS, exactly; finer digits are cut off."""
    digits = TICKS[form.parser]
    whole = text.str.extract(r"^[+-]?([0-9]+)").cast(pl.Int64)
    behind = text.str.extract(r"\.([0-9]+)$").fill_null("").str.head(digits).str.pad_end(max(digits, 1), "0")
    sign: pl.Series = 1 - 2 * text.str.starts_with("-").cast(pl.Int64)
    micros: pl.Series = (whole * 10**digits + behind.cast(pl.Int64)) * sign
    return micros.cast(pl.Datetime("us", "UTC"))


def time_format(text: str, *, times: bool) -> TimeFormat:
    """A format as a user writes it. times: whether hours and finer may occur. Raises RecipeError."""
    if text in EPOCHS:
        return EPOCHS[text]
    for short, long in COMPOSED.items():
        text = text.replace(short, long)
    parts = _PARTS.findall(text)
    pattern, parser = "", ""
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else ""
        preceding = parts[index - 1] if index else ""
        if not times and part.startswith("%") and part not in (*DATE_DIRECTIVES, "%%"):
            raise _mistake(text, f"'{part}' has no place in a date")
        if part in NUMBERS:
            # Where nothing stands between two numbers, only their full width tells them apart.
            beside_number = following in NUMBERS or preceding in NUMBERS or following == "%f"
            pattern += f"(?:{NUMBERS[part][beside_number]})"
            parser += part
        elif part in WORDS:
            pattern += WORDS[part]
            parser += part
        elif part == "%f":
            if not preceding.endswith("."):
                raise _mistake(text, "'%f' must stand behind a point")
            pattern += "[0-9]{1,9}"
            parser = parser.removesuffix(".") + "%.f"
        elif part == "%%":
            pattern += "%"
            parser += "%%"
        elif part.startswith("%"):
            raise _mistake(text, f"'{part}' is not a known directive")
        elif part.isspace():
            pattern += r"[ \t]+"
            parser += " "
        else:
            pattern += re.escape(part)
            parser += part
    _check_complete(text, parts, times=times)
    return TimeFormat(f"^{pattern}$", parser, "%y" in parts, "%z" in parts)


def _check_complete(text: str, parts: list[str], *, times: bool) -> None:
    found = set(parts)
    if not found & {"%Y", "%y"}:
        raise _mistake(text, "it has no year (%Y or %y)")
    if "%j" not in found and not (found & {"%m", "%b", "%B"} and "%d" in found):
        raise _mistake(text, "it has no month and day")
    if "%z" in found and parts[-1] != "%z":
        raise _mistake(text, "'%z' must be its last directive")
    if times and ("%I" in found) != ("%p" in found):
        raise _mistake(text, "'%I' and '%p' go together")
    if times and bool(found & {"%H", "%I"}) != ("%M" in found):
        raise _mistake(text, "hours and minutes go together")
    if found & {"%S", "%f", "%z"} and "%M" not in found:
        raise _mistake(text, "it has seconds or an offset but no hours and minutes")
    if "%f" in found and "%S" not in found:
        raise _mistake(text, "it has a fraction but no seconds")
    repeated = sorted(part for part in found if part.startswith("%") and part != "%%" and parts.count(part) > 1)
    if repeated:
        raise _mistake(text, f"'{repeated[0]}' occurs twice")


def _mistake(text: str, what: str) -> RecipeError:
    known = " ".join(sorted({*NUMBERS, *WORDS, *COMPOSED, "%f", "%%"}))
    return RecipeError(f"the format '{text}' cannot be used: {what}", remedy=f"known directives: {known}")
