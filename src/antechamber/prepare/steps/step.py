"""What a step is at work: frames of source columns in, frames out, and a report of what became of single records.

A frame has a column for each source column, and ROW. A step works row by row: what it makes of a record depends on
that record alone, so batches of any size and order give the same. One that compares records only says what they are
compared by; it is decided when all of a run's records are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from antechamber.prepare.source_values import as_text
from antechamber.secrets import Secrets

ROW = "\0row"
"""Each record's place in its batch (UInt32), which stays with it through all steps. No source has such a name."""


@dataclass(frozen=True)
class Setting:
    """Where a step is compiled. root: the workspace's folder. place: the step's place in `steps:`, from 0.

    secrets: what its references are read with.
    """

    root: Path
    place: int
    secrets: Secrets


@dataclass
class Report:
    """What became of single records of a batch.

    rejected: row → (what is at fault, reason). dropped: (the step's place, the rows that it left out). nulled: (what
    is at fault, reason, rows) of values that became null. entered: the step's place → the records that compete under
    it: ROW, `hash` (UInt128), `rank` (String, the empty text behind all others).
    """

    rejected: dict[int, tuple[str, str]] = field(default_factory=dict)
    dropped: list[tuple[int, pl.Series]] = field(default_factory=list)
    nulled: list[tuple[str, str, pl.Series]] = field(default_factory=list)
    entered: dict[int, pl.DataFrame] = field(default_factory=dict)

    def amiss(self, frame: pl.DataFrame, bad: pl.Series, what: str, reason: str, on_error: str) -> pl.DataFrame:
        """Values that are no good: `bad` says in which rows. What `on_error: quarantine` leaves of the frame."""
        if not bad.any():
            return frame
        rows = frame[ROW].filter(bad)
        if on_error == "null":
            self.nulled.append((what, reason, rows))
            return frame
        self.rejected |= dict.fromkeys(rows.to_list(), (what, reason))
        return frame.filter(~bad)

    def leave_out(self, frame: pl.DataFrame, out: pl.Series, place: int) -> pl.DataFrame:
        """Records that the step at that place drops: `out` says which. The frame without them."""
        if not out.any():
            return frame
        self.dropped.append((place, frame[ROW].filter(out)))
        return frame.filter(~out)


@dataclass(frozen=True)
class Step:
    """A step compiled: safe to share between threads.

    sentence: what it does, for `antechamber check`; it ends without a full stop.
    apply: the frame after the step, its columns in any order. Raises RecipeError, but never because of a value.
    """

    sentence: str
    apply: Callable[[pl.DataFrame, Report], pl.DataFrame]


def text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column as text, whatever its type; null where there is no value."""
    return as_text(pl.col(name), frame.schema[name])


def joined(frame: pl.DataFrame, names: Sequence[str], *, seed: str = "") -> pl.Expr:
    """A text that two records share exactly when they agree in these columns, to be hashed. Never null.

    Each value stands with its length in front, so that ('a', 'bc') and ('ab', 'c') are two things; none has none.
    """
    parts: list[pl.Expr] = [pl.lit(seed)]
    for name in names:
        value = text(frame, name)
        parts += [value.str.len_bytes().cast(pl.String).fill_null("-"), pl.lit(":"), value.fill_null("")]
    return pl.concat_str(parts)


def named(names: Sequence[str]) -> str:
    """Columns in a sentence: 'a', 'b' and 'c'."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
