"""One mistake in a declaration, and the words that mistakes share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from antechamber.declare.model import Unknown, show

KeyPath = tuple[str | int, ...]
"""Keys and list positions (from 0) from a file's top to a value: ("share", 0, "columns")."""

MOST_COMPARED = 1_000
"""Options above which only spellings in other cases are recognised: comparing takes about 10 µs each."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong at one key of one file.

    what: one clause, lower case, without any value that may be a secret.
    remedy: one line that says what to do.
    """

    path: KeyPath
    what: str
    remedy: str


def told(rule: Iterator[Mistake]) -> list[Mistake]:
    """All that a rule finds, up to where it depends on a value that is itself a mistake."""
    found: list[Mistake] = []
    try:
        found.extend(rule)
    except Unknown:
        return found
    return found


def dotted(path: KeyPath) -> str:
    """A key path as messages write it: `share[0].columns`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{show(part)[1:-1]}"
    return text


def closest(word: str, options: Iterable[str], also: dict[str, str] | None = None) -> str | None:
    """The option that was most likely meant, or None. also: other words for some options, in lower case."""
    by_fold = {_fold(option): option for option in options}
    meant = (also or {}).get(word.strip().lower())
    if meant is not None and _fold(meant) in by_fold:
        return by_fold[_fold(meant)]
    if _fold(word) in by_fold or len(by_fold) > MOST_COMPARED:
        return by_fold.get(_fold(word))
    # Only the beginning is compared: difflib's time grows with the square of the length.
    near = difflib.get_close_matches(_fold(word[:80]), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None


def choose(word: str, options: Iterable[str], also: dict[str, str] | None = None, *, most: int = 40) -> str:
    """The remedy for a word that is none of the options: the one that was meant, and all of them when few."""
    options = list(options)
    meant = closest(word, options, also)
    listed = ", ".join(show(option)[1:-1] for option in options) if len(options) <= most else ""
    if meant is not None:
        return f"did you mean {show(meant)}?" + (f"  ({listed})" if listed else "")
    return f"use one of {listed}" if listed else ""


def repeated(values: Iterable[str]) -> list[tuple[int, str]]:
    """Position and value of every value that stood there before."""
    seen: set[str] = set()
    again = []
    for position, value in enumerate(values):
        if value in seen:
            again.append((position, value))
        seen.add(value)
    return again


def _fold(word: str) -> str:
    return word.strip().lower().replace("_", " ").replace("-", " ")
