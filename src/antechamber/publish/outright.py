"""Records that nothing can hold back any more are written to data files as they come: nothing is staged or spilled.

The files are as invisible as all others before the commit, and are swept like them after a crash.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from antechamber.publish.files import data_path, refuse_published, row_group_bytes, unwritable
from antechamber.publish.parquet import ParquetFile, dictionary_columns, row_groups

CORES_PER_FILE = 4
"""One file takes what so many cores read and prepare: encoding is about a fifth of the work."""

Place = tuple[int, int]
"""(partition, sequence) of a batch."""


class Outright:
    """A run's data files while its records come, from any number of threads.

    target_bytes: a file is closed at about this size. workers: threads that add.

    Batches are gathered to row groups; the thread that fills one writes it. Up to a row group there is nothing on
    disk. Used as a context manager: what was written before an error is removed again.
    """

    def __init__(self, table: Table, *, run_id: str, target_bytes: int, workers: int) -> None:
        refuse_published(table, run_id)
        self._table = table
        self._run_id = run_id
        self._target_bytes = target_bytes
        self._group_bytes = min(row_group_bytes(workers), target_bytes)
        self._lock = threading.Lock()
        self._held: list[tuple[Place, pa.RecordBatch]] = []
        self._held_bytes = 0
        self._dictionary: list[str] | None = None
        self._open: list[ParquetFile] = []
        self._places = threading.BoundedSemaphore(max(1, workers // CORES_PER_FILE))
        self._begun: list[str] = []
        self._done: list[DataFile] = []
        self._kept = False

    def __enter__(self) -> Outright:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._kept:
            return
        for file in self._open:
            file.give_up()
        for location in self._begun:
            # What stays is swept by the next run, as after a crash.
            with suppress(Exception):
                self._table.io.delete(location)

    def add(self, place: Place, batch: pa.RecordBatch) -> None:
        """Take a batch; all of its records are published. Raises PublishError when the store cannot be written."""
        with self._lock:
            self._held.append((place, batch))
            self._held_bytes += batch.nbytes
            if self._held_bytes < self._group_bytes:
                return
            held, self._held, self._held_bytes = self._held, [], 0
        try:
            with self._places:
                self._write(held)
        except OSError as error:
            raise unwritable(self._table, error) from error

    def finish(self) -> list[DataFile]:
        """When all is added: the files, complete in their store. Raises PublishError."""
        try:
            if self._held:
                self._write(self._held, last=True)
            self._held = []
            while self._open:
                self._done.append(self._open[-1].close())
                self._open.pop()
        except OSError as error:
            raise unwritable(self._table, error) from error
        self._kept = True
        return sorted(self._done, key=lambda file: file.file_path)

    def _write(self, held: list[tuple[Place, pa.RecordBatch]], *, last: bool = False) -> None:
        held.sort(key=lambda each: each[0])
        batches = [batch for _, batch in held]
        file = self._file(batches[0], last=last)
        try:
            for group in row_groups(batches, file.schema, 2 * self._group_bytes):
                file.add(group)
        finally:
            with self._lock:
                self._open.append(file)

    def _file(self, sample: pa.RecordBatch, *, last: bool) -> ParquetFile:
        """A file to go on with, out of the open ones. The last records of all join a file that is full already."""
        with self._lock:
            if self._dictionary is None:
                self._dictionary = dictionary_columns(sample)
            file = self._open.pop(0) if self._open else None
        if file is not None and (last or file.size < self._target_bytes):
            return file
        if file is not None:
            done = file.close()
            with self._lock:
                self._done.append(done)
        with self._lock:
            location = data_path(self._table, self._run_id, len(self._begun))
            self._begun.append(location)
        return ParquetFile(self._table, location, dictionary=self._dictionary)
