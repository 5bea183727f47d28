"""From an Iceberg table's current snapshot to a DuckDB view of a few of its columns.

Columns are found in every data file by Iceberg's field id, or by name in a file without ids, so that files written
before a column was added or renamed are read as Iceberg means them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField, TimestamptzType

from antechamber.collaborate.values import quoted, text_literal, type_of
from antechamber.errors import QueryFailed


@dataclass(frozen=True)
class View:
    """A view and the files that it reads.

    sql: the CREATE VIEW statement.
    files: absolute paths.
    """

    sql: str
    files: tuple[str, ...]


Bring = Callable[[str, FileIO, Callable[[pa.Schema], Sequence[str | None]]], Path]
"""Brings a data file of a remote store here: its location, what reads it, and which of its columns are wanted."""


def view(
    name: str, table: Table, columns: Sequence[str], *, snapshot: int | None = None, bring: Bring | None = None
) -> View:
    """A view over a snapshot, the current one by default, with these columns of the table and no other.

    bring: for tables in a remote store; without it they are refused.
    Raises QueryFailed when the table lies in a remote store, has row-level deletes, or holds what this reader does
    not know.
    """
    schema = table.schema()
    fields = [schema.find_field(column) for column in columns]
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for location in _data_files(name, table, snapshot):
        if bring is not None and is_remote(location):
            path = bring(location, table.io, lambda found: _columns_of_file(name, table, fields, found))
        else:
            path = _local(name, location)
        groups.setdefault(_columns_of_file(name, table, fields, _schema_of(name, path)), []).append(str(path))
    branches = [_select(fields, sources, paths) for sources, paths in groups.items()]
    # No snapshot yet, or an empty one: the right columns and no row.
    body = "\nUNION ALL ".join(branches) or _select(fields, (None,) * len(fields), ()) + " WHERE FALSE"
    files = tuple(path for paths in groups.values() for path in paths)
    return View(f"CREATE VIEW {quoted(name)} AS {body}", files)


def is_remote(location: str) -> bool:
    """Whether a location is not on this machine."""
    return "://" in location and not location.startswith("file://")


def _data_files(name: str, table: Table, snapshot: int | None) -> Iterable[str]:
    for task in table.scan(snapshot_id=snapshot).plan_files():
        if task.delete_files:
            raise QueryFailed(
                "the table has row-level deletes, which are not read here",
                where=name,
                remedy="compact the table so that no delete files remain",
            )
        if str(task.file.file_format).upper().rpartition(".")[2] != "PARQUET":
            raise QueryFailed("the table has data files that are not Parquet", where=name, remedy="rewrite them")
        yield task.file.file_path


def _local(name: str, location: str) -> Path:
    """The file of a location. PyIceberg takes what follows `file://` as it stands, other writers escape it."""
    if is_remote(location):
        raise QueryFailed(
            f"the table lies in a remote store ({location.partition(':')[0]}:), and queries are run on local files",
            where=name,
            remedy="query it where it lies, or keep the workspace's store on this machine",
        )
    text = location.removeprefix("file://").removeprefix("file:")
    as_it_stands, unescaped = Path(text).absolute(), Path(unquote(text)).absolute()
    return unescaped if unescaped.is_file() and not as_it_stands.is_file() else as_it_stands


def _schema_of(name: str, path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise QueryFailed("a data file of the table cannot be read", where=name, remedy="check the store") from None


def _columns_of_file(
    name: str, table: Table, fields: Sequence[NestedField], schema: pa.Schema
) -> tuple[str | None, ...]:
    """For each field, the name of its column in a file, or None when the file has none."""
    by_id = {_field_id(field): field.name for field in schema}
    ids = set(by_id) - {None}
    found = tuple(by_id.get(field.field_id) if ids else _by_name(table, field, schema.names) for field in fields)
    for field, column in zip(fields, found, strict=True):
        if column is None and (field.initial_default is not None or _partitions_by(table, field, table.schema())):
            raise QueryFailed(
                f"column '{field.name}' has its values outside a data file, which is not read here",
                where=name,
                remedy="rewrite the table's older files",
            )
    return found


def _field_id(field: pa.Field[pa.DataType]) -> int | None:
    metadata: Mapping[bytes, bytes] = field.metadata or {}
    text = metadata.get(b"PARQUET:field_id")
    return int(text) if text is not None else None


def _by_name(table: Table, field: NestedField, names: Sequence[str]) -> str | None:
    mapping = table.name_mapping()
    known = [field.name]
    if mapping is not None:
        known = [name for mapped in mapping.root if mapped.field_id == field.field_id for name in mapped.names]
    return next((name for name in known if name in names), None)


def _partitions_by(table: Table, field: NestedField, schema: Schema) -> bool:
    return any(part.source_id == field.field_id for spec in table.specs().values() for part in spec.fields)


def _select(fields: Sequence[NestedField], sources: Sequence[str | None], paths: Sequence[str]) -> str:
    columns = ", ".join(
        f"{_typed(field, source)} AS {quoted(field.name)}" for field, source in zip(fields, sources, strict=True)
    )
    if not paths:
        return f"SELECT {columns}"
    files = ", ".join(text_literal(path) for path in paths)
    return f"SELECT {columns} FROM read_parquet([{files}], hive_partitioning = false)"  # noqa: S608 - names and paths are quoted


def _typed(field: NestedField, source: str | None) -> str:
    sql = type_of(field.field_type).sql
    value = quoted(source) if source is not None else "NULL"
    if source is not None and isinstance(field.field_type, TimestamptzType):
        value = f"timezone('UTC', CAST({value} AS TIMESTAMPTZ))"
    return f"CAST({value} AS {sql})"
