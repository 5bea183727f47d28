"""Records whose values in some columns an earlier record has: of a run's staged records, and of the table before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from pyiceberg.table import Table

from antechamber.publish.keys import KeyIndex, key_hashes
from antechamber.publish.known import KnownKeys
from antechamber.publish.rewrite import data_files, read_file
from antechamber.publish.staging import Staging


class Repeated:
    """What `repeated` finds. judged: records with a value in every column. rows: chunk → places of its records whose
    values an earlier one has (UInt32, sorted)."""

    def __init__(self, judged: int, rows: dict[int, pl.Series]) -> None:
        self.judged = judged
        self.rows = rows

    @property
    def count(self) -> int:
        """How many records repeat others."""
        return sum(map(len, self.rows.values()))


def repeated(
    staging: Staging, columns: Sequence[str], folder: Path, *, table: Table | None, leaving: KnownKeys | None
) -> Repeated:
    """All staged records that are to be published but the first of those with equal values; nulls equal nothing.

    folder: for a scratch file. table: whose records come before all of the run, None when none stays.
    leaving: keys of the table (`staging.keys`) of which the run publishes or deletes the record; None when the table
    has no key. Raises PublishError, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    judged = 0
    # The index finds all but the last of equal keys: so the last record comes first, and the table's at the end.
    backwards = list(reversed(staging.order()))
    offsets: list[int | None] = []
    total = 0
    with KeyIndex(folder / "repeated") as index:
        for number in backwards:
            hashes = key_hashes(staging.read(number), columns).reverse()
            judged += len(hashes) - hashes.null_count()
            index.add(len(offsets), hashes)
            offsets.append(total)
            total += len(hashes)
        lost = np.zeros(total, dtype=bool)
        if not judged:
            return Repeated(0, {})
        for hashes in _of_table(table, columns, staging.keys, leaving) if table is not None else ():
            index.add(len(offsets), hashes)
            offsets.append(total)
            total += len(hashes)
        for found in index.superseded(offsets):
            lost[found.filter(found < len(lost)).to_numpy()] = True
    rows = {}
    for number, offset in zip(backwards, offsets, strict=False):
        assert offset is not None  # noqa: S101 - every staged chunk counts
        mine = lost[offset : offset + staging.remaining(number)][::-1]
        if mine.any():
            rows[number] = staging.published(number).filter(pl.Series(mine))
    return Repeated(judged, rows)


def _of_table(
    table: Table, columns: Sequence[str], keys: Sequence[str], leaving: KnownKeys | None
) -> Iterator[pl.Series]:
    """The hashes of the table's records that stay. A column that the table has not yet is null in all of them."""
    names = list(dict.fromkeys((*columns, *(keys if leaving is not None else ()))))
    for file in data_files(table):
        for batch in read_file(table, file, names):
            hashes = key_hashes(batch.select(list(columns)), columns)
            if leaving is not None and keys:
                hashes = hashes.filter(leaving.missing(key_hashes(batch, keys)).fill_null(True))
            yield hashes
