"""Staged batches: in memory, or in scratch files, plain Arrow streams of which each is read back by its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

from antechamber.publish.positioned import PositionedFile

Place = tuple["Spill", int, int]
"""(file, offset, length) of a batch."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """One staged batch.

    partition, sequence: its place in the order of all batches. rows: as staged. size: bytes in memory.
    held: the batch itself, or where it lies: (spill file, offset, length).
    changes: what CHANGE says of each record (Int8), or None when it is there as it stands.
    shares: when it holds several partitions, each one's number and rows, in order; `partition` is the first of them.
    marks: quality rule → whether each record fails it; as in `records.Prepared`.
    """

    partition: int
    sequence: int
    rows: int
    size: int
    held: pa.RecordBatch | Place
    changes: pl.Series | None = None
    shares: tuple[tuple[int, int], ...] = ()
    marks: Mapping[int, pl.Series] = field(default_factory=dict)


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


def read_back(place: Place, schema: pa.Schema) -> pa.RecordBatch:
    """The batch at a place. Raises OSError."""
    spill, offset, length = place
    return pa.ipc.read_record_batch(spill.read(offset, length), schema)
