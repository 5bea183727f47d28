"""Databricks SQL: a table or a query, in full or what changed since the last run.

Client: "Databricks SQL Connector for Python" and its docstrings (4.9). Versions: "Work with table history" of the
documentation of Delta tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FORM = "databricks://token:…@host/sql/1.0/warehouses/id?catalog=c&schema=s"
NO_PAST = "each of a run's statements sees the state of its own moment, as not all that it reads are Delta tables"


class DatabricksSource(DatabaseSource):
    """A table or query of a Databricks SQL warehouse."""

    dialect: ClassVar[str] = "databricks"

    type: Literal["databricks"]
    """This source."""
    url: SecretRef
    """A reference to `databricks://token:…@host/sql/1.0/warehouses/id?catalog=c&schema=s`."""


class DatabricksDialect(Dialect):
    """Databricks SQL."""

    product = "Databricks"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "clock":
            return f"TIMESTAMP_NTZ {self.text(value)}"
        return super().constant(value, column)


class DatabricksSession(RemoteSession):
    """A session of a SQL warehouse."""

    def __init__(self, connection: Any, where: str, timeout: float | None) -> None:
        super().__init__(where)
        self._connection = connection
        self.statement("SET TIME ZONE 'UTC'")
        if timeout is not None:
            self.statement(f"SET STATEMENT_TIMEOUT = {max(1, round(timeout))}")

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        if cursor.description is None:
            return pa.schema([]), iter(())
        first = cursor.fetchmany_arrow(rows)
        return first.schema, _batches(first, cursor, rows)

    def end(self) -> None:
        self._connection.close()


class Databricks(RemoteDatabase):
    """A declared SQL warehouse."""

    chance = "RAND()"

    def __init__(self, declared: DatabricksSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = DatabricksDialect()
        self._reference, self._secrets = declared.url, secrets

    def connect(self) -> DatabricksSession:
        return DatabricksSession(self.client(), self.where, self.declared.statement_timeout)

    def client(self) -> Any:
        """A connection of the vendor's client."""
        try:
            from databricks import sql
        except ImportError:
            raise MissingExtra("databricks", needed_for="a databricks source") from None
        from antechamber.connect.relational.faults import unreached

        url = take_apart(
            self._secrets.text(self._reference),
            scheme="databricks",
            reference=self._reference,
            form=FORM,
            known=("catalog", "schema"),
        )
        try:
            return sql.connect(
                server_hostname=url.host,
                http_path="/" + "/".join(url.path),
                access_token=url.password,
                catalog=url.parameters.get("catalog"),
                schema=url.parameters.get("schema"),
                user_agent_entry="antechamber",
                # Structs, lists and maps come as JSON, written by the warehouse.
                _use_arrow_native_complex_types=False,
                enable_telemetry=False,
            )
        except Exception as error:
            raise unreached(error, url.reference, url.host) from None

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        try:
            then = self.then(session, relation, lambda table: f"VERSION AS OF {_version(session, table)}")
        except (SourceError, IndexError, TypeError, ValueError):
            then = None
        if then is None:
            return Snapshot(relation, now_text(), notes=(NO_PAST,))
        return Snapshot(then, now_text(), another=self.connect)


def _version(session: Session, table: str) -> int:
    """A Delta table's newest version."""
    return int(session.rows(f"DESCRIBE HISTORY {table} LIMIT 1")[0][0])  # the newest is the first


def _batches(first: pa.Table, cursor: Any, rows: int) -> Iterator[pa.RecordBatch]:
    found = first
    while found.num_rows:
        yield from found.to_batches()
        found = cursor.fetchmany_arrow(rows)


SOURCE = SourceType(
    DatabricksSource,
    lambda declared, opening: RelationalTable(declared, Databricks(declared, opening.secrets), opening.columns),
    summary="a Databricks SQL table or query, in full or what changed",
    needs="a token of a principal that may SELECT and use the warehouse",
    extra="databricks",
    modules=("databricks.sql",),
    run_against="",
)
