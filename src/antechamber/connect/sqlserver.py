"""Microsoft SQL Server and Azure SQL: a table or a query, in full or what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.hosts import is_local
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text, streamed
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FORM = "sqlserver://user:password@host:1433/database"


class SqlserverSource(DatabaseSource):
    """A table or query of Microsoft SQL Server or Azure SQL."""

    dialect: ClassVar[str] = "tsql"

    type: Literal["sqlserver"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `sqlserver://user:password@host:1433/database`."""


class SqlserverDialect(Dialect):
    """Transact-SQL."""

    product = "SQL Server"
    quotes = ("[", "]")

    def text(self, value: str) -> str:
        return "N" + super().text(value)

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "date":
            return f"CAST({self.text(value)} AS date)"
        if column.moment == "clock":
            return f"CAST({self.text(value)} AS datetime2)"
        if column.moment == "instant":
            return f"CAST({self.text(value + ' +00:00')} AS datetimeoffset)"
        return super().constant(value, column)

    def first(self, select: str, where: str, count: int) -> str:
        return f"{select.replace('SELECT ', f'SELECT TOP ({count}) ', 1)} WHERE {where}"


class SqlserverSession(RemoteSession):
    """One transaction under snapshot isolation."""

    def __init__(self, connection: Any, where: str) -> None:
        super().__init__(where)
        self._connection = connection

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        if cursor.description is None:
            return pa.schema([]), iter(())
        reader = cursor.arrow_reader(rows)
        return reader.schema, streamed(cursor, reader)

    def end(self) -> None:
        self._connection.close()


class Sqlserver(RemoteDatabase):
    """A declared SQL Server database."""

    def __init__(self, declared: SqlserverSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = SqlserverDialect()
        self._reference, self._secrets = declared.url, secrets

    def connect(self) -> SqlserverSession:
        return SqlserverSession(self.client(), self.where)

    def client(self) -> Any:
        """A connection of the vendor's client, in a transaction."""
        try:
            import mssql_python
        except (ImportError, OSError):
            raise MissingExtra("sqlserver", needed_for="a sqlserver source") from None
        from antechamber.connect.relational.faults import unreached

        url = take_apart(
            self._secrets.text(self._reference), scheme="sqlserver", reference=self._reference, form=FORM, known=()
        )
        options = {
            "SERVER": f"{url.host},{url.port or 1433}",
            "DATABASE": url.path[0] if url.path else "",
            "UID": url.user,
            "PWD": url.password,
            "Encrypt": "yes",
            "TrustServerCertificate": "yes" if is_local(url.host) else "no",
            "ApplicationIntent": "ReadOnly",
        }
        string = ";".join(f"{key}={{{value.replace('}', '}}')}}}" for key, value in options.items() if value)
        try:
            timeout = max(1, round(self.declared.statement_timeout)) if self.declared.statement_timeout else 0
            return mssql_python.connect(string, autocommit=False, timeout=timeout)
        except Exception as error:
            raise unreached(error, url.reference, url.host) from None

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        if not isinstance(session, SqlserverSession):
            raise SourceError("the session is of another source", where=self.where)
        (allowed,) = session.rows("SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()")[0]
        session.statement("IF @@TRANCOUNT > 0 ROLLBACK")
        if int(allowed) != 1:
            note = (
                "the database does not allow snapshots (ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON): "
                "each statement sees the state of its own moment"
            )
            return Snapshot(relation, now_text(), notes=(note,))
        session.statement("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        session.rows("SELECT TOP (1) 1 AS one FROM sys.objects")  # the first look at data fixes the state
        return Snapshot(relation, now_text())

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return None  # a snapshot is one connection's


SOURCE = SourceType(
    SqlserverSource,
    lambda declared, opening: RelationalTable(declared, Sqlserver(declared, opening.secrets), opening.columns),
    summary="a Microsoft SQL Server or Azure SQL table or query, in full or what changed",
    needs="a user that may SELECT; ALLOW_SNAPSHOT_ISOLATION for one state",
    extra="sqlserver",
    modules=("mssql_python",),
    run_against="",
)
