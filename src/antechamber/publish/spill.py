"""Staged batches: the first in memory, the others in scratch files, plain Arrow streams of which each is read back by
its place."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa

from antechamber.errors import PublishError
from antechamber.publish.positioned import PositionedFile

Place = tuple["Spill", int, int]
"""(file, offset, length) of a batch."""

Held = pa.RecordBatch | Place
"""A batch, or where it lies."""


class Shelf:
    """Batches of one schema. Thread-safe; each thread writes into a file of its own.

    folder: one that is there, for what is more than `memory_bytes`. given: the schema of the batches that come; those
    that are given back have `schema`, in which Arrow can filter.
    """

    def __init__(self, folder: Path, given: pa.Schema, memory_bytes: int) -> None:
        self.schema = pa.schema([field.with_type(_plain(field.type)) for field in given])
        self._given = given
        self._folder = folder
        self._memory_left = memory_bytes
        self._lock = threading.Lock()
        self._spills: list[Spill] = []
        self._mine = threading.local()

    def close(self) -> None:
        """Close the files; who made the folder removes it."""
        for spill in self._spills:
            spill.close()

    def fitted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch in the shelf's schema. Raises PublishError when it has another one than `given`."""
        if batch.schema == self.schema:
            return batch
        if batch.schema != self._given:
            raise PublishError(
                "the recipe's batches do not have the columns and types that the table was opened for\n"
                f"  batch: {_shown(batch.schema)}\n  table: {_shown(self._given)}"
            )
        return batch.cast(self.schema)

    def put(self, batch: pa.RecordBatch) -> Held:
        """Keep a batch that is `fitted`. Raises OSError."""
        size = batch.nbytes
        with self._lock:
            in_memory = self._memory_left >= size
            if in_memory:
                self._memory_left -= size
        return batch if in_memory else self._spill().write(batch)

    def get(self, held: Held) -> pa.RecordBatch:
        """A batch that was put. Raises OSError."""
        if isinstance(held, pa.RecordBatch):
            return held
        spill, offset, length = held
        return pa.ipc.read_record_batch(spill.read(offset, length), self.schema)

    def _spill(self) -> Spill:
        """This thread's file."""
        spill: Spill | None = getattr(self._mine, "spill", None)
        if spill is None:
            with self._lock:
                spill = Spill(self._folder / f"batches-{len(self._spills)}.arrows", self.schema)
                self._spills.append(spill)
            self._mine.spill = spill
        return spill


class Spill:
    """One thread's file of batches: an Arrow stream, of which each batch is read back by its place."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._sink = pa.OSFile(str(path), "wb")
        self._stream = pa.ipc.new_stream(self._sink, schema)
        # The schema is written in front of the first batch: an empty one keeps it out of a real batch's place.
        self._stream.write_batch(pa.RecordBatch.from_pylist([], schema=schema))
        self._source = PositionedFile(path)

    def write(self, batch: pa.RecordBatch) -> Place:
        """Append a batch. Raises OSError."""
        offset = self._sink.tell()
        self._stream.write_batch(batch)
        return self, offset, self._sink.tell() - offset

    def read(self, offset: int, length: int) -> pa.Buffer:
        """The bytes at a place. Thread-safe. Raises OSError."""
        return self._source.read(offset, length)

    def close(self) -> None:
        """Close the file."""
        self._sink.close()
        self._source.close()


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type that Arrow can filter: string views are not among them."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(kind) else kind


def _shown(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)
