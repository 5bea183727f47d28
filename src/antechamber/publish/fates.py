"""What becomes of each record of a run that has a key or a contest: a byte a record, in the order of all records."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from antechamber.records import DELETED, LEFT_OUT, TRUNCATED

PUBLISHED, REPLACED, GONE, EMPTIED, OUT, OUT_GONE, HELD = 0, 1, 2, 3, 4, 5, 6
"""What becomes of a record. GONE: a deletion that stands. EMPTIED: it came before a TRUNCATED, or is one. OUT: a step
leaves it out, and a later record has its key; OUT_GONE: none has. HELD: a quality rule of the whole run sends it
to quarantine."""

BEATEN = 16
"""BEATEN + n: the record loses the run's contest n. It is as if it had not come: it replaces nothing, and nothing
leaves the table because of it."""

LEAVING = (GONE, OUT_GONE)
"""Of these the key leaves the table."""

RULES = {GONE: "deleted at the source", EMPTIED: "truncated at the source"}
"""The rules that drop records, as runs report them."""


def decide(
    total: int,
    superseded: Iterable[pl.Series],
    changes: Iterable[tuple[int, pl.Series | None]],
    lost: pl.Series | None = None,
) -> tuple[pl.Series | None, bool]:
    """The fates (UInt8, named `fate`), or None when all records are published; whether the source was emptied.

    superseded: positions of records that a later one of the same key replaces, in pieces. changes: of each batch, in
    order, its first record's position and what CHANGE says of its records, None when all are there as they stand.
    lost: of each record 0, or 1 for one that loses the first contest, 2 the second … (UInt8).
    """
    fates = pl.repeat(PUBLISHED, total, dtype=pl.UInt8, eager=True).alias("fate")
    decided = False
    if lost is not None:
        beaten = (lost > 0).arg_true()
        fates.scatter(beaten, lost.gather(beaten) + (BEATEN - 1))
        decided = True
    for lost in superseded:
        fates.scatter(lost, REPLACED)
        decided = True
    emptied = 0
    for start, kinds in changes:
        if kinds is None:
            continue
        decided = True
        gone = (fates.slice(start, len(kinds)) == PUBLISHED) & (kinds == DELETED)
        fates.scatter(gone.arg_true() + start, GONE)
        out, now = kinds >= LEFT_OUT, fates.slice(start, len(kinds))
        if out.any():
            fates.scatter((out & (now == REPLACED)).arg_true() + start, OUT)
            fates.scatter((out & (now == PUBLISHED)).arg_true() + start, OUT_GONE)
        if len(last := (kinds == TRUNCATED).arg_true()):
            emptied = start + int(last[-1]) + 1
    if emptied:
        fates.scatter(pl.arange(0, emptied, eager=True), EMPTIED)
    return fates if decided else None, emptied > 0
