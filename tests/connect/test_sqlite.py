"""SQLite files: read as they are at one moment, every value as what it is, and nothing twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.connect.relational_table import read_all, run, source

from antechamber.errors import SourceError
from antechamber.records import Progress


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop's #1.db"
    with sqlite3.connect(path) as shop:
        shop.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP)"
        )
    return path


def write(file: Path, *statements: str) -> None:
    shop = sqlite3.connect(file)
    with shop:
        for statement in statements:
            shop.execute(statement)
    shop.close()


def read(file: Path, **declared: Any) -> Any:
    return run("sqlite", str(file), file.parent, **declared)


def test_every_affinity_and_what_does_not_fit_it_arrives_exactly(file: Path) -> None:
    write(
        file,
        "CREATE TABLE e (i BIGINT, r DOUBLE PRECISION, n DECIMAL(10,2), s VARCHAR(9), b BLOB, d DATE, x)",
        "INSERT INTO e VALUES (9223372036854775807, 0.1, 19.9, 'é🙂' || char(0) || 'z', x'00ff', '2026-01-02', 1)",
        "INSERT INTO e VALUES (-9223372036854775808, 1e308, 3, 'b', NULL, 20260102, 'one')",
    )
    table = source("sqlite", str(file), file.parent, table="E")
    assert table.schema().types == [pa.int64(), pa.float64(), *[pa.string()] * 5]
    assert read(file, table="e")[1] == [
        {"i": (1 << 63) - 1, "r": 0.1, "n": "19.9", "s": "é🙂\0z", "b": "00ff", "d": "2026-01-02", "x": "1"},
        {"i": -(1 << 63), "r": 1e308, "n": "3", "s": "b", "b": None, "d": "20260102", "x": "one"},
    ]
    write(file, "INSERT INTO e (i, r) VALUES ('n/a', 'n/a'), (1.5, x'01')")
    assert [(row["i"], row["r"]) for row in read(file, table="e", batch_rows=2)[1]] == [
        ((1 << 63) - 1, 0.1), (-(1 << 63), 1e308), ("n/a", "n/a"), ("1.5", "01")
    ]  # fmt: skip
    assert read(file, query="SELECT i, s FROM e WHERE typeof(i) = 'integer' -- some")[1][1] == {
        "i": -(1 << 63),
        "s": "b",
    }


@pytest.mark.parametrize("watermark", ["id", "at"])
def test_what_changed_is_read_once_ties_included(file: Path, watermark: str) -> None:
    write(file, "INSERT INTO t (what, at) VALUES ('a', '2026-01-01 00:00:00'), ('b', '2026-01-02 00:00:00')")
    first, rows = read(file, table="t", watermark=watermark)
    assert [row["what"] for row in rows] == ["a", "b"] and first.watermark["exact"] and first.skipped == ()
    write(file, "INSERT INTO t (what, at) VALUES ('c', '2026-01-02 00:00:00'), ('d', '2026-01-03 00:00:00')")
    second, rows = read(file, table="t", watermark=watermark, last=first.watermark)
    assert [row["what"] for row in rows] == ["c", "d"]
    assert read(file, table="t", watermark=watermark, last=second.watermark)[1] == []


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_run_sees_one_state_and_writes_nothing(file: Path, journal: str) -> None:
    write(file, f"PRAGMA journal_mode = {journal}")
    write(file, *["INSERT INTO t (what) VALUES ('before')"] * 20)
    table = source("sqlite", str(file), file.parent, table="t", batch_rows=5)
    listing = table.list(Progress())
    other = sqlite3.connect(file, timeout=0)
    try:
        if journal == "wal":
            with other:
                other.execute("UPDATE t SET what = 'after'")
        else:
            with pytest.raises(sqlite3.OperationalError, match="locked"), other:
                other.execute("UPDATE t SET what = 'after'")
        assert {row["what"] for row in read_all(table, listing)} == {"before"}
    finally:
        table.close()
        other.close()


@pytest.mark.parametrize(
    ("declared", "what", "remedy"),
    [
        ({"table": "tt"}, "no such table", "did you mean t?"),
        ({"table": "t", "watermark": "idd"}, "no column 'idd'", "did you mean id?"),
        ({"query": "SELECT whatt FROM t"}, "no such column: whatt|no such column: t.whatt", "names"),
        ({"query": "SELEC 1"}, "not SQL that SQLite reads", "one SELECT"),
        ({"query": "WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS m FROM n",
          "statement_timeout": 0.2}, "statement timeout", "statement_timeout"),
    ],
)  # fmt: skip
def test_a_declaration_that_does_not_fit_the_file(file: Path, declared: Any, what: str, remedy: str) -> None:
    with pytest.raises(SourceError) as fault:
        read(file, **declared)
    assert any(one in str(fault.value) for one in what.split("|")) and remedy in fault.value.remedy


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to be taken for one" * 30)
    with pytest.raises(SourceError, match="cannot be opened by SQLite"):
        run("sqlite", str(tmp_path / "x.db"), tmp_path, table="t")
    with pytest.raises(SourceError, match="no such file"):
        run("sqlite", "nowhere.db", tmp_path, table="t")


@pytest.mark.parametrize("column", ["id", "what", "at"])
def test_what_says_how_to_read_in_parallel_changes_nothing(file: Path, column: str) -> None:
    write(file, "INSERT INTO t (what) VALUES ('a'), (NULL), ('c')")
    assert [row["what"] for row in read(file, table="t", partition_on=column, max_connections=8)[1]] == [
        "a",
        None,
        "c",
    ]
