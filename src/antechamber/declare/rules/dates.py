"""strptime formats: whether one says enough to give a date or a time, and nothing twice.

These are the formats that `prepare` can read exactly; a test holds the two to the same answer.
"""

from __future__ import annotations

import re

from antechamber.declare.model import show

DATES = ("Y", "y", "m", "b", "B", "d", "j", "a", "A")
TIMES = ("H", "I", "p", "M", "S", "f", "z")
COMPOUNDS = {"F": "%Y-%m-%d", "D": "%m/%d/%y", "T": "%H:%M:%S", "R": "%H:%M"}
DIRECTIVES = (*DATES, *TIMES, *COMPOUNDS, "%")
"""What may stand behind a %, by Python's strptime and, for the compounds, POSIX."""

EPOCHS = ("epoch_s", "epoch_ms", "epoch_us")
"""Seconds, milliseconds, microseconds since 1970, in place of a strptime format."""

_PIECE = re.compile(r"%(.)|(%)|[^%]+", re.DOTALL)


def flaw_of_format(text: str, kind: str) -> tuple[str, str] | None:
    """What is wrong with a format, and the remedy; None when nothing is. kind: "date" or "timestamp"."""
    if text in EPOCHS:
        return None
    given = [match[1] or match[2] for match in _PIECE.finditer(text) if match[1] or match[2]]
    for directive in given:
        if directive not in DIRECTIVES:
            known = " ".join(f"%{each}" for each in DIRECTIVES)
            return f"{show('%' + directive)} in {show(text)} is not a directive of strptime", f"use one of {known}"
    if re.search(r"(?<!%)(%%)*%$", text):
        return f"{show(text)} ends in a lone %", "write %% for a percent sign"
    if not given:
        example = "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S"
        epochs = f"{', '.join(EPOCHS[:-1])} or {EPOCHS[-1]}"
        return f"{show(text)} has no directive", f'write a strptime format such as "{example}", or {epochs}'
    whole = _PIECE.sub(lambda match: COMPOUNDS.get(match[1] or "", match[0]), text)
    found = [match[1] for match in _PIECE.finditer(whole) if match[1] and match[1] != "%"]
    flaw = _flaw_of_date(found) or (_flaw_of_time(found, whole) if kind == "timestamp" else _no_times(found))
    return None if flaw is None else (f"{show(text)} {flaw[0]}", flaw[1])


def _flaw_of_date(found: list[str]) -> tuple[str, str] | None:
    twice = [each for each in found if found.count(each) > 1]
    if twice:
        return f"reads %{twice[0]} twice", "keep one of the two"
    if not {"Y", "y"} & {*found}:
        return "has no year", "add %Y or %y"
    if "j" not in found:
        if not {"m", "b", "B"} & {*found}:
            return "has no month", "add %m, %b or %B"
        if "d" not in found:
            return "has no day", "add %d"
    return None


def _no_times(found: list[str]) -> tuple[str, str] | None:
    times = [each for each in found if each in TIMES]
    if times:
        return f"reads a time (%{times[0]}), and a date has none", "write type: timestamp, or remove it"
    return None


def _flaw_of_time(found: list[str], whole: str) -> tuple[str, str] | None:
    if "I" in found and "p" not in found:
        return "has an hour of twelve (%I) without AM or PM", "add %p, or use %H"
    if "p" in found and "I" not in found:
        return "has AM or PM without an hour of twelve", "use %I in place of %H, or remove %p"
    if bool({"H", "I"} & {*found}) != ("M" in found):
        return "has an hour without minutes, or minutes without an hour", "write both, such as %H:%M"
    if {"S", "f", "z"} & {*found} and "M" not in found:
        return "has seconds or an offset without an hour and minutes", "add %H:%M"
    if "f" in found and "S" not in found:
        return "has a fraction without seconds", "write %S.%f"
    if "f" in found and ".%f" not in whole:
        return "has a fraction that does not stand behind a point", "write %S.%f"
    if "z" in found and [match[1] for match in _PIECE.finditer(whole)][-1] != "z":
        return "has an offset that is not its end", "write %z last"
    return None
