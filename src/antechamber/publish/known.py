"""A set of keys that others are looked up in: in memory while they are few, in a sorted scratch file beyond."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from pyiceberg.table import Table

from antechamber.errors import PublishError
from antechamber.publish.keys import KeyIndex, key_hashes
from antechamber.publish.rewrite import data_files, read_file

IN_MEMORY = 4_000_000
"""Keys that are held in memory, 16 bytes each."""

Halves = npt.NDArray[np.uint64]


class KnownKeys:
    """Distinct keys by their hashes, sorted. Safe to share between threads.

    high, low: the halves of the hashes, in the order of the hashes. They may be maps of a file.
    """

    def __init__(self, high: Halves, low: Halves) -> None:
        self._high = high
        self._low = low

    def __len__(self) -> int:
        return len(self._high)

    def missing(self, hashes: pl.Series) -> pl.Series:
        """Whether each hash (UInt128) is not among them; null for null."""
        present = hashes.drop_nulls()
        found = pl.repeat(None, len(hashes), dtype=pl.Boolean, eager=True).alias("missing")
        if not len(present):
            return found
        wanted_high, wanted_low = _halves(present)
        order = np.lexsort((wanted_low, wanted_high))  # sorted, neighbours are looked for in the same pages of a file
        high, low = wanted_high[order], wanted_low[order]
        place = np.searchsorted(self._high, high, side="left")
        hit = np.zeros(len(high), dtype=bool)
        open_ = np.arange(len(high))
        while len(open_):
            # Two keys with the same upper half are next to each other: nearly always there is one.
            open_ = open_[place[open_] < len(self._high)]
            open_ = open_[self._high[place[open_]] == high[open_]]
            same = self._low[place[open_]] == low[open_]
            hit[open_[same]] = True
            open_ = open_[~same]
            place[open_] += 1
        missing = np.empty(len(high), dtype=bool)
        missing[order] = ~hit
        return found.scatter(hashes.is_not_null().arg_true(), pl.Series(missing))


def known_keys(
    hashes: Iterable[pl.Series], folder: Path, stack: ExitStack, *, in_memory: int = IN_MEMORY
) -> KnownKeys:
    """The set of these hashes (UInt128; nulls are left out). folder: for scratch files, which `stack` removes.

    Raises OSError when there is no room.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with KeyIndex(folder / "noted") as index:
        for number, piece in enumerate(hashes):
            index.add(number, piece)
        distinct = (_halves(piece.get_column("hash").unique().sort()) for piece in index.by_hash())
        held: list[tuple[Halves, Halves]] = []
        for halves in distinct:
            held.append(halves)
            if sum(len(high) for high, _ in held) > in_memory:
                return _on_disk(itertools.chain(held, distinct), folder, stack)
    nothing = np.empty(0, dtype=np.uint64)
    return KnownKeys(
        np.concatenate([nothing, *(high for high, _ in held)]), np.concatenate([nothing, *(low for _, low in held)])
    )


def table_hashes(table: Table, columns: Sequence[str], snapshot: int | None = None) -> Iterator[pl.Series]:
    """The hashes of these columns of all records of a table, in pieces; null where one is null.

    snapshot: the id of the table's state; the current one by default. Raises PublishError, OSError.
    """
    state = None if snapshot is None else table.snapshot_by_id(snapshot)
    if snapshot is not None and state is None:
        raise PublishError(
            "the table's state of when this run began is gone",
            where=".".join(table.name()),
            remedy="run again; let the table's snapshots expire later",
        )
    for file in data_files(table, state):
        for batch in read_file(table, file, columns):
            yield key_hashes(batch, columns)


def _on_disk(pieces: Iterable[tuple[Halves, Halves]], folder: Path, stack: ExitStack) -> KnownKeys:
    paths = (folder / "high", folder / "low")
    with paths[0].open("wb") as first, paths[1].open("wb") as second:
        for high, low in pieces:
            first.write(high.tobytes())
            second.write(low.tobytes())
    for path in paths:
        stack.callback(path.unlink, missing_ok=True)
    high, low = (np.memmap(path, dtype=np.uint64, mode="r") for path in paths)
    return KnownKeys(high, low)


def _halves(hashes: pl.Series) -> tuple[Halves, Halves]:
    frame = hashes.to_frame("hash").select(
        high=(pl.col("hash") // 2**64).cast(pl.UInt64), low=(pl.col("hash") % 2**64).cast(pl.UInt64)
    )
    return frame["high"].to_numpy(), frame["low"].to_numpy()
