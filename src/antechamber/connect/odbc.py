"""Any database with an ODBC driver: a table or a query, in full or what changed since the last run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from antechamber.connect.relational import Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.relation import Column
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, now_text
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

QUOTES = {"double": ('"', '"'), "backtick": ("`", "`"), "bracket": ("[", "]")}


class OdbcSource(DatabaseSource):
    """A table or query of any database that has an ODBC driver."""

    dialect: ClassVar[str] = ""

    type: Literal["odbc"]
    """This source."""
    url: SecretRef
    """A reference to the ODBC connection string: `Driver={SQLite3};Database=/data/shop.db`, `DSN=warehouse;UID=…`."""
    quotes: Literal["double", "backtick", "bracket"] = "double"
    """How the database quotes names: "n", `n` or [n]."""
    limit: Literal["limit", "fetch", "top"] = "limit"
    """How it is asked for the first rows: LIMIT n, FETCH FIRST n ROWS ONLY, or SELECT TOP (n)."""
    begin: tuple[str, ...] = ()
    """Statements that each connection begins with, such as `SET TRANSACTION ISOLATION LEVEL SNAPSHOT`. They make
    what a run sees one state; without them it may be several."""
    longest_value: Annotated[int, Field(ge=1, le=1 << 30)] = 65_536
    """Characters or bytes of the longest value: memory for so many is set apart, and a longer one is an error."""


class OdbcDialect(Dialect):
    """The SQL that a declaration describes."""

    product = "the database"

    def __init__(self, declared: OdbcSource) -> None:
        self.quotes = QUOTES[declared.quotes]
        self._limit = declared.limit

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "date":
            return f"{{d '{value}'}}"
        if column.moment in ("clock", "instant"):
            return f"{{ts '{value}'}}"
        return super().constant(value, column)

    def first(self, select: str, where: str, count: int) -> str:
        if self._limit == "top":
            return f"{select.replace('SELECT ', f'SELECT TOP ({count}) ', 1)} WHERE {where}"
        end = f"LIMIT {count}" if self._limit == "limit" else f"FETCH FIRST {count} ROWS ONLY"
        return f"{select} WHERE {where} {end}"


class OdbcSession(RemoteSession):
    """A connection of the driver manager; one transaction from its first statement on."""

    def __init__(self, connection: Any, declared: OdbcSource, where: str) -> None:
        super().__init__(where)
        self._connection, self._declared = connection, declared
        for statement in declared.begin:
            with self.told(where):
                connection.execute(statement)

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        reader = self._connection.read_arrow_batches(
            query,
            batch_size=min(rows, self._declared.batch_rows),
            max_text_size=self._declared.longest_value,
            max_binary_size=self._declared.longest_value,
            query_timeout_sec=max(1, round(self._declared.statement_timeout))
            if self._declared.statement_timeout
            else None,
            fetch_concurrently=False,
        )
        return reader.schema, iter(reader)

    def end(self) -> None:
        self._connection.rollback()
        self._connection = None


class Odbc(RemoteDatabase):
    """A declared ODBC data source."""

    def __init__(self, declared: OdbcSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = OdbcDialect(declared)
        self._odbc, self._secrets = declared, secrets

    def connect(self) -> OdbcSession:
        try:
            import arrow_odbc
        except (ImportError, OSError):
            raise MissingExtra("odbc", needed_for="an odbc source") from None
        reference = self._odbc.url
        try:
            connection = arrow_odbc.connect(self._secrets.text(reference), login_timeout_sec=15, autocommit=False)
        except arrow_odbc.Error as error:
            raise _unreached(str(error), reference) from None
        return OdbcSession(connection, self._odbc, self.where)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        notes: tuple[str, ...] = ()
        if not self._odbc.begin:
            notes = ("no statement of `begin:` makes what is seen one state: it is that of the driver's default",)
        return Snapshot(relation, now_text(), notes=notes)

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return None  # one connection reads: how several could see one state is not known

    def weights(
        self, session: Session, relation: Relation, where: str, key: Column, expected: int
    ) -> Sequence[tuple[str, float]]:
        return ()


def _unreached(said: str, reference: str) -> SourceError:
    if re.search(r"IM002|01000.*[Cc]an't open lib|file not found", said):
        return SourceError(
            "the ODBC driver or data source of the connection string is not installed",
            where=reference,
            remedy="odbcinst -q -d lists the drivers, odbcinst -q -s the data sources",
        )
    if re.search(r"28000|[Aa]ccess denied|[Ll]ogin failed|authentication", said):
        return SourceError("the server refused the user's name or password", where=reference, remedy="correct it")
    return SourceError(
        "could not connect by the ODBC connection string",
        where=reference,
        remedy="try it with isql -k; the driver's message is not repeated here as it may quote the string",
    )


SOURCE = SourceType(
    OdbcSource,
    lambda declared, opening: RelationalTable(declared, Odbc(declared, opening.secrets), opening.columns),
    summary="a table or query of any database that has an ODBC driver, in full or what changed",
    needs="unixODBC and the database's driver",
    extra="odbc",
    modules=("arrow_odbc",),
    run_against="SQLite's and MariaDB's ODBC drivers",
)
