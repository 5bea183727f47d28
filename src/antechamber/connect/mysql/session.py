"""One connection to MySQL or MariaDB that only reads, and its records as they arrive."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from antechamber.connect.mysql import faults, types, wire
from antechamber.connect.mysql.address import Address
from antechamber.connect.relational.database import Session
from antechamber.errors import MissingExtra, SourceError

SETTINGS = (
    "time_zone = '+00:00'",
    "sql_mode = REPLACE(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', '')",
    "sql_select_limit = 18446744073709551615",
    "sql_big_selects = 1",
    "net_write_timeout = 3600",
    "wait_timeout = 86400",
    "transaction_isolation = 'REPEATABLE-READ'",
)
"""What values, and whether all of them arrive, depend on; and how long the server waits for a reader that is busy."""


class MysqlSession(Session):
    """A connection, for one thread at a time; only `close` may come from another."""

    def __init__(self, address: Address, *, where: str, statement_timeout: float | None) -> None:
        """where: the place that errors of statements name. statement_timeout: seconds."""
        try:
            import pymysql
            from pymysql.constants import CLIENT
        except ImportError:
            raise MissingExtra("mysql", needed_for="a mysql source") from None
        self._where = where
        self._closed = False
        self._busy = threading.Lock()
        try:
            self._connection: Any = pymysql.connect(
                host=address.host,
                port=address.port,
                unix_socket=address.socket,
                user=address.user,
                password=address.password,
                database=address.database or None,
                charset="utf8mb4",
                ssl=address.tls,
                ssl_disabled=address.tls is None,
                connect_timeout=address.timeout,
                program_name="antechamber",
                client_flag=CLIENT.MULTI_RESULTS,
                autocommit=True,
                local_infile=False,
            )
        except (pymysql.MySQLError, OSError, RuntimeError) as error:
            raise faults.connecting(error, address) from None
        self.mariadb = "mariadb" in self._connection.get_server_info().lower()
        try:
            self._set(statement_timeout)
        except BaseException:
            self.close()
            raise

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._busy:
            if self._closed:
                raise self._was_closed(self._where)
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(query)
                    return list(cursor.fetchall())
            except Exception as error:
                raise self._failed(error, self._where) from None

    def named(self, query: str) -> list[dict[str, Any]]:
        """A query's few rows by their columns' names."""
        with self._busy:
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(query)
                    names = [described[0] for described in cursor.description]
                    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            except Exception as error:
                raise self._failed(error, self._where) from None

    def fields(self, source: str) -> list[tuple[str, int, int, int, int, int]]:
        """(name, type code, character set, length, decimals, flags) of the columns of something to select from."""
        with self._busy:
            try:
                self._connection.query(f"SELECT * FROM {source} t LIMIT 0")  # noqa: S608
                found = self._connection._result.fields
            except Exception as error:
                raise self._failed(error, self._where) from None
        return [
            (field.name, field.type_code, field.charsetnr, field.length, field.scale, field.flags) for field in found
        ]

    def batches(self, query: str, schema: pa.Schema, rows: int, *, where: str) -> Iterator[pa.RecordBatch]:
        blocks: Iterator[tuple[bytearray, list[int]]] | None = None
        ended = False
        try:
            while True:
                with self._busy:
                    try:
                        if self._closed:
                            raise self._was_closed(where)
                        if blocks is None:
                            self._connection.query(query, unbuffered=True)
                            blocks = wire.blocks(self._connection._rfile, rows)
                        block = next(blocks, None)
                        if block is None:
                            ended = True
                            return
                    except SourceError:
                        raise
                    except wire.Refused as error:
                        ended = True
                        raise self._failed(error, where) from None
                    except Exception as error:
                        raise self._failed(error, where) from None
                buffer, starts = block
                found = wire.values(buffer, starts, len(schema))
                try:
                    arrays = [types.arrived(array, field.type) for array, field in zip(found, schema, strict=True)]
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                    raise SourceError(
                        "a value is not of the type that its column has",
                        where=where,
                        remedy="was the table changed while it was read? run again",
                    ) from None
                yield types.batch_of(arrays, schema)
        finally:
            self._end_result(ended)

    def close(self) -> None:
        self._closed = True
        # A thread that waits for the server's next bytes is woken by the end of the socket.
        with contextlib.suppress(Exception):
            self._connection._sock.shutdown(socket.SHUT_RDWR)
        with self._busy, contextlib.suppress(Exception):
            self._forget_result()
            self._connection._force_close()

    def _set(self, statement_timeout: float | None) -> None:
        for setting in SETTINGS:
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(f"SET SESSION {setting}")
            except Exception as error:
                if "transaction_isolation" not in setting:
                    raise self._failed(error, self._where) from None
                self.rows("SET SESSION tx_isolation = 'REPEATABLE-READ'")  # its name before MariaDB 11.1
        if self.mariadb:
            # Nothing but the run's end may end the transaction that holds its snapshot.
            with contextlib.suppress(SourceError):
                self.rows("SET SESSION idle_transaction_timeout = 0")
            with contextlib.suppress(SourceError):
                self.rows("SET SESSION idle_readonly_transaction_timeout = 0")
        if statement_timeout is not None:
            self.rows(
                f"SET SESSION max_statement_time = {statement_timeout:.6f}"
                if self.mariadb
                else f"SET SESSION max_execution_time = {max(1, round(statement_timeout * 1000))}"
            )

    def _end_result(self, ended: bool) -> None:
        """Leave the connection fit for the next statement, or end it when records are still to come."""
        if not ended and not self._closed:
            self.close()
        self._forget_result()

    def _forget_result(self) -> None:
        result = getattr(self._connection, "_result", None)
        if result is not None:
            result.unbuffered_active, result.connection = False, None

    def _failed(self, error: Exception, where: str) -> SourceError:
        return self._was_closed(where) if self._closed else faults.running(error, where=where)

    def _was_closed(self, where: str) -> SourceError:
        return SourceError("the source was closed while it was read", where=where)
