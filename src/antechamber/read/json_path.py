"""What paths lead to inside JSON texts, as text: strings unescaped, all else as written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from antechamber.declare.path import Match, Step
from antechamber.read.json_record import decoded, entry_as_written

TWICE = "a key that occurs twice"


def inside_of(
    texts: Sequence[str | None], ways: Sequence[tuple[Step, ...]]
) -> tuple[list[list[str | None]], list[int]]:
    """The values that each way leads to, and the places of texts in which a way passes a key that is there twice.

    texts: arrays or objects that are known to be JSON. A way that leads nowhere, or through something that is
    neither array nor object, gives null.
    """
    found: list[list[str | None]] = [[] for _ in ways]
    flawed = []
    for place, text in enumerate(texts):
        if text is None:
            for values in found:
                values.append(None)
            continue
        whole = decoded(text)
        for values, way in zip(found, ways, strict=True):
            try:
                values.append(_value(whole, text, way))
            except _Twice:
                values.append(None)
                flawed.append(place)
    return found, flawed


class _Twice(Exception):
    pass


def _value(value: object, text: str, way: tuple[Step, ...]) -> str | None:
    taken: list[str | int] = []
    for step in way:
        if isinstance(step, str):
            value = _member(value, step)
            taken.append(step)
        else:
            if not isinstance(value, list):
                return None
            at = step if isinstance(step, int) else _matching(value, step)
            value = value[at] if at < len(value) else None
            taken.append(at)
        if value is None:
            return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return entry_as_written(text, taken)


def _member(value: object, key: str) -> object:
    """The member of an object. Raises _Twice."""
    if not isinstance(value, tuple):
        return None
    members = [each for name, each in value if name == key]
    if len(members) > 1:
        raise _Twice
    return members[0] if members else None


def _matching(entries: Iterable[object], match: Match) -> int:
    at = -1
    for at, entry in enumerate(entries):
        found = _member(entry, match.key)
        if isinstance(found, bool):
            found = "true" if found else "false"
        if found == match.value:
            return at
    return at + 1
