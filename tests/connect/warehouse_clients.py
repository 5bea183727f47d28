"""The clients of services that cannot run here, where they are entered: each in the shape of the real one's calls.

What is asked of a client is checked by the real one's signature and options where it is installed; behind it stands
tests/servers/warehouse.py.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.servers.warehouse import Warehouse


def snowflake(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    import adbc_driver_snowflake
    import adbc_driver_snowflake.dbapi as adbc

    house = Warehouse("snowflake")
    house.answers += [
        (r"TO_VARCHAR\(CURRENT_TIMESTAMP", lambda _: f"SELECT '{house.now():%Y-%m-%d %H:%M:%S.%f}000 +00:00' AS m"),
        (r"^ALTER SESSION SET (TIMEZONE|STATEMENT_TIMEOUT)", lambda _: "SELECT 'done' AS status"),
    ]

    class Cursor:
        def execute(self, sql: str) -> None:
            self.found = house.ask(sql)

        def fetch_record_batch(self) -> pa.RecordBatchReader:
            return self.found.rename_columns([name.upper() for name in self.found.column_names]).to_reader(100)

        def close(self) -> None: ...

    def connect(*given: Any, **named: Any) -> Any:
        bound = inspect.signature(adbc_connect).bind(*given, **named)
        adbc_driver_snowflake.connect(db_kwargs=bound.arguments["db_kwargs"]).close()  # the driver checks the options
        return SimpleNamespace(cursor=Cursor, close=lambda: None)

    adbc_connect = adbc.connect
    monkeypatch.setattr(adbc, "connect", connect)
    return house


def bigquery(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    from google.cloud import bigquery, bigquery_storage

    house = Warehouse("bigquery")
    house.answers += [(r"FORMAT_TIMESTAMP", lambda _: f"SELECT '{house.now():%Y-%m-%d %H:%M:%S.%f}+00:00' AS m")]

    class Client:
        def __init__(self, **named: Any) -> None:
            inspect.signature(bigquery_client).bind(**named)

        def query(self, query: str, job_config: Any) -> Any:
            found = house.ask(query)
            if job_config.dry_run:
                return SimpleNamespace(schema=[_field(field) for field in found.schema])
            rows = SimpleNamespace(total_rows=found.num_rows, to_arrow_iterable=batches(found))
            return SimpleNamespace(result=lambda page_size: rows)

        def close(self) -> None: ...

    def batches(found: pa.Table) -> Any:
        def to_arrow_iterable(bqstorage_client: Any, max_queue_size: int, max_stream_count: int) -> Iterator[Any]:
            return iter(found.to_batches(100))

        return to_arrow_iterable

    def _field(field: pa.Field[Any]) -> Any:
        kind: Any = field.type
        mode = "REPEATED" if pa.types.is_list(kind) else "NULLABLE"
        kind = kind.value_type if pa.types.is_list(kind) else kind
        for test, name in (
            (pa.types.is_integer, "INTEGER"), (pa.types.is_struct, "RECORD"), (pa.types.is_decimal, "NUMERIC"),
            (pa.types.is_date, "DATE"), (pa.types.is_time, "TIME"), (pa.types.is_binary, "BYTES"),
            (lambda one: pa.types.is_timestamp(one) and one.tz, "TIMESTAMP"), (pa.types.is_timestamp, "DATETIME"),
            (pa.types.is_string, "STRING"), (pa.types.is_boolean, "BOOLEAN"), (pa.types.is_floating, "FLOAT"),
        ):  # fmt: skip
            if test(kind):
                return bigquery.SchemaField(field.name, name, mode=mode)
        raise AssertionError(kind)

    bigquery_client = bigquery.Client
    monkeypatch.setattr(bigquery, "Client", Client)
    monkeypatch.setattr(bigquery_storage, "BigQueryReadClient", lambda credentials: None)
    return house


def databricks(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The client is not installed (it brings pandas): its names come from its documentation."""
    house = Warehouse("databricks")
    house.answers += [
        (r"^DESCRIBE HISTORY", lambda _: f"SELECT {house.commits} AS version"),
        (r"^SET (TIME ZONE 'UTC'|STATEMENT_TIMEOUT = \d+)$", lambda _: "SELECT 'x' AS key"),
    ]

    class Cursor:
        description: Any = None

        def execute(self, sql: str) -> None:
            self.found, self.at, self.description = house.ask(sql), 0, [("…",)]

        def fetchmany_arrow(self, size: int) -> pa.Table:
            self.at += size
            return self.found.slice(self.at - size, size)

        def close(self) -> None: ...

    def connect(
        server_hostname: str, http_path: str, access_token: str, catalog: str | None, schema: str | None,
        user_agent_entry: str, _use_arrow_native_complex_types: bool, enable_telemetry: bool,
    ) -> Any:  # fmt: skip
        assert http_path.startswith("/sql/")
        return SimpleNamespace(cursor=Cursor, close=lambda: None)

    sql = ModuleType("databricks.sql")
    sql.__spec__ = ModuleSpec("databricks.sql", None)
    sql.connect = connect  # type: ignore[attr-defined]
    package = ModuleType("databricks")
    package.sql = sql  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "databricks", package)
    monkeypatch.setitem(sys.modules, "databricks.sql", sql)
    return house


def oracle(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    import oracledb

    house = Warehouse("oracle")
    house.answers += [(r"DBMS_FLASHBACK", lambda _: f"SELECT '{house.commits}' AS SCN")]
    house.answers += [
        (r"TO_CHAR\(SYSDATE", lambda _: f"SELECT '{house.now()}.000000' AS C, '+00:00' AS Z, '{house.now()}' AS W")
    ]
    house.data.execute("CREATE MACRO sys_extract_utc(x) AS x AT TIME ZONE 'UTC'")
    kinds = (
        (pa.types.is_decimal, oracledb.DB_TYPE_NUMBER), (pa.types.is_date, oracledb.DB_TYPE_DATE),
        (pa.types.is_string, oracledb.DB_TYPE_VARCHAR), (pa.types.is_floating, oracledb.DB_TYPE_BINARY_DOUBLE),
        (lambda one: pa.types.is_timestamp(one) and one.tz, oracledb.DB_TYPE_TIMESTAMP_TZ),
        (pa.types.is_timestamp, oracledb.DB_TYPE_TIMESTAMP), (pa.types.is_interval, oracledb.DB_TYPE_INTERVAL_DS),
        (pa.types.is_binary, oracledb.DB_TYPE_RAW), (pa.types.is_integer, oracledb.DB_TYPE_NUMBER),
        (pa.types.is_struct, oracledb.DB_TYPE_JSON),
    )  # fmt: skip

    class Connection:
        call_timeout = 0
        inside: duckdb.DuckDBPyConnection | None = None

        def __enter__(self) -> Connection:
            return self

        def __exit__(self, *_: object) -> None: ...

        def cursor(self) -> Connection:
            return self

        def execute(self, statement: str) -> None:
            if statement == "SET TRANSACTION READ ONLY":
                self.inside = transaction(house)
            elif statement == "ROLLBACK":
                self.inside = None
            elif not statement.startswith("ALTER SESSION SET "):
                self.description = [self.described(field) for field in house.ask(statement, self.inside).schema]

        def described(self, field: pa.Field[Any]) -> tuple[Any, ...]:
            kind: Any = field.type
            known = next(found for test, found in kinds if test(kind))
            digits = (kind.precision, kind.scale) if pa.types.is_decimal(kind) else (0, -127)
            return (field.name.upper(), known, None, None, *digits, True)

        def fetch_df_batches(self, *, statement: str, size: int, fetch_decimals: bool) -> Iterator[pa.Table]:
            found = house.ask(statement, self.inside)
            assert not any(pa.types.is_timestamp(kind) and kind.tz for kind in found.schema.types)
            yield from (found.slice(start, size) for start in range(0, max(1, found.num_rows), size))

        def close(self) -> None: ...

    def connect(**named: Any) -> Connection:
        inspect.signature(oracle_connect).bind(**named)
        assert named["protocol"] == "tcps" and named["ssl_server_dn_match"]
        return Connection()

    oracle_connect = oracledb.connect
    monkeypatch.setattr(oracledb, "connect", connect)
    return house


def sqlserver(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    import mssql_python
    from mssql_python.connection_string_parser import _ConnectionStringParser

    house = Warehouse("tsql")
    house.allowed = True
    words = (
        (pa.types.is_int64, "bigint"), (pa.types.is_date, "date"), (pa.types.is_string, "nvarchar(200)"),
        (lambda one: pa.types.is_timestamp(one) and one.tz, "datetimeoffset(7)"), (pa.types.is_time, "time(7)"),
        (pa.types.is_timestamp, "datetime2(7)"), (pa.types.is_binary, "varbinary(9)"), (pa.types.is_struct, "xml"),
    )  # fmt: skip

    def described(found: Any) -> str:
        try:
            schema = house.ask(found[1].replace("''", "'")).schema
        except duckdb.CatalogException:
            return "SELECT NULL AS name, NULL AS kind, NULL AS nullable, NULL AS drawn, 208 AS mistake"
        except duckdb.BinderException:
            return "SELECT NULL AS name, NULL AS kind, NULL AS nullable, NULL AS drawn, 207 AS mistake"
        return " UNION ALL ".join(
            f"SELECT '{field.name}' AS name, '{word(field.type)}' AS kind, true AS nullable, false AS drawn, "
            "NULL::INTEGER AS mistake" for field in schema
        )  # fmt: skip

    def word(kind: Any) -> str:
        if pa.types.is_decimal(kind):
            return f"decimal({kind.precision},{kind.scale})"
        return next(found for test, found in words if test(kind))

    house.answers += [
        (r"(?s)dm_exec_describe_first_result_set\(N'(.*)', NULL, 0\)", described),
        (r"sys\.databases", lambda _: f"SELECT {int(house.allowed)} AS allowed, 0 AS fixed"),
        (r"SYSUTCDATETIME", lambda _: f"SELECT '{house.now()}.000000' AS clock, 0 AS ahead, 0 AS fixed, 1 AS oldest"),
    ]
    house.data.execute("CREATE MACRO switchoffset(x, minutes) AS x AT TIME ZONE 'UTC'")

    class Cursor:
        description: Any = None

        def __init__(self, connection: Connection) -> None:
            self.connection = connection

        def execute(self, sql: str) -> None:
            if sql == "SET TRANSACTION ISOLATION LEVEL SNAPSHOT":
                self.connection.isolated = True
                return
            if self.connection.isolated and self.connection.inside is None:
                self.connection.inside = transaction(house)
            self.found = house.ask(sql, self.connection.inside)
            self.description = [("…",)]

        def arrow_reader(self, batch_size: int) -> pa.RecordBatchReader:
            return self.found.to_reader(batch_size)

        def close(self) -> None: ...

    class Connection:
        timeout = 0
        isolated = False
        inside: duckdb.DuckDBPyConnection | None = None

        def cursor(self) -> Cursor:
            return Cursor(self)

        def rollback(self) -> None:
            self.inside = None

        def close(self) -> None: ...

    def connect(*given: Any, **named: Any) -> Connection:
        bound = inspect.signature(mssql_connect).bind(*given, **named)
        options = _ConnectionStringParser(validate_keywords=True)._parse(bound.arguments["connection_str"])
        assert options["trustservercertificate"] == "no" and options["pwd"] == "s3cret"
        return Connection()

    mssql_connect = mssql_python.connect
    monkeypatch.setattr(mssql_python, "connect", connect)
    return house


def transaction(house: Warehouse) -> duckdb.DuckDBPyConnection:
    """A transaction of DuckDB: it sees what was there at its first statement."""
    cursor = house.data.cursor()
    cursor.execute("BEGIN TRANSACTION")
    return cursor
