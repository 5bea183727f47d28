"""One staged batch: its place in the order of all, what is known of its records, and whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from antechamber.publish.spill import Held


@dataclass(frozen=True, eq=False)
class Chunk:
    """One staged batch.

    partition, sequence: its place in the order of all batches. rows: as staged. size: bytes in memory.
    held: the batch itself, or where it lies; None when it is in a data file already.
    changes: what CHANGE says of each record (Int8), or None when it is there as it stands.
    shares: when it holds several partitions, each one's number and rows, in order; `partition` is the first of them.
    marks: quality rule → whether each record fails it; as in `records.Prepared`.
    """

    partition: int
    sequence: int
    rows: int
    size: int
    held: Held | None
    changes: pl.Series | None = None
    shares: tuple[tuple[int, int], ...] = ()
    marks: Mapping[int, pl.Series] = field(default_factory=dict)

    def count(self, mine: pl.Series) -> Counter[int]:
        """Partition → how many of its records `mine` (boolean) says yes to."""
        if not self.shares:
            return Counter({self.partition: int(mine.sum())})
        until = np.concatenate([[0], np.cumsum(mine.to_numpy(), dtype=np.int64)])
        ends = np.cumsum([rows for _, rows in self.shares])
        counts: Counter[int] = Counter()
        for (partition, rows), end in zip(self.shares, ends.tolist(), strict=True):
            counts[partition] += int(until[end] - until[end - rows])
        return counts

    def judged(self, rule: int, stays: pl.Series) -> tuple[int, int]:
        """(records that a quality rule judges, those that fail) of all that stay."""
        fails = self.marks.get(rule)
        if fails is None:
            return int(stays.sum()), 0
        fails = fails.filter(stays)
        return len(fails) - fails.null_count(), int(fails.sum())
