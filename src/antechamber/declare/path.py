"""Paths: the name of a source column that lies inside another: `a.b`, `a[0].b`, `a[key=page].value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = r'"((?:[^"]|"")+)"'
_NAME = rf'(?:{_QUOTED}|([^.\[\]="]+))'
_ROOT = re.compile(_NAME)
_STEP = re.compile(rf'\.{_NAME}|\[([0-9]{{1,9}})\]|\[{_NAME}=(?:"((?:[^"]|"")*)"|([^\[\]"]*))\]')


@dataclass(frozen=True)
class Match:
    """The step to the first record of an array whose field `key` has the text `value`."""

    key: str
    value: str


Step = str | int | Match
"""Into an object by a key, into an array by a position from 0, or to the record that matches."""


@dataclass(frozen=True)
class Path:
    """Where a value lies. root: a column of the source. steps: from there inwards."""

    root: str
    steps: tuple[Step, ...]


def path_of(name: str) -> Path | None:
    """The path that a name spells, or None when it can only be a column's own name.

    A key with one of `. [ ] = "` in it stands in double quotes, a double quote in it is doubled:
    `"a.b".c` → `Path("a.b", ("c",))`.
    """
    first = _ROOT.match(name)
    if first is None:
        return None
    steps: list[Step] = []
    at = first.end()
    while at < len(name):
        step = _STEP.match(name, at)
        if step is None:
            return None
        quoted, plain, index, key_quoted, key_plain, value_quoted, value_plain = step.groups()
        if index is not None:
            steps.append(int(index))
        elif quoted or plain:
            steps.append(_text(quoted, plain))
        else:
            steps.append(Match(_text(key_quoted, key_plain), _text(value_quoted, value_plain)))
        at = step.end()
    if not steps and first[2]:
        return None
    return Path(_text(first[1], first[2]), tuple(steps))


def _text(quoted: str | None, plain: str | None) -> str:
    return quoted.replace('""', '"') if quoted is not None else plain or ""
