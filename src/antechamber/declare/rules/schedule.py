"""`schedule:`, as Amazon EventBridge Scheduler reads it.

Source: Amazon EventBridge documentation, "Cron expressions reference" and "Rate expressions" (read 2026-11-24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from antechamber.declare.mistake import Mistake, choose
from antechamber.declare.model import show

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: str = r"(?!)"
    """Further forms of the field, as a regular expression."""


FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, special=r"L|LW|([1-9]|[12][0-9]|3[01])W"),
    _Field("month", 1, 12, MONTHS),
    _Field("day of the week", 1, 7, DAYS, special=r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])"),
    _Field("year", 1970, 2199),
)


def schedule_rules(schedule: str) -> Iterator[Mistake]:
    """What is wrong with a schedule."""
    flaw = flaw_of_schedule(schedule)
    if flaw is not None:
        yield Mistake(("schedule",), *flaw)


def flaw_of_schedule(text: str) -> tuple[str, str] | None:
    """What is wrong, and the remedy; None when nothing is."""
    call = re.fullmatch(r"(cron|rate)\(([^()]*)\)", text)
    if call is None:
        fields = text.split()
        bare = f'write "cron({" ".join(fields[:3])} * ? *)"' if _looks_like_unix_cron(fields) else ""
        return (
            f"{show(text)} is not a schedule",
            bare or 'write "cron(0 2 * * ? *)" (six fields) or "rate(1 day)"',
        )
    return _flaw_of_rate(call[2]) if call[1] == "rate" else _flaw_of_cron(call[2].split())


def _looks_like_unix_cron(fields: list[str]) -> bool:
    return len(fields) == 5 and fields[2:] == ["*", "*", "*"] and all(re.fullmatch(r"[0-9*/,-]+", f) for f in fields)


def _flaw_of_rate(text: str) -> tuple[str, str] | None:
    units = ("minute", "minutes", "hour", "hours", "day", "days")
    match = re.fullmatch(r"\s*([0-9]{1,9})\s+([A-Za-z]+)\s*", text)
    if match is None:
        return f"rate({show(text)[1:-1]}) is not a number and a unit", 'write "rate(12 hours)"'
    number, unit = int(match[1]), match[2]
    if number < 1:
        return "a rate of 0 never comes", "use at least 1"
    if unit not in units:
        return f"{show(unit)} is not a unit of time", choose(unit, units)
    if number > 1 and not unit.endswith("s"):
        return f"{show(unit)} does not go with {number}", f"did you mean '{unit}s'?"
    return None


def _flaw_of_cron(fields: list[str]) -> tuple[str, str] | None:
    if len(fields) != 6:
        return (
            f"cron has {len(fields)} field{'s' if len(fields) != 1 else ''} here, and needs six",
            "write minutes, hours, day of the month, month, day of the week, year: cron(0 2 * * ? *)",
        )
    if (fields[2] == "?") == (fields[4] == "?"):
        return (
            f"the day of the month is {show(fields[2])} and the day of the week is {show(fields[4])}",
            "write ? for one of the two, and only for one",
        )
    for field, text in zip(FIELDS, fields, strict=True):
        if text == "?" and field.name.startswith("day"):
            continue
        for part in text.split(","):
            flaw = _flaw_of_part(field, part.upper())
            if flaw is not None:
                return flaw
        if "#" in text and "," in text:
            return f"{show(text)} joins '#' with other days", "write one day of the week with '#'"
    return _never(fields[2], fields[3])


def _flaw_of_part(field: _Field, part: str) -> tuple[str, str] | None:
    bounds = f"use {field.low} to {field.high}" + (
        f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    )
    if re.fullmatch(field.special, part):
        return None
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 1 <= int(step[:9]) <= max(field.high - field.low, 1)):
        return f"the step {show(step)} does not fit {field.name}", f"use 1 to {field.high - field.low}"
    if span == "*":
        return None
    ends = [_number(field, end) for end in span.split("-")]
    if len(ends) > 2 or any(end is None for end in ends):
        return f"{show(part)} does not fit {field.name}", bounds
    if len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]
        return f"the range {show(span)} of {field.name} runs backwards", "write two ranges with a comma between them"
    return None


def _number(field: _Field, text: str) -> int | None:
    if text in field.names:
        return field.names.index(text) + field.low
    if text.isascii() and text.isdigit() and len(text) <= 4 and field.low <= int(text) <= field.high:
        return int(text)
    return None


def _never(days: str, months: str) -> tuple[str, str] | None:
    """A day that none of the months has, such as 30 February."""
    numbers = [_number(FIELDS[2], day) for day in days.split(",")]
    chosen = [_number(FIELDS[3], month.upper()) for month in months.split(",")]
    sure = [day for day in numbers if day is not None], [month for month in chosen if month is not None]
    if len(sure[0]) < len(numbers) or len(sure[1]) < len(chosen):
        return None
    if all(day > LONGEST[month - 1] for day in sure[0] for month in sure[1]):
        return f"no such day ever comes: day {days} of month {months}", "choose a day that the month has"
    return None
