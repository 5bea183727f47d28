"""Microsoft SQL Server and Azure SQL: a table or a query, in full or what changed since the last run.

Client: mssql-python, its page "Use mssql-python with Apache Arrow". One state: "Snapshot isolation in SQL Server".
Types are told by sys.dm_exec_describe_first_result_set, open transactions by sys.dm_tran_active_transactions, and
which row versions are still to be committed by MIN_ACTIVE_ROWVERSION.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Horizon, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.faults import NOT_THERE, unreached
from antechamber.connect.relational.hosts import is_local
from antechamber.connect.relational.relation import check_names
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text, streamed
from antechamber.connect.relational.url import take_apart
from antechamber.connect.sqlserver import types
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FORM = "sqlserver://user:password@host:1433/database"
LOGIN_TIMEOUT_S = 15
SUMMER_TIME = timedelta(hours=1)
HIDDEN = "the user may not see open transactions (VIEW SERVER PERFORMANCE STATE, or VIEW SERVER STATE before 2022)"
READ_ONLY = "the database is read-only here: what is written elsewhere carries another's clock"
MOMENTS = "each of a run's statements sees the state of its own moment (`isolation: statement`)"

STATE = """SELECT snapshot_isolation_state AS allowed,
 CASE WHEN is_read_only = 1 OR source_database_id IS NOT NULL THEN 1 ELSE 0 END AS fixed
 FROM sys.databases WHERE database_id = DB_ID()"""

CLOCK = """SELECT LEFT(CONVERT(varchar(33), SYSUTCDATETIME(), 121), 26) AS clock,
 DATEPART(tzoffset, SYSDATETIMEOFFSET()) AS ahead,
 CASE WHEN DATABASEPROPERTYEX(DB_NAME(), 'Updateability') = 'READ_ONLY' THEN 1 ELSE 0 END AS fixed,
 CONVERT(bigint, MIN_ACTIVE_ROWVERSION()) AS oldest"""

OPEN = """SELECT CONVERT(varchar(23), MIN(began), 121) AS began FROM (
 SELECT a.transaction_begin_time AS began FROM sys.dm_tran_active_transactions a
 JOIN sys.dm_tran_database_transactions d ON d.transaction_id = a.transaction_id
 WHERE d.database_id = DB_ID() AND a.transaction_type IN (1, 4) AND a.transaction_id <> CURRENT_TRANSACTION_ID()
 UNION ALL SELECT r.start_time FROM sys.dm_exec_requests r
 JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
 WHERE s.is_user_process = 1 AND r.session_id <> @@SPID) o"""
"""The start of the oldest open transaction that writes, or of the oldest request under way."""


class SqlserverSource(DatabaseSource):
    """A table or query of Microsoft SQL Server or Azure SQL."""

    dialect: ClassVar[str] = "tsql"

    type: Literal["sqlserver"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `sqlserver://user:password@host:1433/database`."""
    isolation: Literal["snapshot", "statement"] = "snapshot"
    """`snapshot`: a run sees one state, which the database has to allow. `statement`: each of its statements sees a
    state of its own, and under locks a record that moves meanwhile can be missed."""


class SqlserverSession(RemoteSession):
    """A connection; a transaction begins with its first statement, and ends with `renew`."""

    def __init__(self, connection: Any, where: str) -> None:
        super().__init__(where)
        self._connection = connection

    def renew(self) -> None:
        """The next statement sees what is there then."""
        with self.told(self.where):
            self._connection.rollback()

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        if cursor.description is None:
            cursor.close()
            return pa.schema([]), iter(())
        reader = cursor.arrow_reader(rows)
        return reader.schema, streamed(cursor, reader)

    def tried(self, query: str) -> list[tuple[Any, ...]] | None:
        """A query's few rows; None: the user may not ask for them."""
        try:
            return self.rows(query)
        except SourceError:
            self.renew()
            return None

    def end(self) -> None:
        self._connection.close()


class Sqlserver(RemoteDatabase):
    """A declared SQL Server database."""

    chance = "RAND(CHECKSUM(NEWID()))"

    def __init__(self, declared: SqlserverSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = types.SqlserverDialect()
        self._sqlserver, self._secrets = declared, secrets
        self._fixed = False

    def connect(self) -> SqlserverSession:
        session = SqlserverSession(self._client(), self.where)
        try:
            allowed, fixed = session.rows(STATE)[0]
            self._fixed = bool(fixed)
            session.renew()
            if self._sqlserver.isolation == "snapshot" and not self._fixed:
                if int(allowed) != 1:
                    raise SourceError(
                        "the database does not allow a run to see one state",
                        where=self.where,
                        remedy="ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or write `isolation: statement`",
                    )
                session.statement("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        except BaseException:
            session.close()
            raise
        return session

    def relation(self, session: Session) -> Relation:
        source, name, kind = self.source()
        described = session.rows(
            "SELECT name, system_type_name AS kind, is_nullable AS nullable, is_identity_column AS drawn, "  # noqa: S608
            "error_number AS mistake FROM sys.dm_exec_describe_first_result_set("
            f"{self.dialect.text(self.dialect.nothing(source))}, NULL, 0) ORDER BY column_ordinal"
        )
        for *_, mistake in described:
            if mistake is not None:
                raise _mistaken(int(mistake), name)
        check_names([str(row[0]) for row in described], name)
        columns = tuple(
            types.column(str(name_), str(declared or ""), required=not nullable, drawn=bool(drawn))
            for name_, declared, nullable, drawn, _ in described
        )
        return Relation(source, name, kind, columns)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        assert isinstance(session, SqlserverSession)  # noqa: S101 - one of `connect`
        if self._fixed:  # a database snapshot, or one that nobody can write to
            return Snapshot(relation, now_text(), another=self.connect)
        session.renew()
        session.rows(f"SELECT COUNT(*) AS n FROM {relation.source} t WHERE 1 = 0")  # noqa: S608 - fixes the state
        return Snapshot(relation, now_text(), notes=(MOMENTS,) if self._sqlserver.isolation == "statement" else ())

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        assert isinstance(session, SqlserverSession)  # noqa: S101 - one of `connect`
        session.renew()
        largest = self.largest(session, relation, column)
        shown, minutes, fixed, oldest_version = session.rows(CLOCK)[0]
        clock, ahead = datetime.fromisoformat(str(shown)), timedelta(minutes=int(minutes))
        if column.declared == types.ROWVERSION and not fixed:
            # Nothing below it is still to be committed.
            return Horizon(clock, at=clock, largest=int(oldest_version))
        if fixed:
            return Horizon(clock, because=READ_ONLY, largest=largest)
        found = session.tried(OPEN)
        if found is None:
            return Horizon(clock, because=HIDDEN, largest=largest)
        began = None
        if found[0][0] is not None:
            # The views show the server's own wall clock, in steps of 1/300 s.
            began = datetime.fromisoformat(str(found[0][0])) - ahead - timedelta(seconds=1)
            began -= SUMMER_TIME if ahead else timedelta(0)
        zone = "UTC" if not ahead else f"UTC{int(minutes) / 60:+g}"
        at = clock if began is None else min(clock, began)
        return Horizon(clock, at=at, wall=ahead, zone=zone, largest=largest, drawn=began)

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return super().estimate(session, relation, where) if self._fixed else None

    def _client(self) -> Any:
        """A connection of the vendor's client, in a transaction."""
        try:
            import mssql_python
        except (ImportError, OSError):
            raise MissingExtra("sqlserver", needed_for="a sqlserver source") from None
        reference = self._sqlserver.url
        known = ("authentication", "certificate", "certificate_host")
        text = self._secrets.text(reference)
        url = take_apart(text, scheme="sqlserver", reference=reference, form=FORM, known=known)
        options = {
            "Server": f"tcp:{url.host},{url.port or 1433}",
            "Database": url.path[0] if url.path else "",
            "UID": url.user,
            "PWD": url.password,
            "Encrypt": "yes",
            "TrustServerCertificate": "yes" if is_local(url.host) else "no",
            "ApplicationIntent": "ReadOnly",
            "Authentication": url.parameters.get("authentication", ""),
            "ServerCertificate": url.parameters.get("certificate", ""),
            "HostnameInCertificate": url.parameters.get("certificate_host", ""),
        }
        string = ";".join(f"{key}={{{value.replace('}', '}}')}}}" for key, value in options.items() if value)
        try:
            connection = mssql_python.connect(string, autocommit=False, timeout=LOGIN_TIMEOUT_S)
        except Exception as error:
            raise unreached(error, reference, url.host) from None
        if self.declared.statement_timeout is not None:
            connection.timeout = max(1, round(self.declared.statement_timeout))
        return connection


def _mistaken(number: int, where: str) -> SourceError:
    """Why the database cannot tell the columns, by its error's number."""
    if number in (207, 208):
        return SourceError(NOT_THERE, where=where, remedy="check the names, and what the connection's user may see")
    if number in (229, 230, 300, 916):
        return SourceError("the connection's user may not read it", where=where, remedy="GRANT SELECT on it")
    return SourceError(
        f"the query is not SQL that the database reads (error {number})", where=where, remedy="write one SELECT"
    )


SOURCE = SourceType(
    SqlserverSource,
    lambda declared, opening: RelationalTable(declared, Sqlserver(declared, opening.secrets), opening.columns),
    summary="a Microsoft SQL Server or Azure SQL table or query, in full or what changed",
    needs="a user that may SELECT; ALLOW_SNAPSHOT_ISOLATION; VIEW SERVER STATE for an exact watermark",
    extra="sqlserver",
    modules=("mssql_python",),
    run_against="",
)
