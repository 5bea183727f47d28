"""A catalog in a folder, and one run of publishing in a call."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from antechamber.publish import Commit, Staging, Stamp, commit, open_table, write_data_files

Row = tuple[Any, ...]


def columns(**kinds: pa.DataType) -> pa.Schema:
    """A schema from names and types."""
    return pa.schema([pa.field(name, kind) for name, kind in kinds.items()])


SCHEMA = columns(id=pa.int64(), name=pa.string(), score=pa.decimal128(9, 2))


def batch(rows: Iterable[Row], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    """Rows as one batch."""
    return pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def rows_of(table: Table) -> list[Row]:
    """What a reader of the table sees, sorted."""
    table.refresh()
    found = table.scan().to_arrow().to_pydict()
    return sorted(zip(*found.values(), strict=True), key=repr)


class Publisher:
    """Publishes to one table as the pipeline does; every run has an id of its own."""

    def __init__(self, folder: Path, *, catalog: Path | None = None) -> None:
        self.folder = folder
        file = catalog or folder / "catalog.db"
        self.catalog: Catalog = SqlCatalog("test", uri=f"sqlite:///{file}", warehouse=folder.as_uri())
        self._numbers = itertools.count(1)

    def table(self, schema: pa.Schema = SCHEMA, *, name: str = "members", evolve: bool = False) -> Table:
        return open_table(self.catalog, "acme", name, schema, (self.folder / "store" / name).as_uri(), evolve=evolve)

    def next_run(self) -> str:
        return f"run-{next(self._numbers)}"

    def run(
        self,
        batches: Sequence[Sequence[Row]],
        *,
        mode: Any = "append",
        keys: tuple[str, ...] = (),
        schema: pa.Schema = SCHEMA,
        table: Table | None = None,
        **stamp: Any,
    ) -> Commit:
        table = table or self.table(schema)
        run_id = stamp.pop("run_id", None) or self.next_run()
        files = self.write(table, batches, keys=keys, schema=schema, run_id=run_id)
        return commit(table, files, mode=mode, keys=keys, stamp=Stamp(run_id, "loyalty", **stamp))

    def write(
        self,
        table: Table,
        batches: Sequence[Sequence[Row]],
        *,
        run_id: str,
        keys: tuple[str, ...] = (),
        schema: pa.Schema = SCHEMA,
        target_bytes: int = 128 << 20,
    ) -> list[Any]:
        with Staging(self.folder / "scratch" / run_id, schema, keys=keys) as staging:
            for sequence, rows in enumerate(batches):
                staging.add(0, sequence, batch(rows, schema))
            staging.resolve()
            return write_data_files(table, staging, run_id=run_id, target_bytes=target_bytes, workers=2)

    def stored(self, name: str = "members") -> set[str]:
        """Names of the table's files, below its folder."""
        folder = self.folder / "store" / name
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
