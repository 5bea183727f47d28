"""The published table: made when absent, opened when its columns are the recipe's, grown when that is wanted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io.pyarrow import UnsupportedPyArrowTypeException
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import DecimalType, DoubleType, FloatType, IcebergType, IntegerType, LongType

from antechamber.errors import PublishError

PROPERTIES = {
    "format-version": "2",
    "write.format.default": "parquet",
    "write.parquet.compression-codec": "snappy",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
}


def open_table(
    catalog: Catalog, namespace: str, name: str, schema: pa.Schema, location: str, *, evolve: bool
) -> Table:
    """The table with the columns of `schema`, fresh from the catalog.

    location: URL of the folder of a table that is made now (`data/` and `metadata/` are below it).
    evolve: whether new columns, and types that Iceberg can widen without rewriting (int → long, float → double, more
        digits of a decimal), may change an existing table.

    Raises PublishError: a column vanished or changed its type, or is new and `evolve` is off; a type that a table
    cannot hold; a table that another program partitioned or made in another format version; the catalog or store
    cannot be read.
    """
    where = f"{namespace}.{name}"
    wanted = _wanted(schema, where)
    try:
        table = _load_or_create(catalog, (namespace, name), schema, location)
    except OSError as error:
        raise PublishError(
            f"the table's metadata cannot be read or written ({error.strerror or error})",
            where=where,
            remedy="see that the store is reachable; if its files were deleted, drop the table from the catalog",
        ) from error
    if table.format_version != 2:
        raise PublishError(
            f"the table is of Iceberg's format version {table.format_version}; Antechamber writes version 2",
            where=where,
            remedy="publish to another table name",
        )
    if not table.spec().is_unpartitioned():
        raise PublishError(
            "the table is partitioned; Antechamber writes unpartitioned tables only",
            where=where,
            remedy="publish to another table name",
        )
    new, widened = _differences(table.schema(), wanted, where)
    if not new and not widened:
        return table
    if not evolve:
        what = "new columns: " + ", ".join(new) if new else "wider types: " + ", ".join(widened)
        raise _mismatch(
            f"the recipe has {what}",
            table.schema(),
            wanted,
            where,
            "say `evolve: true` under `table:` to let the table grow, or publish to another table name",
        )
    try:
        with table.update_schema() as update:
            for column in new:
                update.add_column(column, wanted[column])
            for column in widened:
                update.update_column(column, wanted[column])
    except CommitFailedException as error:
        raise PublishError(
            "another writer changed the table at the same moment", where=where, remedy="run again"
        ) from error
    return table


def table_location(url: str) -> str:
    """The location as Iceberg's readers take it.

    They do not decode `%20` in a `file:` URL, so a folder with such characters is given as a plain path.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        return url.rstrip("/")
    path = unquote(parts.path).rstrip("/")
    return f"file://{path}" if quote(path) == path else str(Path(path))


def _wanted(schema: pa.Schema, where: str) -> dict[str, IcebergType]:
    fields: dict[str, IcebergType] = {}
    for column in schema:
        try:
            single = Catalog._convert_schema_if_needed(pa.schema([column.with_nullable(True)]), format_version=2)
        except (UnsupportedPyArrowTypeException, TypeError, ValueError) as error:
            raise PublishError(
                f"the type {column.type} of the column '{column.name}' cannot be kept in an Iceberg table",
                where=where,
            ) from error
        fields[column.name] = single.fields[0].field_type
    return fields


def _load_or_create(catalog: Catalog, identifier: tuple[str, str], schema: pa.Schema, location: str) -> Table:
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        pass
    if not _has_namespace(catalog, identifier[0]):
        with suppress(NamespaceAlreadyExistsError):
            catalog.create_namespace(identifier[0])
    optional = pa.schema([field.with_nullable(True) for field in schema])
    try:
        return catalog.create_table(identifier, optional, location=table_location(location), properties=PROPERTIES)
    except TableAlreadyExistsError:
        return catalog.load_table(identifier)


def _has_namespace(catalog: Catalog, name: str) -> bool:
    """Whether the namespace is there: whoever may only use it may not try to make it."""
    try:
        catalog.load_namespace_properties(name)
    except NoSuchNamespaceError:
        return False
    return True


def _differences(schema: Schema, wanted: dict[str, IcebergType], where: str) -> tuple[list[str], list[str]]:
    """Columns to add and to widen. Raises PublishError for changes that no table could take."""
    have = {field.name: field.field_type for field in schema.fields}
    if vanished := [name for name in have if name not in wanted]:
        raise _mismatch(
            f"the recipe lacks columns that the table has: {', '.join(vanished)}",
            schema,
            wanted,
            where,
            "name them in the connector again, or publish to another table name",
        )
    changed = [name for name, kind in wanted.items() if name in have and have[name] != kind]
    for name in changed:
        if not _widens(have[name], wanted[name]):
            raise _mismatch(
                f"the column '{name}' is {have[name]} in the table and {wanted[name]} in the recipe",
                schema,
                wanted,
                where,
                "give the column its old type, or a new name",
            )
    return [name for name in wanted if name not in have], changed


def _widens(old: IcebergType, new: IcebergType) -> bool:
    """Whether Iceberg v2 reads the old type's files as the new type (specification, "Schema Evolution")."""
    if isinstance(old, DecimalType) and isinstance(new, DecimalType):
        return old.scale == new.scale and old.precision < new.precision
    return (type(old), type(new)) in ((IntegerType, LongType), (FloatType, DoubleType))


def _mismatch(what: str, schema: Schema, wanted: dict[str, IcebergType], where: str, remedy: str) -> PublishError:
    table = ", ".join(f"{field.name}: {field.field_type}" for field in schema.fields)
    recipe = ", ".join(f"{name}: {kind}" for name, kind in wanted.items())
    return PublishError(f"{what}\n  table:  {table}\n  recipe: {recipe}", where=where, remedy=remedy)
