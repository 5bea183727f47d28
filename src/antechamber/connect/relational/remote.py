"""Databases that are reached through a client which gives Arrow: what their types become, and the plainest snapshot.

A subclass of RemoteDatabase says how to connect and what its database has of one state for several statements.
"""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through the dialect)

from __future__ import annotations

import contextlib
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from antechamber.connect.relational import ranges
from antechamber.connect.relational.beyond import as_text_where_beyond
from antechamber.connect.relational.database import Database, Horizon, Session, Snapshot
from antechamber.connect.relational.faults import fault
from antechamber.connect.relational.pinned import pinned
from antechamber.connect.relational.relation import Column, Relation, check_names, parts, wrapped
from antechamber.declare.source import DatabaseSource
from antechamber.errors import SourceError

MOST_DIGITS = 38
SAMPLED_ROWS = 20_000
UNSEEN = "Antechamber does not ask this database for its open transactions"


class RemoteSession(Session):
    """A session of a client; a subclass runs one statement. where: the place that errors of statements name."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.closed = False

    @abstractmethod
    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """A query's own schema and its records, about `rows` in a batch. May raise whatever the client does."""

    @abstractmethod
    def end(self) -> None:
        """Give the connection back. May raise whatever the client does."""

    def statement(self, statement: str) -> None:
        """Run a statement that returns nothing of interest."""
        with self.told(self.where):
            for _ in self.run(statement, 1)[1]:
                pass

    def schema(self, query: str) -> pa.Schema:
        """A query's own schema."""
        with self.told(self.where):
            found, batches = self.run(query, 1)
            for _ in batches:
                pass
            return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.told(self.where):
            return [
                row
                for batch in self.run(query, 10_000)[1]
                for row in zip(*(_values(batch.column(number)) for number in range(batch.num_columns)), strict=True)
            ]

    def batches(self, query: str, schema: pa.Schema, rows: int, *, where: str) -> Iterator[pa.RecordBatch]:
        with self.told(where):
            _, found = self.run(query, rows)
        while True:
            with self.told(where):
                batch = next(found, None)
            if batch is None:
                return
            for start in range(0, batch.num_rows, rows):
                yield conformed(batch.slice(start, rows), schema, where)

    def close(self) -> None:
        self.closed = True
        with contextlib.suppress(Exception):
            self.end()

    @contextlib.contextmanager
    def told(self, where: str) -> Iterator[None]:
        """Turns what the client raises into an error without a value or a secret."""
        try:
            yield
        except SourceError:
            raise
        except Exception as error:
            if self.closed:
                raise SourceError("the source was closed while it was read", where=where) from None
            raise fault(error, where) from None


class RemoteDatabase(Database):
    """A declared database behind a client."""

    notes: tuple[str, ...] = ()
    """What every run says about the state that it sees."""
    chance = ""
    """SQL of a random number from 0 to 1, another for each record; "": ranges are not cut."""

    def __init__(self, declared: DatabaseSource) -> None:
        self.declared = declared
        self.where = declared.table or "query"

    @abstractmethod
    def connect(self) -> RemoteSession:
        """A new session that can only read."""

    def relation(self, session: Session) -> Relation:
        assert isinstance(session, RemoteSession)  # noqa: S101 - one of `connect`
        source, name, kind = self.source()
        schema = session.schema(self.dialect.nothing(source))
        check_names(schema.names, name)
        columns = tuple(column_of(field) for field in schema)
        return Relation(source, name, kind, columns)

    def source(self) -> tuple[str, str, str]:
        """What is declared: SQL to select from, its name for messages, and `query` or `table`. Raises SourceError."""
        if self.declared.query is not None:
            return wrapped(self.declared.query), "query", "query"
        found = parts(self.declared.table or "", most=3)
        return ".".join(self.name(part) for part in found), ".".join(found), "table"

    def name(self, part: str) -> str:
        """A part of a table's name as the database is to be told it; plain ones are left to its own folding."""
        return part if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", part) else self.dialect.identifier(part)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        return Snapshot(relation, now_text(), notes=self.notes)

    def then(self, session: Session, relation: Relation, clause: Callable[[str], str]) -> Relation | None:
        """The relation with a moment behind each table that it names (see `pinned`); None: it has no such past."""
        assert isinstance(session, RemoteSession)  # noqa: S101 - one of `connect`
        query = self.declared.query or f"SELECT * FROM {relation.source}"
        source = pinned(query.strip().rstrip(";"), type(self.declared).dialect, clause)
        if source is None:
            return None
        found = replace(relation, source=wrapped(source), declared=relation.source)
        try:
            session.schema(self.dialect.nothing(found.source))
        except SourceError:
            return None  # a view, a table of another kind, a missing privilege
        return found

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        return Horizon(
            datetime.now(UTC).replace(tzinfo=None), because=UNSEEN, largest=self.largest(session, relation, column)
        )

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        return int(session.rows(f"SELECT COUNT(*) AS n FROM {relation.source} t WHERE {where}")[0][0])

    def weights(
        self, session: Session, relation: Relation, where: str, key: Column, expected: int
    ) -> Sequence[tuple[str, float]]:
        if not self.chance:
            return ()
        name = f"t.{self.dialect.identifier(key.name)}"
        share = min(1.0, SAMPLED_ROWS / max(1, expected))
        sampled = "" if share == 1.0 else f" AND {self.chance} < {share:.9f}"
        found = session.rows(
            f"SELECT {self.dialect.shown(name, key)} AS k FROM {relation.source} t "
            f"WHERE {where} AND {name} IS NOT NULL{sampled} ORDER BY {name}"
        )
        is_text = not (key.moment or key.numeric)
        return ranges.weighed([str(value) if is_text else self.dialect.recorded(value) for (value,) in found])

    def largest(self, session: Session, relation: Relation, column: Column) -> int | None:
        """A number column's largest value now."""
        if column.moment != "number":
            return None
        largest = self.dialect.largest(f"t.{self.dialect.identifier(column.name)}", column)
        value = session.rows(f"SELECT {largest} AS n FROM {relation.source} t")[0][0]
        return None if value is None else int(value)


def streamed(cursor: Any, reader: Any) -> Iterator[pa.RecordBatch]:
    """A reader's batches; the cursor lives as long, as the stream ends with it."""
    try:
        yield from reader
    finally:
        with contextlib.suppress(Exception):
            cursor.close()


def _values(column: pa.Array[Any]) -> list[Any]:
    """A column as Python's values; no digits behind microseconds."""
    kind: Any = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.to_pylist()


def column_of(field: pa.Field[Any], *, declared: str = "", required: bool = False) -> Column:
    """A result's column by its Arrow type. declared: its type in the database's words."""
    return replace(_plain_column(field, declared or str(field.type)), required=required)


def _plain_column(field: pa.Field[Any], declared: str) -> Column:
    kind: Any = field.type
    name = field.name
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind):
        return Column(name, declared, kind, moment="number", cut=True, numeric=True)
    if pa.types.is_decimal(kind):
        if kind.precision > MOST_DIGITS or not 0 <= kind.scale <= kind.precision:
            return Column(name, declared, pa.string(), cut=True, numeric=True)
        whole = kind.scale == 0
        exact = pa.decimal128(kind.precision, kind.scale)
        return Column(name, declared, exact, moment="number" if whole else "", cut=True, numeric=True)
    if pa.types.is_timestamp(kind):
        zoned = kind.tz is not None
        stamp = pa.timestamp("us", tz="UTC") if zoned else pa.timestamp("us")
        return Column(name, declared, stamp, moment="instant" if zoned else "clock", cut=True)
    if pa.types.is_date(kind):
        return Column(name, declared, pa.date32(), moment="date", cut=True)
    if pa.types.is_boolean(kind) or pa.types.is_floating(kind):
        return Column(name, declared, kind, cut=pa.types.is_float64(kind), numeric=True)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return Column(name, declared, pa.string(), cut=is_text)


def conformed(batch: pa.RecordBatch, schema: pa.Schema, where: str) -> pa.RecordBatch:
    """A client's batch in the types of `column_of`, or as text for a value beyond its type. Raises SourceError."""
    try:
        arrays = [_plain(batch.column(number), field.type) for number, field in enumerate(schema)]
        return as_text_where_beyond(pa.RecordBatch.from_arrays(arrays, names=schema.names))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise SourceError(
            "a value is not of the type that its column has",
            where=where,
            remedy="was the table changed while it was read? run again",
        ) from None


def _plain(values: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    found: Any = values.type
    if found == kind:
        return values
    if isinstance(values, pa.DictionaryArray):
        return _plain(values.dictionary_decode(), kind)
    if isinstance(values, pa.ExtensionArray):
        return _plain(values.storage, kind)
    if pa.types.is_timestamp(found) and pa.types.is_timestamp(kind):
        if found.tz is not None:
            values = values.cast(pa.timestamp(found.unit, "UTC"))
        return values.cast(kind, safe=False)  # finer than microseconds is cut off
    if not pa.types.is_string(kind):
        return values.cast(kind)
    if pa.types.is_nested(found):
        return pa.array([None if one is None else json.dumps(one, default=_in_json, ensure_ascii=False)
                         for one in values.to_pylist()], pa.string())  # fmt: skip
    if pa.types.is_binary(found) or pa.types.is_large_binary(found) or pa.types.is_fixed_size_binary(found):
        return pa.array([None if one is None else one.hex() for one in values.to_pylist()], pa.string())
    if pa.types.is_decimal(found):
        return pa.array([None if one is None else format(one, "f") for one in values.to_pylist()], pa.string())
    if pa.types.is_duration(found) or pa.types.is_interval(found):
        return pa.array([None if one is None else str(one) for one in values.to_pylist()], pa.string())
    return values.cast(kind)


def now_text() -> str:
    """This moment, as fingerprints have it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _in_json(value: Any) -> str:
    """What JSON has no type for: bytes as two hexadecimal digits each, times in ISO 8601, all digits of decimals."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
