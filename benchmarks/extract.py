"""Extraction alone: python -m benchmarks.extract <workspace> <connector> <output folder>.

The connect room as a run uses it (list, then all partitions at once by the engine), straight to Parquet: nothing is
prepared, staged or committed. It is what a scanner that copies a table is to be compared with.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.connect import BatchSource, Opening, open_source
from antechamber.declare import load_workspace
from antechamber.engine import run_locally
from antechamber.records import Partition, Progress
from antechamber.secrets import Secrets
from antechamber.store import Location

ROWS_A_GROUP = 131_072


def main(workspace: Path, connector: str, target: Path) -> None:
    """Write one Parquet file for each worker."""
    target.mkdir(parents=True)
    declared = load_workspace(workspace)
    wanted = declared.connectors[connector]
    store = Location(declared.root.as_uri())
    with ExitStack() as stack:
        source = open_source(wanted.source, Opening(store, Secrets(declared.root), tuple(wanted.columns)))
        assert isinstance(source, BatchSource)
        stack.callback(source.close)
        listing = source.list(Progress())
        files = Files(target)
        stack.callback(files.close)
        for outcome in run_locally(listing.partitions, read=source.read, work=files.write):
            if outcome.error is not None:
                raise outcome.error


class Files:
    """A file for each thread that writes; batches are gathered to row groups of the usual size."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._own = threading.local()
        self._all: list[_File] = []

    def write(self, partition: Partition, position: int, batch: pa.RecordBatch) -> None:
        file: _File | None = getattr(self._own, "file", None)
        if file is None:
            file = self._own.file = _File(self._target / f"{threading.current_thread().name}.parquet", batch.schema)
            self._all.append(file)
        file.add(batch)

    def close(self) -> None:
        for file in self._all:
            file.close()


class _File:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="snappy")
        self._waiting: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        if sum(each.num_rows for each in self._waiting) >= ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._waiting = []


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
