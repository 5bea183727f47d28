"""Where a run's prepared batches wait for the commit: in memory while they are few, in plain Arrow files beyond.

Only prepared, already protected records come here. Memory holds the first 64 MB, a row of one byte a record that
says which records are replaced, and nothing else that grows with the run.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from antechamber.errors import PublishError
from antechamber.publish.chunk import Chunk
from antechamber.publish.contests import Contests
from antechamber.publish.deletions import Deletions
from antechamber.publish.fates import (
    BEATEN,
    HELD,
    LEAVING,
    OUT,
    OUT_GONE,
    PUBLISHED,
    REPLACED,
    RULES,
    decide,
)
from antechamber.publish.fit import refuse_unfit
from antechamber.publish.keys import KeyIndex, key_hashes
from antechamber.publish.spill import Shelf
from antechamber.records import LEFT_OUT, Entrants, Keep

if TYPE_CHECKING:
    from antechamber.publish.outright import Outright

MEMORY_BYTES = 64 * 1024 * 1024


class Staging:
    """A run's prepared records; the total order of records is (partition, sequence, row).

    folder: a scratch folder of this run alone; made when absent, removed with all that is in it at the end.
    schema: of every batch.
    keys: columns that identify a record: of all records with equal values there only the last is published.
        Empty: all are.
    rules: the name of each step, under which records that it leaves out are counted.
    contests: the places of the steps under which records of all partitions compete, and which one stays.
    outright: where records go at once when nothing decides about them any more: no key, no contest, no partition that
        is discarded. Then only counts are kept here, and `read` and `batches` cannot be asked.

    Used as a context manager. All batches are added, from any number of threads; then `resolve`, once; then read.
    """

    def __init__(
        self,
        folder: Path,
        schema: pa.Schema,
        *,
        keys: tuple[str, ...] = (),
        rules: tuple[str, ...] = (),
        contests: Mapping[int, Keep] | None = None,
        outright: Outright | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        for key in keys:
            if key not in schema.names:
                raise PublishError(f"the key column '{key}' is not in the table's columns", where=key)
        self._shelf = Shelf(folder, schema, memory_bytes)
        self.schema = self._shelf.schema
        self.keys = keys
        self._rules = rules
        self._contested = contests or {}
        self.outright = outright
        self._folder = folder
        self._chunks: list[Chunk] = []
        self._discarded: set[int] = set()
        self._withdrawn: set[int] = set()
        self._order: list[int] = []
        self._offsets: dict[int, int] = {}
        self._fates: pl.Series | None = None
        self.emptied = False
        """After `resolve`: whether the source was emptied in this run: none of the table's earlier records stays."""
        self._lock = threading.Lock()

    def __enter__(self) -> Staging:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error
        self._index = KeyIndex(self._folder / "keys")
        self._contests = Contests(self._folder, self._contested)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.__exit__(kind, error, trace)
        self._contests.close()
        self._shelf.close()
        self._chunks = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(
        self,
        partition: int,
        sequence: int,
        batch: pa.RecordBatch,
        changes: pa.Array[Any] | None = None,
        shares: Sequence[tuple[int, int]] = (),
        entrants: Entrants | None = None,
        marks: Mapping[int, pa.Array[Any]] | None = None,
    ) -> None:
        """Stage the `sequence`-th batch of a partition. Thread-safe; order of calls does not matter.

        shares: for a batch that holds several neighbouring partitions whole: each one's number and rows, in order,
            `partition` being the first. They are discarded together.
        changes: int8, what `records.CHANGE` says of each record; None when all are PUT. Deletions need keys.
        entrants: the records that enter contests.
        marks: quality rule → whether each record fails it, as in `records.Prepared`.
        Raises PublishError: another schema, a key column with nulls, no space left.
        """
        batch = self._shelf.fitted(batch)
        if batch.num_rows == 0:
            return
        refuse_unfit(batch, self.keys, changes)
        hashes = key_hashes(batch, self.keys) if self.keys else None
        kinds = None if changes is None else pl.Series("change", changes)
        found = {rule: pl.Series("fails", fails) for rule, fails in (marks or {}).items()}
        size = batch.nbytes
        try:
            held = self._shelf.put(batch) if self.outright is None else None
            chunk = Chunk(partition, sequence, batch.num_rows, size, held, kinds, tuple(shares), found)
            with self._lock:
                number = len(self._chunks)
                self._chunks.append(chunk)
            if hashes is not None:
                self._index.add(number, hashes)
            self._contests.add(number, entrants or {})
        except OSError as error:
            raise self._failed(error) from error
        if self.outright is not None:
            self.outright.add((partition, sequence), batch)

    def withdraw(self, partition: int, sequence: int) -> None:
        """Take a batch back that was staged, so that its records can be staged otherwise; none is no error."""
        with self._lock:
            self._withdrawn |= {
                number
                for number, chunk in enumerate(self._chunks)
                if (chunk.partition, chunk.sequence) == (partition, sequence)
            }

    def discard(self, partition: int) -> None:
        """A partition that failed: none of its records is published, whether staged before or after this call."""
        with self._lock:
            self._discarded.add(partition)

    def resolve(self) -> dict[int, int]:
        """Decide which records are replaced by a later one of the same key: partition → number of them.

        A deletion replaces and is replaced like any other; one that stands is not published, but its key leaves the
        table. Records before a TRUNCATED, and itself, are not published either. One that loses a contest counts
        for nothing. Without keys: {}.
        Raises PublishError when a batch was staged twice, or the index cannot be read.
        """
        kept = [
            number
            for number, chunk in enumerate(self._chunks)
            if chunk.partition not in self._discarded and number not in self._withdrawn
        ]
        self._order = sorted(kept, key=lambda number: (self._chunks[number].partition, self._chunks[number].sequence))
        places = Counter((self._chunks[number].partition, self._chunks[number].sequence) for number in self._order)
        if len(places) != len(self._order):
            raise PublishError("a batch of a partition was staged twice")
        total = 0
        for number in self._order:
            self._offsets[number] = total
            total += self._chunks[number].rows
        if not total:
            return {}
        offsets = [self._offsets.get(number) for number in range(len(self._chunks))]
        changes = ((self._offsets[number], self._chunks[number].changes) for number in self._order)
        try:
            lost = self._contests.losers(offsets, total) if self._contested else None
            superseded = self._index.superseded(offsets, lost=lost) if self.keys else ()
            self._fates, self.emptied = decide(total, superseded, changes, lost)
        except OSError as error:
            raise self._failed(error) from error
        return dict(self._count(REPLACED))

    def dropped(self) -> dict[int, Counter[str]]:
        """After `resolve`: partition → rule → number of records that are neither published nor replaced."""
        counted = [(rule, self._count(fate)) for fate, rule in RULES.items()]
        counted += [(self._rules[p], self._count(BEATEN + n)) for n, p in enumerate(self._contests.places)]
        counted += [(rule, self._count(OUT, OUT_GONE, kind=LEFT_OUT + p)) for p, rule in enumerate(self._rules)]
        found: dict[int, Counter[str]] = {}
        for rule, counts in counted:
            for partition, count in counts.items():
                found.setdefault(partition, Counter())[rule] += count
        return found

    def _count(self, *fates: int, kind: int | None = None) -> Counter[int]:
        """Partition → number of its records that have one of these fates. kind: only of these CHANGEs."""
        counts: Counter[int] = Counter()
        for number in self._order if self._fates is not None else ():
            chunk, mine = self._chunks[number], self._fate(number).is_in(fates)
            if kind is None:
                counts.update(chunk.count(mine))
            elif chunk.changes is not None:
                counts.update(chunk.count(mine & (chunk.changes == kind)))
        return +counts

    def marked(self, rule: int) -> tuple[int, int]:
        """After `resolve`: (records that a quality rule judges, those that fail) of all that are to be published."""
        found = [self._chunks[number].judged(rule, self._fate(number) == PUBLISHED) for number in self._order]
        return sum(judged for judged, _ in found), sum(failed for _, failed in found)

    def hold_back(self, number: int, rows: pl.Series) -> None:
        """After `resolve`: records of a chunk, by their places in it, that go to quarantine instead."""
        if self._fates is None:
            total = sum(self._chunks[each].rows for each in self._order)
            self._fates = pl.repeat(PUBLISHED, total, dtype=pl.UInt8, eager=True).alias("fate")
        self._fates = self._fates.scatter(rows.cast(pl.UInt64) + self._offsets[number], HELD)

    def place(self, number: int) -> tuple[int, int]:
        """The (partition, sequence) that a chunk was staged under."""
        return self._chunks[number].partition, self._chunks[number].sequence

    def published(self, number: int) -> pl.Series:
        """After `resolve`: the places of a chunk's records that are to be published (UInt32)."""
        return (self._fate(number) == PUBLISHED).arg_true()

    def deletions(self) -> Deletions | None:
        """After `resolve`: the keys that leave the table; None when there are none."""
        if not self.keys:
            return None
        found = Deletions(self.keys, self._gone)
        return found if found.count else None

    def _gone(self) -> Iterator[pa.RecordBatch]:
        for number in self._order:
            if self._chunks[number].changes is not None:
                gone = self._fate(number).is_in(LEAVING)
                if gone.any():
                    keys = self._batch(number).select(list(self.keys)).filter(gone.to_arrow())
                    # A record that a step leaves out after a contest may have no key.
                    yield keys.drop_null()

    def _fate(self, number: int) -> pl.Series:
        rows = self._chunks[number].rows
        if self._fates is None:
            return pl.repeat(PUBLISHED, rows, dtype=pl.UInt8, eager=True).alias("fate")
        return self._fates.slice(self._offsets[number], rows)

    def order(self) -> Sequence[int]:
        """After `resolve`: the numbers of the chunks that count, in the order of their records."""
        return self._order

    def remaining(self, number: int) -> int:
        """How many records of a chunk are to be published."""
        rows = self._chunks[number].rows
        return rows if self._fates is None else int((self._fate(number) == PUBLISHED).sum())

    def size(self, number: int) -> int:
        """About how many bytes of a chunk, in memory, are to be published."""
        chunk = self._chunks[number]
        return chunk.size * self.remaining(number) // chunk.rows

    def read(self, number: int) -> pa.RecordBatch:
        """A chunk's records that are to be published, in order. Thread-safe."""
        batch = self._batch(number)
        stays = self._fate(number) == PUBLISHED
        return batch if stays.all() else batch.filter(stays.to_arrow())

    def _batch(self, number: int) -> pa.RecordBatch:
        held = self._chunks[number].held
        if held is None:
            raise PublishError("its records are in a data file already", where=str(self._folder))
        try:
            return self._shelf.get(held)
        except OSError as error:
            raise self._failed(error) from error

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All records that are to be published, in order."""
        yield from (batch for number in self._order if (batch := self.read(number)).num_rows)

    def _failed(self, error: OSError) -> PublishError:
        return PublishError(
            f"records cannot be staged ({error.strerror or type(error).__name__})",
            where=str(self._folder),
            remedy="make room on that disk: a run needs about the size of its uncompressed records there",
        )
