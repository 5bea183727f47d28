"""Amazon Redshift, by the PostgreSQL protocol: a table or a query, in full or what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.postgresql.address import parse
from antechamber.connect.relational import Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text, streamed
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets


class RedshiftSource(DatabaseSource):
    """A table or query of Amazon Redshift."""

    dialect: ClassVar[str] = "redshift"

    type: Literal["redshift"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `redshift://user:password@host:5439/database?sslmode=verify-full`."""


class RedshiftDialect(Dialect):
    """Redshift's SQL."""

    product = "Redshift"


class RedshiftSession(RemoteSession):
    """One transaction: Redshift isolates it as a whole, so all its statements see one state."""

    def __init__(self, connection: Any, where: str, timeout: float | None) -> None:
        super().__init__(where)
        self._connection = connection
        self.statement("SET TimeZone TO 'UTC'")
        if timeout is not None:
            self.statement(f"SET statement_timeout TO {max(1, round(timeout * 1000))}")
        self.statement("BEGIN READ ONLY")

    def statement(self, statement: str) -> None:
        with self.told(self.where), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._connection.cursor()
        # COPY in binary form, which the driver prefers, is PostgreSQL's alone.
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        return reader.schema, streamed(cursor, reader)

    def end(self) -> None:
        self._connection.adbc_cancel()
        self._connection.close()


class Redshift(RemoteDatabase):
    """A declared Redshift cluster or workgroup."""

    def __init__(self, declared: RedshiftSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = RedshiftDialect()
        self._reference, self._secrets = declared.url, secrets

    def connect(self) -> RedshiftSession:
        try:
            import adbc_driver_postgresql.dbapi as adbc
        except ImportError:
            raise MissingExtra("redshift", needed_for="a redshift source") from None
        url = self._secrets.text(self._reference)
        if url.startswith("redshift://"):
            url = "postgresql" + url.removeprefix("redshift")
        address = parse(url, self._reference)
        try:
            connection = adbc.connect(address.uri, autocommit=True)
        except adbc.Error as error:
            from antechamber.connect.postgresql.faults import connecting

            raise connecting(error, reference=self._reference, host=address.host, database=address.database) from None
        return RedshiftSession(connection, self.where, self.declared.statement_timeout)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        if not isinstance(session, RedshiftSession):
            raise SourceError("the session is of another source", where=self.where)
        session.statement("ROLLBACK")
        session.statement("BEGIN READ ONLY")
        session.rows("SELECT 1")
        return Snapshot(relation, now_text())

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return None  # another connection would see another state


SOURCE = SourceType(
    RedshiftSource,
    lambda declared, opening: RelationalTable(declared, Redshift(declared, opening.secrets), opening.columns),
    summary="an Amazon Redshift table or query, in full or what changed",
    needs="a user that may SELECT",
    extra="redshift",
    modules=("adbc_driver_postgresql",),
    run_against="",
)
