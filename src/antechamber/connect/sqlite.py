"""SQLite files: a table, a view or a query of one, in full or what changed since the last run.

A column has the type of its declaration's affinity; a value of another kind, which SQLite lets in, makes its column
text in the batch that it is in, so that it arrives as what it is.
"""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through the dialect)

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import quote

import pyarrow as pa

from antechamber.connect.relational import Database, Dialect, Horizon, RelationalTable, Session, Snapshot
from antechamber.connect.relational.file import DatabaseFile, file_of
from antechamber.connect.relational.relation import Column, Relation, check_names, did_you_mean, parts, wrapped
from antechamber.declare.registry import SourceType
from antechamber.errors import SourceError

STEPS = 100_000
BUSY_S = 10
FETCHED = 8192


class SqliteSource(DatabaseFile):
    """A table or query of an SQLite file."""

    dialect: ClassVar[str] = "sqlite"

    type: Literal["sqlite"]
    """This source."""


class SqliteDialect(Dialect):
    """SQLite's SQL. A time is whatever text or number the file keeps: it is compared as it is."""

    product = "SQLite"

    def constant(self, value: str, column: Column) -> str:
        return value if column.numeric else self.text(value.removesuffix(".000000"))

    def recorded(self, value: Any) -> str:
        return str(value)


class SqliteSession(Session):
    """A transaction of the file that only reads."""

    def __init__(self, file: Path, where: str, timeout: float | None) -> None:
        self._where, self._timeout = where, timeout
        self._closed = False
        self._busy = threading.Lock()
        self._until = float("inf")
        uri = f"file:{quote(str(file))}?mode=ro"
        try:
            self._connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, check_same_thread=False)
            self._connection.isolation_level = None
            self._connection.execute("PRAGMA query_only = 1")
            self._connection.execute("PRAGMA temp_store = MEMORY")
            self._connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise self._fault(error, where) from None
        self._connection.set_progress_handler(lambda: time.monotonic() > self._until, STEPS)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._told(self._where):
            return self._connection.execute(query).fetchall()

    def described(self, query: str) -> list[str]:
        """The names of a query's columns."""
        with self._told(self._where):
            return [str(column[0]) for column in self._connection.execute(query).description]

    def batches(self, query: str, schema: pa.Schema, rows: int, *, where: str) -> Iterator[pa.RecordBatch]:
        with self._told(where):
            cursor = self._connection.execute(query)
        waiting: list[tuple[Any, ...]] = []
        while True:
            with self._told(where):
                some = cursor.fetchmany(min(rows, FETCHED))
            waiting += some
            if waiting and (not some or len(waiting) >= rows):
                columns = list(zip(*waiting, strict=True))
                arrays = [_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=schema.names)
                waiting = []
            if not some:
                return

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(Exception):
            self._connection.interrupt()
        with self._busy, contextlib.suppress(Exception):
            self._connection.close()

    @contextlib.contextmanager
    def _told(self, where: str) -> Iterator[None]:
        with self._busy:
            if self._timeout is not None:
                self._until = time.monotonic() + self._timeout
            try:
                yield
            except sqlite3.Error as error:
                raise self._fault(error, where) from None

    def _fault(self, error: sqlite3.Error, where: str) -> SourceError:
        code = getattr(error, "sqlite_errorname", "") or ""
        said = str(error)
        if self._closed:
            return SourceError("the source was closed while it was read", where=where)
        if code == "SQLITE_INTERRUPT":
            return SourceError(
                "the database gave up: statement timeout", where=where, remedy="raise `statement_timeout:`"
            )
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return SourceError(
                "another process holds the file locked", where=where, remedy="run again when it has finished writing"
            )
        if code in ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN"):
            return SourceError(
                "the file cannot be opened by SQLite", where=where, remedy="it is encrypted, damaged or no database"
            )
        if code.startswith("SQLITE_READONLY"):
            return SourceError("the query writes", where=where, remedy="a source is only read: write one SELECT")
        if "no such" in said or "ambiguous" in said:
            return SourceError(said, where=where, remedy="check the names of tables, columns and functions")
        if "syntax error" in said or "one statement" in said or "incomplete input" in said:
            return SourceError("the query is not SQL that SQLite reads", where=where, remedy="write one SELECT")
        if "decode" in said:
            return SourceError(
                "a text is not UTF-8", where=where, remedy="select it as hex(column) in `query:`, or leave it out"
            )
        return SourceError(
            f"the database failed while reading ({code or type(error).__name__})",
            where=where,
            remedy="try it in sqlite3; the message is not repeated here as it may quote a record",
        )


class Sqlite(Database):
    """A declared SQLite file, of which one connection sees one state."""

    one_reader = True

    def __init__(self, declared: SqliteSource, file: Path) -> None:
        self.dialect = SqliteDialect()
        self._declared, self._file = declared, file

    def connect(self) -> SqliteSession:
        where = self._declared.table or self._declared.path or "query"
        return SqliteSession(self._file, where, self._declared.statement_timeout)

    def relation(self, session: Session) -> Relation:
        assert isinstance(session, SqliteSession)  # noqa: S101 - one of `connect`
        if self._declared.query is not None:
            source = wrapped(self._declared.query)
            names = session.described(self.dialect.nothing(source))
            check_names(names, "query")
            kinds = self._kinds_of(session, names)
            return Relation(source, "query", "query", tuple(_column(name, kinds.get(name, "")) for name in names))
        named = parts(self._declared.table or "")[-1]
        known = {
            str(name): (str(kind), str(made or ""))
            for name, kind, made in session.rows("SELECT name, type, sql FROM sqlite_schema")
            if kind in ("table", "view") and not str(name).startswith("sqlite_")
        }
        table = next((name for name in known if name == named), None) or next(
            (name for name in known if name.lower() == named.lower()), None
        )
        if table is None:
            raise SourceError(
                "there is no such table or view in the file",
                where=self._declared.table or "",
                remedy=did_you_mean(named, list(known)),
            )
        kind, made = known[table]
        info = session.rows(f'SELECT name, type, "notnull", pk FROM pragma_table_xinfo({self.dialect.text(table)})')
        counted = "AUTOINCREMENT" in made.upper()
        columns = tuple(
            _column(str(name), str(declared), required=bool(notnull), drawn=counted and bool(key))
            for name, declared, notnull, key in info
        )
        check_names([column.name for column in columns], table)
        return Relation(self.dialect.identifier(table), table, kind, columns)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        with contextlib.suppress(SourceError):
            session.rows("ROLLBACK")
        session.rows("BEGIN")
        (version,) = session.rows("PRAGMA data_version")[0]
        session.rows("SELECT 1 FROM sqlite_schema LIMIT 1")  # only a look fixes the state
        return Snapshot(relation, f"{version}:{self._file.stat().st_mtime_ns}")

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        # One transaction writes at a time, and takes its times when it has its turn: none is still to come that is
        # older than what is there.
        return Horizon(datetime.now(UTC).replace(tzinfo=None), settled=True)

    def _kinds_of(self, session: SqliteSession, names: Sequence[str]) -> dict[str, str]:
        """The declared types of a query's columns, where a view of it would have them."""
        with contextlib.suppress(SourceError):
            source = wrapped(self._declared.query or "")
            first = session.rows(
                f"SELECT {', '.join(f'max(typeof(t.{self.dialect.identifier(name)}))' for name in names)} "
                f"FROM (SELECT * FROM {source} LIMIT 1000) t"
            )[0]
            return {name: {"integer": "INTEGER", "real": "REAL"}.get(str(kind), "") for name, kind in
                    zip(names, first, strict=True)}  # fmt: skip
        return {}


def affinity(declared: str) -> str:
    """`integer`, `text`, `blob`, `real` or `numeric`, by the rules of SQLite's documentation (datatype3, 3.1)."""
    word = declared.upper()
    if "INT" in word:
        return "integer"
    if "CHAR" in word or "CLOB" in word or "TEXT" in word:
        return "text"
    if "BLOB" in word or not word:
        return "blob"
    return "real" if any(part in word for part in ("REAL", "FLOA", "DOUB")) else "numeric"


def _column(name: str, declared: str, *, required: bool = False, drawn: bool = False) -> Column:
    kind = affinity(declared)
    if kind == "integer":
        return Column(
            name, declared or "INTEGER", pa.int64(), moment="number", cut=True, numeric=True, required=required,
            drawn=drawn,
        )  # fmt: skip
    if kind == "real":
        return Column(name, declared, pa.float64(), required=required)
    moment: Literal["clock", ""] = "" if kind == "blob" and declared else "clock"
    return Column(name, declared or "any", pa.string(), moment=moment, required=required)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array[Any]:
    """A column's values in its type, or as text when one is of another kind."""
    if pa.types.is_int64(kind) and all(value is None or type(value) is int for value in values):
        return pa.array(values, kind)
    if pa.types.is_float64(kind) and all(value is None or type(value) is float for value in values):
        return pa.array(values, kind)
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    """Bytes as two hexadecimal digits each, numbers with all digits."""
    if value is None or isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else repr(value)


SOURCE = SourceType(
    SqliteSource,
    lambda declared, opening: RelationalTable(
        declared, Sqlite(declared, file_of(declared, opening.store, opening.secrets)), opening.columns
    ),
    summary="a table or query of an SQLite file, in full or what changed",
    needs="a file that may be read",
    run_against="SQLite 3",
)
