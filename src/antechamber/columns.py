"""Names of a source's columns, as far as they may be told: where a header is missing, values stand in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"[^\W\d][\w .\-/()#:]{0,62}")


def reads_like_a_name(text: str) -> bool:
    """Whether a text is such as columns are called: it begins with a letter, and has no @ or line end in it."""
    return _NAME.fullmatch(text) is not None


def told(names: Iterable[str]) -> list[str]:
    """The names that read like names, sorted, and how many others there are: those may be somebody's data."""
    every = sorted(set(names))
    good = [name for name in every if reads_like_a_name(name)]
    others = len(every) - len(good)
    return [*good, *([f"({others} that do not read like names)"] if others else [])]
