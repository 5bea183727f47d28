"""Tables of a Glue catalog beside the workspace's own: Iceberg, and plain Parquet files in a folder a partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from pyiceberg.exceptions import NoSuchTableError

from antechamber.collaborate.hive import ParquetTable, ReadTable
from antechamber.declare.workspace import GlueTables
from antechamber.errors import MissingExtra, QueryFailed
from antechamber.object_io import ObjectIO


def glue_table(place: GlueTables, database: str, name: str) -> ReadTable | None:
    """A table, or None when there is none of this name.

    Raises QueryFailed when the catalog cannot be asked, or the table is neither Iceberg nor plain Parquet.
    """
    settings = {"region_name": place.region, "endpoint_url": place.endpoint}
    with _asking(database):
        client = Session().create_client("glue", **{key: value for key, value in settings.items() if value})
        told = _told(client, database, name)
    if told is None:
        return None
    if told.get("TableType") == "VIRTUAL_VIEW":
        raise QueryFailed("it is a view, which AWS runs", where=name, remedy="share the table that it is made of")
    if told.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
        return _iceberg(place, database, name)
    return ParquetTable(lambda: _described(client, database, name))


@contextmanager
def _asking(database: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        said = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise QueryFailed(
            f"the Glue catalog cannot be asked ({said})", where=database, remedy="check glue: of the tenant"
        ) from None


def _iceberg(place: GlueTables, database: str, name: str) -> ReadTable | None:
    try:
        from pyiceberg.catalog.glue import GlueCatalog
    except ImportError:
        raise MissingExtra("aws", needed_for="the Glue catalog") from None
    given = {"glue.region": place.region, "glue.endpoint": place.endpoint}
    told = {key: value for key, value in given.items() if value is not None}
    catalog = GlueCatalog("elsewhere", **told, **{"py-io-impl": f"{ObjectIO.__module__}.{ObjectIO.__name__}"})
    try:
        with _asking(database):
            return catalog.load_table((database, name))
    except (NoSuchTableError, OSError):
        return None


def _described(client: Any, database: str, name: str) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Glue's `Table` and its `Partitions`. Raises QueryFailed when the table is gone."""
    with _asking(database):
        told = _told(client, database, name)
        if told is None:
            raise QueryFailed("the table is not in the catalog any more", where=name, remedy="ask its owner")
        if not told.get("PartitionKeys"):
            return told, ()
        pages = client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
        return told, [each for page in pages for each in page["Partitions"]]


def _told(client: Any, database: str, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = client.get_table(DatabaseName=database, Name=name)["Table"]
    except client.exceptions.EntityNotFoundException:
        return None
    return found
