"""DataBrew's date formats → strftime's. `mm` is the month and `MM` the minute, as the guide's examples have them."""

from __future__ import annotations

import re

from antechamber.prepare.databrew.operation import Refused

PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "month": "%B",
    "mon": "%b",
    "mm": "%m",
    "dd": "%d",
    "HH": "%H",
    "MM": "%M",
    "SSS": "%g",
    "SS": "%S",
}
"""What a format may name; SSS is thousandths of a second."""

DAYS = frozenset({"yyyy", "yy", "month", "mon", "mm", "dd"})
DEFAULT = "yyyy-mm-dd HH:MM:SS"

_PART = re.compile("|".join(PARTS) + "|[A-Za-z]+|%|[^A-Za-z%]+")


def strftime(form: str, parameter: str = "dateTimeFormat") -> str:
    """The same format for strftime. Raises Refused for a letter that is none of PARTS."""
    out = []
    for part in _PART.findall(form):
        if part in PARTS:
            out.append(PARTS[part])
        elif part == "%":
            out.append("%%")
        elif part[0].isalpha() and part not in ("T", "Z"):
            raise Refused(
                f"'{part[:20]}' is not a part of a date format",
                f"use {', '.join(PARTS)}: mm is the month, MM the minute",
                parameter,
            )
        else:
            out.append(part)
    return "".join(out)


def times_only(form: str) -> bool:
    """Whether a format shows nothing of the day, so that a time of day alone can be written in it."""
    return not DAYS.intersection(_PART.findall(form))
