"""The shape of a JSON object on a line → regular expressions that read every line of that shape.

The expressions accept valid JSON only, and of it only what needs no second look: the same keys in the same order and
spelling, each of them once, strings without half a surrogate pair. What they refuse is for `json_record` to judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

MEMBERS = 128
"""Members that an object may have: compiling more takes longer than the careful reading of a block."""

_VALUES = 14
_STATES = 720
"""Beyond these the Rust crate `regex` leaves its one-pass engine and becomes up to ten times slower (it has room for
16 explicit groups and 1 MiB of transitions; measured with keys of many different characters)."""

_SCALAR_STATES, _DEEPEST = 45, 8

_GAP = r"[ \t\r]*"
_HEX = "[0-9a-fA-F]"
_UNIT = rf"[0-9a-ce-fA-CE-F]{_HEX}{{3}}|[dD](?:[0-7]{_HEX}{{2}}|[89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})"
_INSIDE = rf'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?:{_UNIT})))*'
_STRING = f'"{_INSIDE}"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SOMETHING = f"{_STRING}|{_NUMBER}|true|false"
_TOKEN = re.compile(r'[{}\[\]:,]|"(?:[^"\\]|\\.)*+"|[^\s{}\[\]:,"]++')


@dataclass(frozen=True)
class Passage:
    """An expression for some neighbouring members of an object.

    pattern: group `passed` holds something exactly when the passage is there: all of its text, or for the last
        passage the closing brace. Group `v0` is the text of the first of `names`' values (null: no match), and so on.
    """

    pattern: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """What the lines of one shape have in common.

    keys: unescaped, in their order.
    passages: to be matched one behind the other, each at the rest's begin.
    bare: the keys of nothing but strings and null; their groups hold what is inside the quotes.
    structures: the keys of nothing but arrays, or nothing but objects, and null.
    """

    keys: tuple[str, ...]
    passages: tuple[Passage, ...]
    bare: frozenset[str]
    structures: frozenset[str]


def shape_of(line: str, wanted: Collection[str]) -> Shape | None:
    """The shape of a line that `parse_record` accepts, or None when it is too large to pay."""
    tokens = (match[0] for match in _TOKEN.finditer(line))
    next(tokens)
    try:
        members = list(_members(tokens))
    except _TooLarge:
        return None
    if len(members) > MEMBERS or any(value.states + len(key) > _STATES for key, value in members):
        return None
    keys = tuple(str(json.loads(key)) for key, _ in members)
    passages: list[Passage] = []
    pattern, names, states = rf"{_GAP}\{{{_GAP}", list[str](), 0
    bare = frozenset(key for key, (_, value) in zip(keys, members, strict=True) if value is _TEXT)
    left = len(set(keys) & set(wanted))
    for place, (name, (spelled, value)) in enumerate(zip(keys, members, strict=True)):
        size = value.states + len(spelled)
        # What stands behind the last wanted value is tested alone, which takes a third of the time.
        if states + size > _STATES or len(names) == _VALUES or (names and not left):
            passages.append(Passage(f"^(?<passed>{pattern})", tuple(names)))
            pattern, names, states = "", [], 0
        pattern += (f"{_GAP},{_GAP}" if place else "") + _key(spelled)
        if name in wanted:
            group = f"(?<v{len(names)}>"
            pattern += f'(?:"{group}{_INSIDE})"|null)' if name in bare else f"(?:{group}{value.pattern})|null)"
            names.append(name)
            left -= 1
        else:
            pattern += f"(?:{value.pattern}|null)"
        states += size
    passages.append(Passage(rf"^{pattern}{_GAP}(?<passed>\}}){_GAP}\n?$", tuple(names)))
    scalars = (_TEXT, _SCALAR)
    structures = frozenset(key for key, (_, value) in zip(keys, members, strict=True) if value not in scalars)
    return Shape(keys, tuple(passages), bare & set(wanted), structures)


class _TooLarge(Exception):
    pass


@dataclass(frozen=True, eq=False)
class _Value:
    """pattern: what a value that is not null may be. states: about how many the pattern's automaton has."""

    pattern: str
    states: int


_SCALAR = _Value(_SOMETHING, _SCALAR_STATES)
_TEXT = _Value(_SOMETHING, _SCALAR_STATES)
"""A scalar that is a string on the line that the shape is of, and so most likely on the others."""


def _members(tokens: Iterator[str], depth: int = 0) -> Iterator[tuple[str, _Value]]:
    """Spelled key and value of an object's members; takes its closing brace too."""
    for key in tokens:
        if key == "}":
            return
        if key != ",":
            next(tokens)
            yield key, _value(next(tokens), tokens, depth)


def _value(first: str, tokens: Iterator[str], depth: int) -> _Value:
    if first not in ("{", "["):
        return _TEXT if first.startswith('"') else _SCALAR
    if depth == _DEEPEST:
        raise _TooLarge
    if first == "{":
        inner = list(_members(tokens, depth + 1))
        pattern = f"{_GAP},{_GAP}".join(f"{_key(key)}(?:{value.pattern}|null)" for key, value in inner)
        found = _Value(rf"\{{{_GAP}{pattern}{_GAP}\}}", sum(value.states + len(key) for key, value in inner))
    else:
        elements = [
            _value(element, tokens, depth + 1) for element in iter(lambda: next(tokens), "]") if element != ","
        ]
        element = next((element for element in elements if element not in (_SCALAR, _TEXT)), _SCALAR)
        one = f"(?:{element.pattern}|null)"
        found = _Value(rf"\[{_GAP}(?:{one}(?:{_GAP},{_GAP}{one})*{_GAP})?\]", 2 * element.states)
    if found.states > _STATES:
        raise _TooLarge
    return found


def _key(spelled: str) -> str:
    return f"{pl.escape_regex(spelled)}{_GAP}:{_GAP}"
