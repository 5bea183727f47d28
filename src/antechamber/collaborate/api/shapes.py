"""Values against shapes: required, type, enum, length, range, pattern, unions; for what comes and for what goes.

A pattern holds for the whole value, as the service's own framework has it, and its classes (`\\w`, `\\d`) are ASCII.
"""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from antechamber.errors import AntechamberError

# The limit of this shape is shorter than the ARNs that the API itself gives to templates and ID mapping tables;
# it takes what those shapes take.
SHORTER_THAN_ITS_VALUES = frozenset({"CleanroomsArn"})


@dataclass(frozen=True)
class Problem:
    """What is wrong with one member: its path (`changes[0].specification`), and a sentence without its value."""

    name: str
    message: str


class ContractBroken(AntechamberError):
    """An answer that its own shape forbids: a fault of this server."""


def incoming(value: Any, shape: Any, path: str = "") -> tuple[Any, list[Problem]]:
    """A JSON value as the shape has it, without nulls and unknown members, and what is wrong with it."""
    check = _Check(unknown_allowed=True)
    return check.value(value, shape, path), check.problems


def outgoing(value: Any, shape: Any) -> Any:
    """A JSON value that leaves, without nulls. Raises ContractBroken when the shape does not have it."""
    check = _Check(unknown_allowed=False)
    checked = check.value(value, shape, "")
    if check.problems:
        first = check.problems[0]
        raise ContractBroken(f"{first.message}", where=f"{shape.name}.{first.name}", remedy="this is a fault of ours")
    return checked


class _Check:
    def __init__(self, *, unknown_allowed: bool) -> None:
        self._unknown_allowed = unknown_allowed
        self.problems: list[Problem] = []

    def value(self, value: Any, shape: Any, path: str) -> Any:
        if getattr(shape, "is_document_type", False):
            return value
        kind: str = shape.type_name
        check = getattr(self, f"_{kind}", None)
        if check is None:
            return self._wrong(path, f"has a type that is not known: {kind}")
        return check(value, shape, path)

    def _structure(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, "must be an object")
        given = {name: each for name, each in value.items() if each is not None}
        unknown = [name for name in given if name not in shape.members]
        if unknown and not self._unknown_allowed:
            self._wrong(_at(path, unknown[0]), "is not a member")
        for name in shape.required_members:
            if name not in given:
                self._wrong(_at(path, name), "is required")
        if getattr(shape, "is_tagged_union", False) and len(given) - len(unknown) != 1:
            self._wrong(path, f"must hold exactly one of {', '.join(shape.members)}")
        return {
            name: self.value(given[name], member, _at(path, name))
            for name, member in shape.members.items()
            if name in given
        }

    def _list(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._wrong(path, "must be a list")
        self._length(len(value), shape, path, "members")
        return [self.value(each, shape.member, f"{path}[{place}]") for place, each in enumerate(value)]

    def _map(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, "must be an object")
        self._length(len(value), shape, path, "entries")
        return {
            self.value(key, shape.key, f"{path} (a key)"): self.value(each, shape.value, _at(path, "(a value)"))
            for key, each in value.items()
            if each is not None
        }

    def _string(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong(path, "must be a string")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            return self._wrong(path, "must be text: without NUL and unpaired surrogates")
        if shape.enum and value not in shape.enum:
            return self._wrong(path, f"must be one of {', '.join(shape.enum)}")
        # A text that is too long is not matched: patterns cost time.
        if self._length(len(value), shape, path, "characters"):
            pattern = shape.metadata.get("pattern")
            if pattern is not None and not compiled(pattern).fullmatch(value):
                return self._wrong(path, f"must match {pattern}")
        return value

    def _integer(self, value: Any, shape: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            return self._wrong(path, "must be a whole number")
        return self._range(value, shape, path)

    _long = _integer

    def _double(self, value: Any, shape: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return self._wrong(path, "must be a number")
        return self._range(value, shape, path)

    _float = _double

    def _boolean(self, value: Any, shape: Any, path: str) -> Any:
        return value if isinstance(value, bool) else self._wrong(path, "must be true or false")

    def _timestamp(self, value: Any, shape: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong(path, "must be a time in seconds since 1970")
        return value

    def _range(self, value: float, shape: Any, path: str) -> Any:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            return self._wrong(path, f"must be at least {low}")
        if high is not None and value > high:
            return self._wrong(path, f"must be at most {high}")
        return value

    def _length(self, length: int, shape: Any, path: str, what: str) -> bool:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and length < low:
            self._wrong(path, f"must have at least {low} {what}")
            return False
        if high is not None and length > high and shape.name not in SHORTER_THAN_ITS_VALUES:
            self._wrong(path, f"must have at most {high} {what}")
            return False
        return True

    def _wrong(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_REPEATED = re.compile(r"\((\[[^\]]*\]\+)\)\*\(\1\)")
_CATEGORY = re.compile(r"\\p\{(\w+)\}")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model for Python: Unicode categories spelled out, and one repetition made plain.

    `([x]+)*([x]+)` means `[x]+`, and takes exponential time where it does not match.
    """
    plain = _REPEATED.sub(r"\1", pattern)
    return re.compile(_CATEGORY.sub(lambda found: _category(found[1]), plain), re.ASCII)


@cache
def _category(name: str) -> str:
    """The ranges of a Unicode category or group of categories, as they stand within a class."""
    ranges: list[list[int]] = []
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)).startswith(name):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)
