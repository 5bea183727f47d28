"""ODBC, by real drivers: SQLite's and MariaDB's."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.connect.relational_table import run
from tests.servers.mariadb import MariaDB

from antechamber.errors import SourceError


def _has(driver: str) -> bool:
    listed = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False)
    return f"[{driver}]" in listed.stdout


pytestmark = pytest.mark.skipif(
    shutil.which("odbcinst") is None or not _has("SQLite3") or not _has("MariaDB Unicode"),
    reason="needs unixodbc, libsqliteodbc and odbc-mariadb (scripts/need-mariadb)",
)


def maria(mariadb: MariaDB, password: str = "") -> str:
    return f"Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={mariadb.port};Database=mysql;Uid=root;Pwd={password};"


MARIA: dict[str, Any] = {
    "quotes": "backtick",
    "begin": ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET time_zone = '+00:00'"],
}


def test_types_of_mariadb_arrive_by_its_driver(mariadb: MariaDB, database: str, tmp_path: Path) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.`odd ``name` (i bigint, d decimal(38,2), f double, t varchar(20), b varbinary(4), "
        "day date, at datetime(6), big longtext)",
        f"INSERT INTO {database}.`odd ``name` VALUES ({(1 << 63) - 1}, {'9' * 36}.99, 0.1, 'é🙂', x'00ff', "
        "'9999-12-31', '2026-01-01 01:02:03.000004', REPEAT('x', 60000)), (NULL" + ", NULL" * 7 + ")",
    )
    _, rows = run("odbc", maria(mariadb), tmp_path, table=f'{database}."odd `name"', **MARIA)
    assert rows == [
        {
            "i": (1 << 63) - 1, "d": Decimal("9" * 36 + ".99"), "f": 0.1, "t": "é🙂", "b": "00ff",
            "day": dt.date(9999, 12, 31), "at": dt.datetime(2026, 1, 1, 1, 2, 3, 4), "big": "x" * 60000,
        },
        dict.fromkeys(("i", "d", "f", "t", "b", "day", "at", "big")),
    ]  # fmt: skip


@pytest.mark.parametrize("watermark", ["id", "at"])
def test_what_changed_is_read_once_ties_included(
    mariadb: MariaDB, database: str, tmp_path: Path, watermark: str
) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.t (id int, what varchar(9), at datetime)",
        f"INSERT INTO {database}.t VALUES (1, 'a', '2026-01-01'), (2, 'b', '2026-01-02')",
    )
    declared: dict[str, Any] = {"table": f"{database}.t", "watermark": watermark, **MARIA}
    first, rows = run("odbc", maria(mariadb), tmp_path, **declared)
    assert [row["what"] for row in rows] == ["a", "b"]
    assert first.watermark and first.watermark["exact"] is False and "lateness" in first.skipped[0].reason
    mariadb.run(f"INSERT INTO {database}.t VALUES (2, 'c', '2026-01-02'), (3, 'd', '2026-01-03')")
    second, rows = run("odbc", maria(mariadb), tmp_path, last=first.watermark, **declared)
    assert [row["what"] for row in rows] == ["c", "d"]
    assert run("odbc", maria(mariadb), tmp_path, last=second.watermark, **declared)[1] == []


def test_a_query_of_sqlite_is_read_by_its_driver(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE t (id INTEGER, what VARCHAR(20))")
        shop.execute("INSERT INTO t VALUES (1, 'é🙂'), (2, NULL)")
    string = f"Driver={{SQLite3}};Database={tmp_path}/shop.db"
    listing, rows = run("odbc", string, tmp_path, query="SELECT * FROM t ORDER BY id")
    assert rows == [{"id": 1, "what": "é🙂"}, {"id": 2, "what": None}]
    assert "one state" in listing.skipped[0].reason


@pytest.mark.parametrize(
    ("string", "declared", "what"),
    [
        ("Driver={No Such};Pwd=s3cret", {"table": "t"}, "not installed"),
        (None, {"table": "mysql.nowhere"}, "no such table"),
        (None, {"query": "SELEC 1"}, "not SQL that the database reads"),
        (None, {"query": "SELECT REPEAT('x', 500) AS x", "longest_value": 100}, "longest_value|quote a record"),
    ],
)
def test_what_does_not_fit_is_said_without_values_or_secrets(
    mariadb: MariaDB, tmp_path: Path, string: str | None, declared: Any, what: str
) -> None:
    with pytest.raises(SourceError) as fault:
        run("odbc", string or maria(mariadb), tmp_path, **{**MARIA, **declared})
    said = str(fault.value) + str(fault.value.__cause__)
    assert any(one in said for one in what.split("|")) and fault.value.remedy
    assert "s3cret" not in said and "xxx" not in said
