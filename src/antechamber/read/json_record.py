"""One object of JSON → the texts of its values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NoReturn

_SPACE = " \t\r"
_GAP = re.compile(r"[ \t\r]*+")


class NotARecord(Exception):
    """A line that is no record. reason: a fixed phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_record(line: str) -> dict[str, object] | None:
    """The object on a line (without its line end), or None for a line of white space.

    A value is a str (strings; numbers as written), True, False, None, a list, or a tuple of pairs (an object).
    Raises NotARecord.
    """
    if not line.startswith("{"):
        line = line.strip(_SPACE)
        if not line:
            return None
    try:
        pairs, end = _DECODER.raw_decode(line)
    except json.JSONDecodeError as error:
        raise NotARecord(f"not JSON, at character {error.pos + 1}") from None
    except RecursionError:
        raise NotARecord("nested too deeply") from None
    if end < len(line) and line[end:].strip(_SPACE):
        raise NotARecord("more than one JSON value")
    if type(pairs) is not tuple:
        raise NotARecord("JSON, but not an object")
    values = dict(pairs)
    if len(values) < len(pairs):
        raise NotARecord("a key that occurs twice")
    if "\\" in line and ("\\ud" in line or "\\uD" in line) and _has_lone_surrogate(pairs):
        raise NotARecord("half of a surrogate pair")
    return values


def decoded(text: str) -> object:
    """The value of a text that is known to be JSON, in the classes of `parse_record`."""
    value: object = _DECODER.decode(text)
    return value


def entry_as_written(text: str, way: Sequence[str | int]) -> str:
    """The text of the value that keys and positions lead to in a text that is known to have it there."""
    start = _skip(text, 0)
    for step in way:
        start = _entry(text, start, step)
    return text[start : _DECODER.raw_decode(text, start)[1]]


def text_of(value: object, line: str, key: str) -> str | None:
    """A value's text: strings unescaped, all else as the line writes it; None for null."""
    return value if value is None or isinstance(value, str) else _as_written(line.strip(_SPACE), key)


def _has_lone_surrogate(pairs: object) -> bool:
    try:
        json.dumps(pairs, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _as_written(line: str, key: str) -> str | None:
    """The text of a top-level value in a line that is known to be an object."""
    return entry_as_written(line, [key])


def _entry(text: str, start: int, step: str | int) -> int:
    """Where the value of a key, or at a position, begins in the object or array that begins at `start`."""
    at, position = _skip(text, start + 1), 0
    while True:
        found: object = position
        if isinstance(step, str):
            found, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if found == step:
            return at
        _, end = _DECODER.raw_decode(text, at)
        at, position = _skip(text, _skip(text, end) + 1), position + 1


def _skip(line: str, at: int) -> int:
    gap = _GAP.match(line, at)
    return gap.end() if gap else at


def _no_constant(_: str) -> NoReturn:
    raise NotARecord("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=tuple)
