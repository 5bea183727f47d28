"""Regular expressions of steps: the syntax of the Rust crate `regex`, whose time grows with the text alone."""

from __future__ import annotations

import functools
import re

import polars as pl
from polars.exceptions import PolarsError

MOST_LONG = 1_000
"""Characters that a pattern may have."""


@functools.lru_cache(maxsize=256)
def flaw_of_pattern(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a pattern, and the remedy; None when nothing is."""
    if len(pattern) > MOST_LONG:
        return f"the pattern has more than {MOST_LONG:,} characters", "write a shorter one"
    try:
        pl.Series([""]).str.contains(pattern)
    except PolarsError:
        if re.search(r"\(\?(?:[=!]|<[=!])", pattern):
            return (
                "the pattern looks ahead or behind, which these patterns cannot",
                "describe what is found, in groups",
            )
        if re.search(r"\\[1-9]", pattern):
            return "the pattern refers back to a group, which these patterns cannot", "write it without \\1"
        return "this is not a regular expression", "check its brackets; a special character is quoted with \\"
    return None


def groups_of(pattern: str) -> tuple[str | None, ...]:
    """The pattern's groups in order: the name of each, None for one without. The pattern must have no flaw."""
    found = pl.select(pl.lit("").str.extract_groups(pattern)).to_series().dtype
    assert isinstance(found, pl.Struct)  # noqa: S101 - groups are the fields of a struct
    return tuple(None if field.name.isdigit() else field.name for field in found.fields)


def groups_used(replacement: str) -> list[str]:
    """The groups that a replacement refers to, by number or name."""
    found = re.finditer(r"\$\$|\$\{([^}]*)\}|\$([0-9A-Za-z_]+)", replacement)
    return [each[1] if each[1] is not None else each[2] for each in found if each[0] != "$$"]
