"""DuckDB files: a table, a view or a query of one, in full or what changed since the last run."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through the dialect)

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import duckdb
import pyarrow as pa

from antechamber.connect.relational import Database, Dialect, Horizon, RelationalTable, Session, Snapshot, ranges
from antechamber.connect.relational.beyond import as_text_where_beyond
from antechamber.connect.relational.file import DatabaseFile, file_of
from antechamber.connect.relational.relation import (
    Column,
    Moment,
    Relation,
    check_names,
    did_you_mean,
    parts,
    wrapped,
)
from antechamber.declare.registry import SourceType
from antechamber.errors import SourceError

SAMPLED_ROWS = 20_000
ALONE = {
    "access_mode": "READ_ONLY",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
    "preserve_insertion_order": "false",
}
"""The file and nothing else: no other file or address can be reached from a query, and nothing spills to a disk."""

PLAIN: dict[str, tuple[pa.DataType, Moment]] = {
    "BOOLEAN": (pa.bool_(), ""),
    "TINYINT": (pa.int8(), "number"),
    "SMALLINT": (pa.int16(), "number"),
    "INTEGER": (pa.int32(), "number"),
    "BIGINT": (pa.int64(), "number"),
    "UTINYINT": (pa.uint8(), "number"),
    "USMALLINT": (pa.uint16(), "number"),
    "UINTEGER": (pa.uint32(), "number"),
    "UBIGINT": (pa.uint64(), "number"),
    "FLOAT": (pa.float32(), ""),
    "DOUBLE": (pa.float64(), ""),
    "VARCHAR": (pa.string(), ""),
    "DATE": (pa.date32(), "date"),
    "TIMESTAMP": (pa.timestamp("us"), "clock"),
    "TIMESTAMP WITH TIME ZONE": (pa.timestamp("us", tz="UTC"), "instant"),
}

OTHER_UNITS: dict[str, tuple[pa.DataType, Moment]] = {
    "TIMESTAMP_S": (pa.timestamp("s"), "clock"),
    "TIMESTAMP_MS": (pa.timestamp("ms"), "clock"),
    "TIMESTAMP_NS": (pa.timestamp("ns"), ""),
}
"""A mark is kept in microseconds, so one of nanoseconds cannot be told from its neighbours."""


class DuckdbSource(DatabaseFile):
    """A table or query of a DuckDB file."""

    dialect: ClassVar[str] = "duckdb"

    type: Literal["duckdb"]
    """This source."""


class DuckdbDialect(Dialect):
    """DuckDB's SQL."""

    product = "DuckDB"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "instant":
            return f"TIMESTAMPTZ {self.text(value + '+00')}"
        return super().constant(value, column)

    def largest(self, name: str, column: Column) -> str:
        return f"CAST(MAX({name}) AS VARCHAR)"

    def recorded(self, value: Any) -> str:
        return str(value).removesuffix("+00")


class DuckdbSession(Session):
    """A transaction of the file, for one thread at a time."""

    def __init__(self, connection: Any, where: str, timeout: float | None) -> None:
        self._connection, self._where, self._timeout = connection, where, timeout
        self._closed = False
        for statement in ("SET TimeZone = 'UTC'", "BEGIN TRANSACTION"):
            self.rows(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._told(self._where):
            return [tuple(row) for row in self._connection.execute(query).fetchall()]

    def another(self) -> DuckdbSession:
        """A second transaction of the file, which nobody can have changed."""
        return DuckdbSession(self._connection.cursor(), self._where, self._timeout)

    def batches(self, query: str, schema: pa.Schema, rows: int, *, where: str) -> Iterator[pa.RecordBatch]:
        with self._told(where):
            reader = self._connection.execute(query).to_arrow_reader(rows)
        while True:
            with self._told(where):
                batch = next(reader, None)
            if batch is None:
                return
            arrays = [batch.column(number).cast(field.type) for number, field in enumerate(schema)]
            yield as_text_where_beyond(pa.RecordBatch.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(Exception):
            self._connection.interrupt()
        with contextlib.suppress(Exception):
            self._connection.close()

    @contextlib.contextmanager
    def _told(self, where: str) -> Iterator[None]:
        """Ends what takes too long, and says what went wrong without a value."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._connection.interrupt()

        timer = threading.Timer(self._timeout, end) if self._timeout is not None else None
        if timer is not None:
            timer.start()
        try:
            yield
        except duckdb.Error as error:
            raise self._fault(error, where, late=late.is_set()) from None
        finally:
            if timer is not None:
                timer.cancel()

    def _fault(self, error: duckdb.Error, where: str, *, late: bool) -> SourceError:
        if self._closed:
            return SourceError("the source was closed while it was read", where=where)
        if late:
            return SourceError(
                "the database gave up: statement timeout", where=where, remedy="raise `statement_timeout:`"
            )
        if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
            said = str(error).split("\n")[0].partition(": ")[2]
            return SourceError(said, where=where, remedy="check the names of tables, columns and functions")
        if isinstance(error, duckdb.ParserException):
            return SourceError("the query is not SQL that DuckDB reads", where=where, remedy="write one SELECT")
        return SourceError(
            f"the database failed while reading ({type(error).__name__})",
            where=where,
            remedy="try it in DuckDB; the message is not repeated here as it may quote a record",
        )


class Duckdb(Database):
    """A declared DuckDB file. While it is open here no process can write to it."""

    def __init__(self, declared: DuckdbSource, file: Path) -> None:
        self.dialect = DuckdbDialect()
        self._declared, self._file = declared, file

    def connect(self) -> DuckdbSession:
        where = self._declared.table or "query"
        try:
            connection = duckdb.connect(str(self._file), read_only=True, config=dict(ALONE))
        except duckdb.Error as error:
            locked = "lock" in str(error).lower()
            raise SourceError(
                "another process has the file open for writing" if locked else "the file cannot be opened by DuckDB",
                where=self._declared.path or self._declared.url or "",
                remedy="run again when it has closed it, or read a copy"
                if locked
                else f"it has to be a DuckDB database that version {duckdb.__version__} reads",
            ) from None
        return DuckdbSession(connection, where, self._declared.statement_timeout)

    def relation(self, session: Session) -> Relation:
        if self._declared.query is not None:
            source = wrapped(self._declared.query)
            return Relation(source, "query", "query", self._columns(session, source, "query", {}))
        named = parts(self._declared.table or "")
        space, table = ("main", named[0]) if len(named) == 1 else (named[0], named[1])
        known = session.rows("SELECT table_schema, table_name, table_type FROM information_schema.tables")
        for one in ((space, table), (space.lower(), table.lower())):
            found = [row for row in known if one in (tuple(row[:2]), (row[0].lower(), row[1].lower()))]
            if len(found) == 1:
                break
        else:
            raise SourceError(
                "there is no such table or view in the file",
                where=self._declared.table or "",
                remedy=did_you_mean(f"{space}.{table}", [f"{row[0]}.{row[1]}" for row in known]),
            )
        schema, name, kind = found[0]
        source = f"{self.dialect.identifier(schema)}.{self.dialect.identifier(name)}"
        defaults = session.rows(
            "SELECT column_name, is_nullable, coalesce(column_default, '') FROM duckdb_columns() "
            f"WHERE schema_name = {self.dialect.text(schema)} AND table_name = {self.dialect.text(name)}"
        )
        more = {str(row[0]): (not row[1], "nextval(" in str(row[2])) for row in defaults}
        return Relation(source, f"{schema}.{name}", str(kind).lower(), self._columns(session, source, table, more))

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        assert isinstance(session, DuckdbSession)  # noqa: S101 - one of `connect`
        stat = self._file.stat()
        return Snapshot(relation, f"{stat.st_size}:{stat.st_mtime_ns}", another=session.another)

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        return Horizon(datetime.now(UTC).replace(tzinfo=None), settled=True)

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return int(session.rows(f"SELECT count(*) FROM {relation.source} t WHERE {where}")[0][0])

    def weights(
        self, session: Session, relation: Relation, where: str, key: Column, expected: int
    ) -> Sequence[tuple[str, float]]:
        name = f"t.{self.dialect.identifier(key.name)}"
        sampled = session.rows(
            f"SELECT CAST(k AS VARCHAR) FROM (SELECT {name} AS k FROM {relation.source} t WHERE {where} "
            f"AND {name} IS NOT NULL) USING SAMPLE reservoir({SAMPLED_ROWS} ROWS) REPEATABLE (1) ORDER BY k"
        )
        return ranges.weighed([self.dialect.recorded(row[0]) for row in sampled])

    def _columns(
        self, session: Session, source: str, name: str, more: dict[str, tuple[bool, bool]]
    ) -> tuple[Column, ...]:
        found = session.rows(f"DESCRIBE SELECT * FROM {source} t")
        check_names([str(row[0]) for row in found], name)
        return tuple(_column(str(row[0]), str(row[1]), *more.get(str(row[0]), (False, False))) for row in found)


def _column(name: str, declared: str, required: bool, drawn: bool) -> Column:
    if declared in PLAIN:
        kind, moment = PLAIN[declared]
        cut = bool(moment) or declared in ("VARCHAR", "DOUBLE")
        numeric = moment == "number" or declared == "DOUBLE"
        return Column(name, declared, kind, moment=moment, cut=cut, numeric=numeric, required=required, drawn=drawn)
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", declared)
    if decimal:
        kind = pa.decimal128(int(decimal[1]), int(decimal[2]))
        return Column(name, declared, kind, cut=True, numeric=True, required=required)
    if declared in OTHER_UNITS:
        kind, moment = OTHER_UNITS[declared]
        return Column(name, declared, kind, moment=moment, cut=bool(moment), required=required)
    if declared == "BLOB":
        return Column(name, declared, pa.string(), "lower(hex({}))", required=required)
    if declared.endswith("]") or declared.startswith(("STRUCT", "MAP", "UNION")):
        return Column(name, declared, pa.string(), "CAST(to_json({}) AS VARCHAR)", required=required)
    return Column(name, declared, pa.string(), "CAST({} AS VARCHAR)", cut=declared == "UUID", required=required)


SOURCE = SourceType(
    DuckdbSource,
    lambda declared, opening: RelationalTable(
        declared, Duckdb(declared, file_of(declared, opening.store, opening.secrets)), opening.columns
    ),
    summary="a table or query of a DuckDB file, in full or what changed",
    needs="a file that no process has open for writing",
    run_against="DuckDB 1.5",
)
