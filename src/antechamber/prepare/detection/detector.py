"""What a detector of raw identities is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Detector:
    """Finds one kind of identity within texts.

    kind: its name in declarations (`may_hold`). noun: one of them, in messages.
    likely: a regular expression of Rust's: texts without a match hold none. Every text is asked, so it is quick.
    least: bytes that a text must have to hold one.
    holds: whether a text that is likely holds one. Python, asked once for each distinct text of a batch.
    """

    kind: str
    noun: str
    likely: str
    least: int
    holds: Callable[[str, Situation], bool]


@dataclass(frozen=True)
class Situation:
    """What is known of the column. is_id: it is declared an id, whose bare digits are numbers of nothing else.
    regions: ISO 3166-1 alpha-2 of the countries whose national spellings are looked for."""

    is_id: bool = False
    regions: tuple[str, ...] = ("US",)


@dataclass(frozen=True)
class Watch:
    """How a column is searched. excused: kinds that it may hold. raw: whether the source's value is looked at, which
    is what leaves or what it is made of; else the output's."""

    where: Situation
    excused: frozenset[str]
    raw: bool
