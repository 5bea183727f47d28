"""One connection to PostgreSQL: a read-only transaction on a snapshot of its own or on another session's."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from antechamber.connect.postgresql import faults
from antechamber.connect.postgresql.address import Address
from antechamber.connect.postgresql.numerals import plain
from antechamber.errors import MissingExtra, SourceError

BATCH_BYTES = 8 << 20

PLAIN_TEXT = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "xmlbinary": "base64",
}
"""Settings on which the text of a value depends, fixed so that it is the same on every server and in every run."""

LOCK_TIMEOUT_MS = 20_000
"""How long a reader waits for its share of a lock that the snapshot's session holds already. It has to wait only when
another session is queueing for the table as a whole, which in turn waits for us: without an end, for ever."""

NO_LIMIT = ("idle_in_transaction_session_timeout", "transaction_timeout")
"""Limits that would end the snapshot while its readers are at work."""


def literal(text: str) -> str:
    """A string constant of SQL, whatever is in the text."""
    escaped = text.replace("'", "''")
    return "E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in text else f"'{escaped}'"


def identifier(name: str) -> str:
    """A quoted name of SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


class Session:
    """A connection, for one thread at a time; only `close` may come from another. Every method raises SourceError."""

    def __init__(self, address: Address, *, where: str) -> None:
        """where: the place that errors of statements name."""
        try:
            import adbc_driver_postgresql.dbapi as adbc
        except ImportError:
            raise MissingExtra("postgres", needed_for="a postgresql source") from None
        self._where = where
        self._busy = threading.Lock()
        self._closed = False
        self._streaming: Any = None
        try:
            self._connection: Any = adbc.connect(address.uri, autocommit=True)
        except adbc.Error as error:
            raise faults.connecting(
                error, reference=address.reference, host=address.host, database=address.database
            ) from None

    def begin(self, *, statement_timeout: float | None, snapshot: str | None = None) -> None:
        """Open a read-only transaction whose every statement sees the same state.

        statement_timeout: seconds. snapshot: another session's exported one; its own first query sets it when None.
        """
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if snapshot is not None:
            self.execute(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}")
        for name, value in PLAIN_TEXT.items():
            # SET takes no snapshot, so that a lock taken next still comes before the snapshot.
            self.execute(f"SET LOCAL {name} = {literal(value)}")
        if snapshot is not None:
            self.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        if statement_timeout is not None:
            self.execute(f"SET LOCAL statement_timeout = {max(1, round(statement_timeout * 1000))}")

    def lift_limits(self) -> None:
        """Let the transaction stay open for as long as the readers need its snapshot."""
        names = ", ".join(literal(name) for name in NO_LIMIT)
        self.rows(f"SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name IN ({names})")

    def execute(self, statement: str) -> None:
        """Run a statement that returns nothing."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
        except Exception as error:
            raise faults.running(error, where=self._where, lost=self._is_lost(error)) from None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's few rows."""
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
                cursor.execute(query)
                return [tuple(row) for row in cursor.fetchall()]
        except Exception as error:
            raise faults.running(error, where=self._where, lost=self._is_lost(error)) from None

    def names(self, query: str) -> list[str]:
        """The names of a query's columns, without running it."""
        try:
            with self._connection.cursor() as cursor:
                return list(cursor.adbc_execute_schema(query).names)
        except Exception as error:
            raise faults.running(error, where=self._where, lost=self._is_lost(error)) from None

    def batches(
        self, query: str, schema: pa.Schema, rows: int, *, where: str, validate: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """A query's records as they arrive, at most `rows` in a batch, in the types of `schema`.

        where: what errors name. validate: check the text's encoding, for a server that does not.
        """
        reader: Any = None
        while True:
            with self._busy:
                try:
                    if self._closed:
                        raise _closed(where)
                    if reader is None:
                        reader = self._stream(query)
                    batch = next(reader, None)
                    if batch is None:
                        self._end_stream()
                        return
                except SourceError:
                    raise
                except Exception as error:
                    self._end_stream()
                    if self._closed:
                        raise _closed(where) from None
                    raise faults.running(error, where=where, lost=self._is_lost(error)) from None
            typed = pa.RecordBatch.from_arrays([plain(column) for column in batch.columns], schema=schema)
            if validate:
                _validate(typed, where)
            for start in range(0, typed.num_rows, rows):
                yield typed.slice(start, rows)

    def close(self) -> None:
        """End the transaction and the connection, also while another thread reads from it. Safe to call twice."""
        self._closed = True
        with contextlib.suppress(Exception):
            self._connection.adbc_cancel()
        with self._busy, contextlib.suppress(Exception):
            self._end_stream()
            self._connection.close()

    def _stream(self, query: str) -> Any:
        self._streaming = self._connection.cursor()
        self._streaming.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
        self._streaming.execute(query)
        return self._streaming.fetch_record_batch()

    def _end_stream(self) -> None:
        if self._streaming is not None:
            with contextlib.suppress(Exception):
                self._streaming.close()
            self._streaming = None

    def _is_lost(self, error: BaseException) -> bool:
        """Whether the connection is gone: the driver keeps no SQLSTATE of errors in the middle of a stream."""
        if getattr(error, "sqlstate", None):
            return False
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
                cursor.execute("SELECT 1")
        except Exception as second:
            return not getattr(second, "sqlstate", None)
        return False


def _closed(where: str) -> SourceError:
    return SourceError("the source was closed while it was read", where=where)


def _validate(batch: pa.RecordBatch, where: str) -> None:
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        raise SourceError(
            "a text is not UTF-8, and the database's encoding is SQL_ASCII, which does not tell what it is",
            where=where,
            remedy="convert it in `query:`, as in convert_from(column::bytea, 'LATIN1')",
        ) from None
