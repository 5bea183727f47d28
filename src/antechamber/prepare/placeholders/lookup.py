"""Finding placeholders among normalised texts, at the cost of one look into a set for each."""

from __future__ import annotations

from functools import cached_property

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.placeholders.entries import Entries, escaped
from antechamber.prepare.text import lower, trim

FIRST_LOOK = 4
"""So many first characters, at most, tell whether a text may begin as a pattern does."""


class Lookup:
    """The entries of one column, ready to be met."""

    def __init__(self, entries: Entries) -> None:
        self._whole = _set(entries.whole)
        self._spelled = _set({f"{spelled}\0{normal}" for normal, spelled in entries.written})
        self._begins = "|".join(f"^{each}" for each in sorted(map(escaped, entries.begins)))
        self._patterns = "|".join(f"^(?s:{each})$" for each in sorted(entries.patterns))
        known = entries.whole | {normal for normal, _ in entries.written}
        self._known = _set(known)
        self._look = min(FIRST_LOOK, *map(len, entries.begins | known)) if entries.begins else 0
        self._firsts = _set({each[: self._look] for each in entries.begins | known})

    def found(self, text: pl.Series, source: pl.Series) -> pl.Series:
        """Which texts are placeholders. text: normalised, or null. source: what each was made of."""
        # Most texts are none: they pay for the first look only.
        near = text.str.head(self._look).is_in(self._firsts) if self._look else text.is_in(self._known)
        near = near.fill_null(False)
        rows = near.arg_true()
        if len(rows):
            exact = self._exactly(text.gather(rows), source.gather(rows))
            near = near.scatter(rows.filter(~exact), False)
        if self._patterns:
            near |= text.str.contains(self._patterns).fill_null(False)
        return near

    def _exactly(self, text: pl.Series, source: pl.Series) -> pl.Series:
        found = text.is_in(self._whole)
        if self._begins:
            found |= text.str.contains(self._begins)
        if len(self._spelled.item()) and source.dtype == pl.String:
            found |= (lower(trim(source)) + "\0" + text).is_in(self._spelled)
        return found

    @cached_property
    def digests(self) -> pl.Series:
        """SHA-256 of the values, in lower-case hexadecimal digits: what a sender that hashed them sent."""
        frame = pl.DataFrame({"value": self._whole.item()})
        return frame.select(pl.col("value").chash.sha2_256()).to_series().implode()  # type: ignore[attr-defined]


def _set(values: set[str] | frozenset[str]) -> pl.Series:
    return pl.Series(sorted(values), dtype=pl.String).implode()
