"""Warehouses that cannot run here, at the edge of their clients: what they are asked, and what becomes of the answer.

Behind the client is DuckDB: each statement is read in the warehouse's own dialect and written in DuckDB's. Not run
against the services. Redshift is run against PostgreSQL, whose protocol it speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from tests.connect.relational_table import read_all, run
from tests.servers.postgres import Postgres

from antechamber.connect.relational import RelationalTable, ranges
from antechamber.declare.registry import source_type
from antechamber.records import Progress
from antechamber.secrets import Secrets

ANSWERS = {
    r"TO_VARCHAR\(CURRENT_TIMESTAMP": "SELECT '2026-11-24 01:02:03.000000004 +00:00' AS moment",
    r"FORMAT_TIMESTAMP": "SELECT '2026-11-24 01:02:03.000004+00:00' AS moment",
    r"sys\.databases": "SELECT 1 AS state",
    r"sys\.objects": "SELECT 1 AS one",
    r"DBMS_FLASHBACK": "SELECT '4711' AS scn",
    r"DESCRIBE HISTORY": "SELECT 7 AS version",
}
QUIET = re.compile(r"(ALTER SESSION|SET |ROLLBACK|IF @@)")
TRAVEL = re.compile(
    r"AT\(TIMESTAMP => .*?::TIMESTAMP_TZ\)|FOR SYSTEM_TIME AS OF TIMESTAMP '.*?'|AS OF SCN \d+|VERSION AS OF \d+"
)
DIALECTS = {"sqlserver": "tsql"}
TRAVELS: dict[str, str] = {}


class Cursor:
    """A cursor of whichever client."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse, self.at = warehouse, 0
        self.description: Any = None
        self.found = pa.table({"status": ["done"]})

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, sql: str) -> None:
        if QUIET.match(sql):
            self.warehouse.asked.append(sql)
            return
        self.found, self.at = self.warehouse.table(sql), 0
        self.description = ["…"]

    def fetchmany_arrow(self, rows: int) -> pa.Table:
        self.at += rows
        return self.found.slice(self.at - rows, rows)

    def close(self) -> None:
        self.found = pa.table({})

    def fetch_record_batch(self) -> Any:
        return self.found.to_reader()

    def arrow_reader(self, rows: int) -> Any:
        return self.found.to_reader(rows)


class Warehouse:
    """All clients in one: the shapes of the calls that each source makes."""

    def __init__(self, kind: str) -> None:
        self.kind, self.asked = kind, list[str]()
        self.data = duckdb.connect()
        self.data.execute("SET TimeZone = 'UTC'")

    def table(self, sql: str) -> pa.Table:
        self.asked.append(sql)
        for pattern, answer in ANSWERS.items():
            if re.search(pattern, sql):
                return self.data.cursor().execute(answer).to_arrow_table()
        plain = TRAVEL.sub("", sql)
        (translated,) = sqlglot.transpile(plain, read=DIALECTS[self.kind], write="duckdb")
        return self.data.cursor().execute(translated).to_arrow_table()

    def cursor(self) -> Cursor:
        return Cursor(self)

    def query(self, sql: str) -> Any:
        found = self.table(sql)
        result = SimpleNamespace(schema=["…"], total_rows=found.num_rows)
        result.to_arrow = lambda **_: found
        result.to_arrow_iterable = lambda **_: iter(found.to_batches())
        return SimpleNamespace(result=lambda timeout: result)

    def fetch_df_batches(self, statement: str, size: int, fetch_decimals: bool) -> Iterator[pa.Table]:
        found = self.table(statement)
        yield from (found.slice(start, size) for start in range(0, found.num_rows, size))

    def fetch_df_all(self, statement: str, fetch_decimals: bool) -> pa.Table:
        return self.table(statement)

    def close(self) -> None: ...


@pytest.fixture(params=DIALECTS)
def warehouse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    made = Warehouse(request.param)
    module = __import__(f"antechamber.connect.{request.param}", fromlist=["x"])
    database = getattr(module, request.param.capitalize())
    client: Any = (made, None) if request.param == "bigquery" else made
    monkeypatch.setattr(database, "client", lambda self: client)
    made.data.execute("CREATE SCHEMA sales")
    made.data.execute(
        "CREATE TABLE sales.customers (id BIGINT, what VARCHAR, amount DECIMAL(12,2), raw BLOB, changed TIMESTAMP)"
    )
    return made


def opened(warehouse: Warehouse, folder: Path, **declared: Any) -> RelationalTable:
    kind = source_type(warehouse.kind)
    model = kind.model.model_validate({"type": warehouse.kind, "url": "env:X", **declared})
    columns = declared.pop("columns", ("id", "what", "amount", "raw"))
    table = kind.open(model, SimpleNamespace(store=None, secrets=Secrets(folder), columns=columns))
    assert isinstance(table, RelationalTable)
    return table


def read(warehouse: Warehouse, folder: Path, last: Any = None, **declared: Any) -> Any:
    table = opened(warehouse, folder, **declared)
    try:
        listing = table.list(Progress(watermark=last))
        return listing, read_all(table, listing, threads=1)
    finally:
        table.close()


@pytest.mark.parametrize("watermark", ["id", "changed"])
def test_all_and_then_what_changed_is_asked_in_its_own_sql(
    warehouse: Warehouse, tmp_path: Path, watermark: str
) -> None:
    warehouse.data.execute(
        "INSERT INTO sales.customers VALUES (1, 'o''b', 1.10, 'ab', '2026-01-01'), "
        "(2, 'é', 2, NULL, '2026-01-02 03:04:05.000006')"
    )
    declared: dict[str, Any] = {"table": "sales.customers", "watermark": watermark}
    first, rows = read(warehouse, tmp_path, **declared)
    assert [(row["id"], row["what"], str(row["amount"]), row["raw"]) for row in rows] == [
        (1, "o'b", "1.10", "6162"), (2, "é", "2.00", None)
    ]  # fmt: skip
    assert any("lateness" in skipped.reason for skipped in first.skipped)
    reading = warehouse.asked[-1]
    assert TRAVELS.get(warehouse.kind, "") in reading and "changed" not in reading.partition("FROM")[0]
    warehouse.data.execute(
        "INSERT INTO sales.customers VALUES (2, 'tie', 3, NULL, '2026-01-02 03:04:05.000006'), "
        "(3, 'new', 4, NULL, '2026-02-01')"
    )
    second, rows = read(warehouse, tmp_path, first.watermark, **declared)
    assert sorted(row["what"] for row in rows) == ["new", "tie"]
    assert read(warehouse, tmp_path, second.watermark, **declared)[1] == []


def test_ranges_are_read_by_several_sessions_of_one_state(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "ROWS_WORTH_A_PART", 100)
    warehouse.data.execute("INSERT INTO sales.customers SELECT i, i % 50, 0, NULL, NULL FROM range(1000) r(i)")
    for key in ("id", "what"):
        listing, rows = read(warehouse, tmp_path, table="sales.customers", partition_on=key)
        assert sorted(row["id"] for row in rows) == list(range(1000))
        assert (len(listing.partitions) > 3) == (warehouse.kind in TRAVELS)


def test_a_query_says_that_it_may_see_several_states(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.data.execute("INSERT INTO sales.customers VALUES (1, 'a', 1, NULL, NULL)")
    listing, rows = read(warehouse, tmp_path, query="SELECT id, what, amount, raw FROM sales.customers")
    assert len(rows) == 1
    told = any("state" in skipped.reason for skipped in listing.skipped)
    assert told == (warehouse.kind in ("snowflake", "bigquery", "databricks"))


def test_redshift_is_read_by_the_protocol_of_postgresql(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(
        f"CREATE TABLE {schema}.t (id bigint, what text, amount numeric(12,2), changed timestamptz)",
        f"INSERT INTO {schema}.t VALUES (1, 'a', 1.10, '2026-01-01'), (2, 'b', NULL, '2026-01-02')",
    )
    url = postgres.url().replace("postgresql://", "redshift://")
    declared: dict[str, Any] = {"table": f"{schema}.t", "watermark": "changed"}
    first, rows = run("redshift", url, tmp_path, columns=["id", "what", "amount"], **declared)
    assert rows == [{"id": 1, "what": "a", "amount": "1.10"}, {"id": 2, "what": "b", "amount": None}]
    postgres.run(f"INSERT INTO {schema}.t VALUES (3, 'tie', 0, '2026-01-02')")
    _, rows = run("redshift", url, tmp_path, columns=["id", "what", "amount"], last=first.watermark, **declared)
    assert [row["what"] for row in rows] == ["tie"]
