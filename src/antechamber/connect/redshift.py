"""Amazon Redshift, by the PostgreSQL protocol: a table or a query, in full or what changed since the last run.

Without COPY, which Redshift does not have, the driver holds a whole result; so records are fetched from a cursor,
part by part: "DECLARE" and "FETCH" of the Amazon Redshift documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.postgresql.address import parse
from antechamber.connect.relational import Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FETCHED = 1000
"""Rows of one FETCH: a cluster of one node gives no more."""


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
        self._connection, self._open = connection, False
        self.statement("SET TimeZone TO 'UTC'")
        if timeout is not None:
            self.statement(f"SET statement_timeout TO {max(1, round(timeout * 1000))}")
        self.statement("BEGIN READ ONLY")

    def renew(self) -> None:
        """Begin another transaction, which sees what is there then."""
        self.statement("ROLLBACK")
        self._open = False
        self.statement("BEGIN READ ONLY")

    def statement(self, statement: str) -> None:
        with self.told(self.where), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        if self._open:
            self.statement("CLOSE antechamber")
        self._open = True
        self.statement(f"DECLARE antechamber CURSOR FOR {query}")
        first = self._fetched(rows)
        return first.schema, self._parts(first, rows)

    def _parts(self, found: pa.Table, rows: int) -> Iterator[pa.RecordBatch]:
        while found.num_rows:
            yield from found.to_batches()
            found = self._fetched(rows)
        self.statement("CLOSE antechamber")
        self._open = False

    def _fetched(self, rows: int) -> pa.Table:
        with self._connection.cursor() as cursor:
            # COPY in binary form, which the driver prefers, is PostgreSQL's alone.
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(f"FETCH FORWARD {min(rows, FETCHED)} FROM antechamber")
            found: pa.Table = cursor.fetch_arrow_table()
            return found

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
        session.renew()
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
