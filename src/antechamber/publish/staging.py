"""Where a run's prepared batches wait for the commit: in memory while they are few, in plain Arrow files beyond.

Only prepared, already protected records come here. Memory holds the first 64 MB, a row of one byte a record that
says which records are replaced, and nothing else that grows with the run.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa

from antechamber.errors import PublishError
from antechamber.publish.keys import KeyIndex, key_hashes
from antechamber.publish.positioned import PositionedFile

MEMORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Chunk:
    """One staged batch.

    partition, sequence: its place in the order of all batches. rows: as staged. size: bytes in memory.
    held: the batch itself, or where it lies: (spill file, offset, length).
    """

    partition: int
    sequence: int
    rows: int
    size: int
    held: pa.RecordBatch | tuple[_Spill, int, int]


class Staging:
    """A run's prepared records; the total order of records is (partition, sequence, row).

    folder: a scratch folder of this run alone; made when absent, removed with all that is in it at the end.
    schema: of every batch.
    keys: columns that identify a record: of all records with equal values there only the last is published.
        Empty: all are.

    Used as a context manager. All batches are added, from any number of threads; then `resolve`, once; then read.
    """

    def __init__(
        self, folder: Path, schema: pa.Schema, *, keys: tuple[str, ...] = (), memory_bytes: int = MEMORY_BYTES
    ) -> None:
        for key in keys:
            if key not in schema.names:
                raise PublishError(f"the key column '{key}' is not in the table's columns", where=key)
        self.schema = pa.schema([field.with_type(_plain(field.type)) for field in schema])
        self.keys = keys
        self._given = schema
        self._folder = folder
        self._memory_left = memory_bytes
        self._chunks: list[Chunk] = []
        self._discarded: set[int] = set()
        self._order: list[int] = []
        self._offsets: dict[int, int] = {}
        self._replaced: pl.Series | None = None
        self._resolved = False
        self._lock = threading.Lock()
        self._spills: list[_Spill] = []
        self._mine = threading.local()

    def __enter__(self) -> Staging:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error
        self._index = KeyIndex(self._folder / "keys")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.__exit__(kind, error, trace)
        for spill in self._spills:
            spill.close()
        self._chunks = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, partition: int, sequence: int, batch: pa.RecordBatch) -> None:
        """Stage the `sequence`-th batch of a partition. Thread-safe; order of calls does not matter.

        Raises PublishError: another schema, a key column with nulls, no space left.
        """
        if batch.schema != self._given:
            raise PublishError(
                "the recipe's batches do not have the columns and types that the table was opened for\n"
                f"  batch: {_shown(batch.schema)}\n  table: {_shown(self._given)}"
            )
        if batch.num_rows == 0:
            return
        if self._given != self.schema:
            batch = batch.cast(self.schema)
        hashes = key_hashes(batch, self.keys) if self.keys else None
        if hashes is not None and hashes.null_count():
            raise PublishError(
                "a record without a value in its key cannot be published",
                where=", ".join(self.keys),
                remedy="say `required: true` for the key's columns, so that such records go to quarantine",
            )
        size = batch.nbytes
        with self._lock:
            in_memory = self._memory_left >= size
            if in_memory:
                self._memory_left -= size
        try:
            held = batch if in_memory else self._spill().write(batch)
            with self._lock:
                number = len(self._chunks)
                self._chunks.append(Chunk(partition, sequence, batch.num_rows, size, held))
            if hashes is not None:
                self._index.add(number, hashes)
        except OSError as error:
            raise self._failed(error) from error

    def discard(self, partition: int) -> None:
        """A partition that failed: none of its records is published, whether staged before or after this call."""
        with self._lock:
            self._discarded.add(partition)

    def resolve(self) -> dict[int, int]:
        """Decide which records are replaced by a later one of the same key: partition → number of them.

        Without keys: {}. Raises PublishError when a batch was staged twice, or the index cannot be read.
        """
        kept = [number for number, chunk in enumerate(self._chunks) if chunk.partition not in self._discarded]
        self._order = sorted(kept, key=lambda number: (self._chunks[number].partition, self._chunks[number].sequence))
        places = Counter((self._chunks[number].partition, self._chunks[number].sequence) for number in self._order)
        if len(places) != len(self._order):
            raise PublishError("a batch of a partition was staged twice")
        self._resolved = True
        total = 0
        for number in self._order:
            self._offsets[number] = total
            total += self._chunks[number].rows
        if not self.keys or not total:
            return {}
        try:
            self._mark_replaced(total)
        except OSError as error:
            raise self._failed(error) from error
        replaced: Counter[int] = Counter()
        for number in self._order:
            chunk = self._chunks[number]
            replaced[chunk.partition] += chunk.rows - self.remaining(number)
        return {partition: count for partition, count in replaced.items() if count}

    def _mark_replaced(self, total: int) -> None:
        replaced = pl.repeat(0, total, dtype=pl.UInt8, eager=True)
        any_lost = False
        for lost in self._index.superseded([self._offsets.get(number) for number in range(len(self._chunks))]):
            replaced.scatter(lost, 1)
            any_lost = True
        if any_lost:
            self._replaced = replaced

    def rows(self, partition: int) -> int:
        """The records of a partition that are to be published; before `resolve`: that are staged."""
        if self._resolved:
            numbers = [number for number in self._order if self._chunks[number].partition == partition]
            return sum(self.remaining(number) for number in numbers)
        with self._lock:
            if partition in self._discarded:
                return 0
            return sum(chunk.rows for chunk in self._chunks if chunk.partition == partition)

    def order(self) -> Sequence[int]:
        """After `resolve`: the numbers of the chunks that count, in the order of their records."""
        return self._order

    def remaining(self, number: int) -> int:
        """How many records of a chunk are to be published."""
        rows = self._chunks[number].rows
        if self._replaced is None:
            return rows
        return rows - int(self._replaced.slice(self._offsets[number], rows).cast(pl.UInt32).sum())

    def size(self, number: int) -> int:
        """About how many bytes of a chunk, in memory, are to be published."""
        chunk = self._chunks[number]
        return chunk.size * self.remaining(number) // chunk.rows

    def read(self, number: int) -> pa.RecordBatch:
        """A chunk's records that are to be published, in order. Thread-safe."""
        chunk = self._chunks[number]
        try:
            batch = chunk.held if isinstance(chunk.held, pa.RecordBatch) else _read(chunk.held, self.schema)
        except OSError as error:
            raise self._failed(error) from error
        if self._replaced is None:
            return batch
        stays = self._replaced.slice(self._offsets[number], chunk.rows) == 0
        return batch if stays.all() else batch.filter(stays.to_arrow())

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All records that are to be published, in order."""
        for number in self._order:
            batch = self.read(number)
            if batch.num_rows:
                yield batch

    def _spill(self) -> _Spill:
        """This thread's file."""
        spill: _Spill | None = getattr(self._mine, "spill", None)
        if spill is None:
            with self._lock:
                spill = _Spill(self._folder / f"batches-{len(self._spills)}.arrows", self.schema)
                self._spills.append(spill)
            self._mine.spill = spill
        return spill

    def _failed(self, error: OSError) -> PublishError:
        return PublishError(
            f"records cannot be staged ({error.strerror or type(error).__name__})",
            where=str(self._folder),
            remedy="make room on that disk: a run needs about the size of its uncompressed records there",
        )


class _Spill:
    """One thread's file of batches: an Arrow stream, of which each batch is read back by its place."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._sink = pa.OSFile(str(path), "wb")
        self._stream = pa.ipc.new_stream(self._sink, schema)
        # The schema is written in front of the first batch: an empty one keeps it out of a real batch's place.
        self._stream.write_batch(pa.RecordBatch.from_pylist([], schema=schema))
        self._source = PositionedFile(path)

    def write(self, batch: pa.RecordBatch) -> tuple[_Spill, int, int]:
        offset = self._sink.tell()
        self._stream.write_batch(batch)
        return self, offset, self._sink.tell() - offset

    def read(self, offset: int, length: int) -> pa.Buffer:
        return self._source.read(offset, length)

    def close(self) -> None:
        self._sink.close()
        self._source.close()


def _read(place: tuple[_Spill, int, int], schema: pa.Schema) -> pa.RecordBatch:
    spill, offset, length = place
    return pa.ipc.read_record_batch(spill.read(offset, length), schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type that Arrow can filter: string views are not among them."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(kind) else kind


def _shown(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)
