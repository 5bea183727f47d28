"""Finding placeholders among normalised texts, at the cost of a look at the first bytes of each."""

from __future__ import annotations

from functools import cached_property

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.placeholders.entries import Entries, escaped
from antechamber.prepare.placeholders.first_look import FirstLook
from antechamber.prepare.text import lower, trim


class Lookup:
    """The entries of one column, ready to be met."""

    def __init__(self, entries: Entries) -> None:
        self._whole = _set(entries.whole)
        self._spelled = _set({f"{spelled}\0{normal}" for normal, spelled in entries.written})
        self._begins = "|".join(f"^{each}" for each in sorted(map(escaped, entries.begins)))
        self._patterns = "|".join(f"^(?s:{each})$" for each in sorted(entries.patterns))
        self._look = FirstLook(entries.whole | {normal for normal, _ in entries.written}, entries.begins)

    def found(self, text: pl.Series, source: pl.Series) -> pl.Series:
        """Which texts are placeholders. text: normalised, or null. source: what each was made of."""
        # Most texts are none: they pay for the first look only.
        found = pl.repeat(False, len(text), eager=True)
        rows = self._look.rows(text)
        if len(rows):
            exact = self._exactly(text.gather(rows), source.gather(rows)).fill_null(False)
            found = found.scatter(rows.filter(exact), True)
        if self._patterns:
            found |= text.str.contains(self._patterns).fill_null(False)
        return found

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
