"""Tables opened for one query: a view over each, its files brought here for as long as the query runs.

The process that runs a query has no network. What lies in a remote store is copied for it, the columns that are read
and no other, into a folder that only this user can read and that is gone when the query is over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import IOBase
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO

from antechamber.collaborate.engine import Limits
from antechamber.collaborate.files import View, is_remote, view
from antechamber.collaborate.hive import ParquetTable, ReadTable
from antechamber.errors import QueryFailed
from antechamber.store import Location

Wanted = tuple[str, ReadTable, Sequence[str]]
"""The view's name, the table, the columns that are read."""

ROWS = 65_536
"""Rows that are copied at a time."""


@contextmanager
def opened(wanted: Sequence[Wanted], limits: Limits) -> Iterator[list[View]]:
    """The views, until the block ends. Raises QueryFailed when a table cannot be read, or the query is stopped."""
    with tempfile.TemporaryDirectory(prefix="antechamber-query-") as folder:
        copies = _Copies(Path(folder), limits)
        yield [
            table.view(name, columns, copies.bring)
            if isinstance(table, ParquetTable)
            else view(name, table, columns, bring=copies.bring)
            for name, table, columns in wanted
        ]


class _Copies:
    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._number = 0

    def bring(self, location: str, io: FileIO, columns: Callable[[pa.Schema], Sequence[str | None]]) -> Path:
        """A file with the wanted columns: the file itself where it is on this machine."""
        if not is_remote(location):
            return Location(location).local or Path(location)
        self._number += 1
        path = self._folder / f"{self._number}.parquet"
        try:
            with io.new_input(location).open() as stream:
                self._copy(pq.ParquetFile(pa.PythonFile(cast("IOBase", stream), mode="r")), columns, path)
        except (OSError, pa.ArrowException):
            raise QueryFailed(
                "a data file of the table cannot be read", where=location.partition("?")[0], remedy="check the store"
            ) from None
        return path

    def _copy(self, file: pq.ParquetFile, columns: Callable[[pa.Schema], Sequence[str | None]], path: Path) -> None:
        schema = file.schema_arrow
        names = [name for name in columns(schema) if name is not None]
        # Without a column the rows would not be counted.
        kept = pa.schema([schema.field(name) for name in dict.fromkeys(names or schema.names[:1])])
        with pq.ParquetWriter(path, kept) as writer:
            for batch in file.iter_batches(ROWS, columns=kept.names):
                if self._limits.stopped():
                    raise QueryFailed("the query was stopped", remedy="ask it again")
                writer.write_batch(batch.select(kept.names))
