"""References to tables, looked up: what is in the workspace's catalog under the caller's own database, or in the
databases of a Glue catalog that the caller's tenant declares; and what connectors have read of other services.

The rows of intermediate tables are kept beside the state, in a catalog of their own.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg import types as iceberg
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from sqlalchemy import URL

from antechamber.catalog import namespace
from antechamber.collaborate.api import faults
from antechamber.collaborate.api.accounts import Accounts
from antechamber.collaborate.api.call import Relation
from antechamber.collaborate.api.elsewhere import glue_table
from antechamber.collaborate.api.state import Row
from antechamber.collaborate.hive import ParquetTable, ReadTable
from antechamber.collaborate.matching import Namespace
from antechamber.declare import Connector, Workspace
from antechamber.errors import QueryFailed

# How AWS Glue's catalog, and so the API, spells the types of Iceberg's columns.
_TYPES: Mapping[type[iceberg.IcebergType], str] = {
    iceberg.BooleanType: "boolean",
    iceberg.IntegerType: "int",
    iceberg.LongType: "bigint",
    iceberg.FloatType: "float",
    iceberg.DoubleType: "double",
    iceberg.DateType: "date",
    iceberg.TimestampType: "timestamp",
    iceberg.TimestamptzType: "timestamp",
    iceberg.StringType: "string",
    iceberg.BinaryType: "binary",
    iceberg.FixedType: "binary",
    iceberg.UUIDType: "string",
}


@dataclass(frozen=True)
class WorkspaceTables:
    """The tables of the workspace, each for its tenant's account only.

    folder: where the rows of intermediate tables and of ID mapping tables are kept.
    connectors: those of the workspace, which declare ID namespaces.
    """

    workspace: Workspace
    catalog: Catalog
    accounts: Accounts
    folder: Path
    connectors: tuple[Connector, ...] = ()

    def relation(self, account: str, reference: Mapping[str, Any]) -> Relation | None:
        """The columns of the table that a reference names; None when another service keeps it.

        A Snowflake reference brings its columns with it.
        """
        if "snowflake" in reference:
            columns = reference["snowflake"]["tableSchema"]["v1"]
            return Relation({each["columnName"]: each["columnType"] for each in columns})
        ((kind, _),) = reference.items()
        try:
            table = self.table(account, reference)
        except QueryFailed as error:
            text = f"{error.what}; {error.remedy}"
            raise faults.invalid(text, (f"tableReference.{kind}", text), reason="INVALID_CONFIGURATION") from None
        if table is None and kind == "glue":
            raise faults.invalid(
                "there is no such table in the account's databases",
                (
                    "tableReference.glue",
                    "must name a published table of the account, or one of a database under glue: of its tenant",
                ),
                reason="INVALID_CONFIGURATION",
            )
        return None if table is None else Relation(columns_of(table), partitions_of(table))

    def table(self, account: str, reference: Mapping[str, Any]) -> ReadTable | None:
        """The table itself, or None when it is not there, is another account's, or lies elsewhere.

        Raises QueryFailed when the table is there and of a kind that is not read here.
        """
        if not reference:
            return None
        ((kind, named),) = reference.items()
        tenant = self.accounts.tenants.get(account)
        if tenant is None:
            return None
        if kind in ("snowflake", "databricks"):
            return self._published(account, tenant, kind, named)
        if kind not in ("glue", "athena"):
            return None
        space = namespace(tenant, self.workspace.tenants[tenant])
        elsewhere = self.workspace.tenants[tenant].glue
        if named["databaseName"] != space:
            if elsewhere is None or named["databaseName"] not in elsewhere.databases:
                return None
            return glue_table(elsewhere, named["databaseName"], named["tableName"])
        try:
            return self.catalog.load_table((space, named["tableName"]))
        except (NoSuchTableError, OSError):
            return None

    def _published(self, account: str, tenant: str, kind: str, named: Mapping[str, Any]) -> ReadTable | None:
        """What the tenant's connector published of a table of another service; None unless one connector reads it."""
        path = [str(named.get(part, "")).lower() for part in ("databaseName", "schemaName", "tableName")]
        names = {".".join(path[place:]) for place in range(3)}
        found = [
            connector
            for connector in self.connectors
            if connector.tenant == tenant
            and getattr(connector.source, "type", "") == kind
            and str(getattr(connector.source, "table", None) or "").replace('"', "").lower() in names
        ]
        return self.table(account, glue(self._space(account) or "", found[0].table.name)) if len(found) == 1 else None

    def kept(self, row: Row) -> Table | None:
        """The held version of an ID mapping table or an intermediate table, or what an ID mapping workflow gave."""
        if row.kind == "id_mapping_table" and row.get("held") is None:
            workflow = row["inputReferenceConfig"]["inputReferenceArn"].rpartition("/")[2]
            space = self._space(row.account)
            found = None if space is None else self.table(row.account, glue(space, workflow))
            return found if isinstance(found, Table) else None
        held = row.get("held")
        if held is None:
            return None
        try:
            return self._keeper().load_table(_name(held))
        except (NoSuchTableError, OSError):
            return None

    def namespace(self, account: str, name: str) -> Namespace | None:
        """The ID namespace that a tenant of this account declares in a connector file, or None."""
        tenant = self.accounts.tenants.get(account)
        for connector in self.connectors:
            space = connector.id_namespace
            if connector.tenant == tenant and space is not None and (space.name or connector.connector) == name:
                own = glue(self._space(account) or "", connector.table.name)
                return Namespace(connector, space, self.table(account, own))
        return None

    def keep(self, version: str, rows: pa.Table) -> None:
        """Keep the rows of a version."""
        catalog = self._keeper()
        catalog.create_namespace_if_not_exists(_SPACE)
        table = catalog.create_table(_name(version), schema=rows.schema)
        table.append(rows)

    def drop(self, version: str) -> None:
        """Forget the rows of a version."""
        with contextlib.suppress(NoSuchTableError):
            self._keeper().drop_table(_name(version))
        shutil.rmtree(self._place / _SPACE / _name(version)[1], ignore_errors=True)

    def sweep(self, held: Collection[str | None]) -> None:
        """Forget the rows of all versions but these: a server that died may have left some."""
        names = {_name(each)[1] for each in held if each is not None}
        for folder in (self._place / _SPACE).glob("v_*"):
            if folder.name not in names:
                self.drop(folder.name.removeprefix("v_").replace("_", "-"))

    @property
    def _place(self) -> Path:
        return self.folder / "intermediate"

    def _keeper(self) -> Catalog:
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        uri = URL.create("sqlite", database=str(self._place / "catalog.db")).render_as_string()
        return SqlCatalog("intermediate", uri=uri, warehouse=str(self._place))

    def _space(self, account: str) -> str | None:
        tenant = self.accounts.tenants.get(account)
        return None if tenant is None else namespace(tenant, self.workspace.tenants[tenant])


_SPACE = "versions"


def _name(version: str) -> tuple[str, str]:
    return _SPACE, f"v_{version.replace('-', '_')}"


def glue(database: str, table: str) -> dict[str, Any]:
    """A reference to a table of the workspace."""
    return {"glue": {"databaseName": database, "tableName": table}}


def partitions_of(table: ReadTable) -> tuple[str, ...]:
    """The columns by which a table is partitioned."""
    if isinstance(table, ParquetTable):
        return table.partitions
    return tuple(field.name for field in table.spec().fields)


def columns_of(table: ReadTable) -> dict[str, str]:
    """Column → type, as the API spells it."""
    return {field.name: type_name(field.field_type) for field in table.schema().fields}


def type_name(column: iceberg.IcebergType) -> str:
    """A type as the API spells it; a nested one is named by its kind."""
    if isinstance(column, iceberg.DecimalType):
        return f"decimal({column.precision},{column.scale})"
    return _TYPES.get(type(column), type(column).__name__.removesuffix("Type").lower())
