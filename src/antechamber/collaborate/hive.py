"""Tables of plain Parquet files as AWS Glue's catalog tells of them: a folder, or a folder a partition.

Source: AWS Glue API reference, *Table*, *StorageDescriptor*, *Partition*; Apache Hive, *LanguageManual DDL*
(partitions, `__HIVE_DEFAULT_PARTITION__`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
from obstore.exceptions import BaseError
from pyiceberg import types as iceberg
from pyiceberg.io import FileIO
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from antechamber.collaborate.files import Bring, View
from antechamber.collaborate.values import Type, quoted, text_literal, type_of
from antechamber.errors import QueryFailed, SourceError
from antechamber.object_io import ObjectIO
from antechamber.store import Location

NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""The value of a partition's column that is NULL."""

_TYPES: Mapping[str, iceberg.IcebergType] = {
    "boolean": iceberg.BooleanType(),
    "tinyint": iceberg.IntegerType(),
    "smallint": iceberg.IntegerType(),
    "int": iceberg.IntegerType(),
    "integer": iceberg.IntegerType(),
    "bigint": iceberg.LongType(),
    "float": iceberg.FloatType(),
    "double": iceberg.DoubleType(),
    "date": iceberg.DateType(),
    "timestamp": iceberg.TimestampType(),
    "string": iceberg.StringType(),
    "binary": iceberg.BinaryType(),
}


@dataclass(frozen=True)
class Part:
    """A folder with Parquet files. values: of the columns that the table is partitioned by, as text."""

    location: str
    values: tuple[str, ...]


@dataclass
class ParquetTable:
    """A table of plain Parquet files.

    describe: gives Glue's `Table` and the `Partitions` as they are now.
    """

    describe: Callable[[], tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
    io: FileIO = field(default_factory=ObjectIO)
    _schema: Schema = field(init=False)
    _parts: tuple[Part, ...] = field(init=False)
    partitions: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """See what the catalog says now. Raises QueryFailed for a layout that is not plain Parquet."""
        table, parts = self.describe()
        storage = table["StorageDescriptor"]
        if "parquet" not in storage.get("InputFormat", "").lower():
            raise QueryFailed("its files are not Parquet", where=table["Name"], remedy="rewrite them as Parquet")
        keys = list(table.get("PartitionKeys") or ())
        columns = [*storage["Columns"], *keys]
        self._schema = Schema(
            *(
                iceberg.NestedField(number, each["Name"].lower(), _type(each["Type"]), required=False)
                for number, each in enumerate(columns, 1)
            )
        )
        self.partitions = tuple(each["Name"].lower() for each in keys)
        self._parts = (
            tuple(Part(each["StorageDescriptor"]["Location"], tuple(each["Values"])) for each in parts)
            if keys
            else (Part(storage["Location"], ()),)
        )

    def schema(self) -> Schema:
        """Its columns, those that it is partitioned by last."""
        return self._schema

    def view(self, name: str, columns: Sequence[str], bring: Bring) -> View:
        """A view with these columns. Raises QueryFailed when files cannot be read."""
        types = {column: type_of(self._schema.find_field(column).field_type) for column in columns}
        branches, paths = [], []
        for part in self._parts:
            values = dict(zip(self.partitions, part.values, strict=True))
            for location in _files(name, part.location):
                path = bring(location, self.io, lambda found: _named(found, columns))
                paths.append(str(path))
                branches.append(_select(types, values, path))
        empty = "SELECT " + ", ".join(f"CAST(NULL AS {type_.sql}) AS {quoted(each)}" for each, type_ in types.items())
        body = "\nUNION ALL ".join(branches) or f"{empty} WHERE FALSE"
        return View(f"CREATE VIEW {quoted(name)} AS {body}", tuple(paths))


ReadTable = Table | ParquetTable
"""What a shared table can be."""


def _type(text: str) -> iceberg.IcebergType:
    """A column's type; a nested one is a text that nothing reads, kept so that the table can be shared without it."""
    text = text.strip().lower()
    if found := re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", text):
        return iceberg.DecimalType(int(found[1]), int(found[2]))
    if re.fullmatch(r"(var)?char\(\d+\)", text):
        return iceberg.StringType()
    return _TYPES.get(text, iceberg.UUIDType())


def _files(name: str, location: str) -> Iterator[str]:
    """The data files below a folder: not what is hidden, nor what is empty."""
    try:
        folder = Location.of(location.rstrip("/"), relative_to=Path("/"))
        for page in obstore.list(folder.open()):
            for each in page:
                parts = each["path"].split("/")
                if each["size"] and not any(part.startswith(("_", ".")) for part in parts):
                    yield f"{folder.url}/{each['path']}"
    except (BaseError, SourceError, OSError):
        raise QueryFailed("the files of the table cannot be listed", where=name, remedy="check the store") from None


def _named(schema: pa.Schema, columns: Sequence[str]) -> list[str | None]:
    """For each column, its name in a file, in which upper and lower case are one; None when the file has none."""
    names = {each.lower(): each for each in schema.names}
    return [names.get(column) for column in columns]


def _select(types: Mapping[str, Type], values: Mapping[str, str], path: Path) -> str:
    import pyarrow.parquet as pq

    found = dict(zip(types, _named(pq.read_schema(path), list(types)), strict=True))
    outputs = []
    for column, type_ in types.items():
        source = found[column]
        if column in values:
            text = "NULL" if values[column] == NOTHING else text_literal(values[column])
            outputs.append(f"TRY_CAST({text} AS {type_.sql}) AS {quoted(column)}")
        else:
            value = "NULL" if source is None else quoted(source)
            outputs.append(f"CAST({value} AS {type_.sql}) AS {quoted(column)}")
    files = text_literal(str(path))
    return f"SELECT {', '.join(outputs)} FROM read_parquet([{files}], hive_partitioning = false)"  # noqa: S608
