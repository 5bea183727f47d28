"""Oracle Database: a table or a query, in full or what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.hosts import is_local
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FORM = "oracle://user:password@host:2484/service"


class OracleSource(DatabaseSource):
    """A table or query of Oracle Database."""

    dialect: ClassVar[str] = "oracle"

    type: Literal["oracle"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `oracle://user:password@host:2484/service`, by TLS off this machine."""


class OracleDialect(Dialect):
    """Oracle's SQL. Its DATE has a time of day."""

    product = "Oracle"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "instant":
            return f"TIMESTAMP {self.text(value + ' +00:00')}"
        return super().constant(value, column)

    def first(self, select: str, where: str, count: int) -> str:
        return f"{select} WHERE {where} FETCH FIRST {count} ROWS ONLY"


class OracleSession(RemoteSession):
    """A connection in thin mode, in one read-only transaction."""

    def __init__(self, connection: Any, where: str) -> None:
        super().__init__(where)
        self._connection = connection

    def execute(self, statement: str) -> None:
        """Run a statement that returns nothing."""
        with self.told(self.where), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        frames = self._connection.fetch_df_batches(statement=query, size=rows, fetch_decimals=True)
        batches = (batch for frame in frames for batch in pa.table(frame).to_batches())
        first = next(batches, None)
        if first is not None:
            return first.schema, _chained(first, batches)
        return pa.table(self._connection.fetch_df_all(statement=query, fetch_decimals=True)).schema, iter(())

    def end(self) -> None:
        self._connection.close()


class Oracle(RemoteDatabase):
    """A declared Oracle database."""

    def __init__(self, declared: OracleSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = OracleDialect()
        self._reference, self._secrets = declared.url, secrets

    def connect(self) -> OracleSession:
        session = OracleSession(self.client(), self.where)
        session.execute("ALTER SESSION SET TIME_ZONE = 'UTC'")
        return session

    def client(self) -> Any:
        """A connection of the vendor's client."""
        try:
            import oracledb
        except ImportError:
            raise MissingExtra("oracle", needed_for="an oracle source") from None
        from antechamber.connect.relational.faults import unreached

        url = take_apart(
            self._secrets.text(self._reference),
            scheme="oracle",
            reference=self._reference,
            form=FORM,
            known=("wallet", "plain"),
        )
        local = is_local(url.host)
        if "plain" in url.parameters and not local:
            raise SourceError(
                "`plain` would let records cross the network unencrypted",
                where=self._reference,
                remedy="leave it out: the listener has to speak TLS (tcps)",
            )
        try:
            connection = oracledb.connect(
                user=url.user,
                password=url.password,
                host=url.host,
                port=url.port or (1521 if local else 2484),
                service_name=url.path[0] if url.path else "",
                protocol="tcp" if local else "tcps",
                ssl_server_dn_match=True,
                wallet_location=url.parameters.get("wallet"),
            )
        except oracledb.Error as error:
            raise unreached(error, url.reference, url.host) from None
        if self.declared.statement_timeout is not None:
            connection.call_timeout = max(1, round(self.declared.statement_timeout * 1000))
        return connection

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        if not isinstance(session, OracleSession):
            raise SourceError("the session is of another source", where=self.where)
        session.execute("ROLLBACK")
        if relation.kind == "table":
            try:
                (scn,) = session.rows("SELECT TO_CHAR(DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER) AS scn FROM dual")[0]
                then = self.as_of(relation, f"AS OF SCN {int(scn)}")
                session.rows(f"SELECT 1 AS one FROM {then.source} t WHERE 1 = 0")  # noqa: S608
                return Snapshot(then, str(scn), another=self.connect)
            except SourceError:
                pass  # without the privileges FLASHBACK and EXECUTE one connection still has one state
        session.execute("SET TRANSACTION READ ONLY")
        return Snapshot(relation, now_text())


def _chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


SOURCE = SourceType(
    OracleSource,
    lambda declared, opening: RelationalTable(declared, Oracle(declared, opening.secrets), opening.columns),
    summary="an Oracle table or query, in full or what changed",
    needs="a user that may SELECT; FLASHBACK on the table to read it in parallel",
    extra="oracle",
    modules=("oracledb",),
    run_against="",
)
