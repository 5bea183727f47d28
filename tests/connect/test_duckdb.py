"""DuckDB files: every type arrives as what it is; nothing is read twice, and nothing but the file is reached."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.connect.relational_table import run, source

from antechamber.connect.relational import ranges
from antechamber.errors import SourceError

TYPES: list[tuple[str, pa.DataType, list[tuple[str, Any]]]] = [
    ("BOOLEAN", pa.bool_(), [("true", True)]),
    ("TINYINT", pa.int8(), [("-128", -128)]),
    ("BIGINT", pa.int64(), [(str(-(1 << 63)), -(1 << 63))]),
    ("UBIGINT", pa.uint64(), [("18446744073709551615", (1 << 64) - 1)]),
    ("HUGEINT", pa.string(), [(str(-(1 << 127)), str(-(1 << 127)))]),
    ("FLOAT", pa.float32(), [("0.5", 0.5)]),
    ("DOUBLE", pa.float64(), [("1.7976931348623157e308", 1.7976931348623157e308)]),
    ("DECIMAL(38,10)", pa.decimal128(38, 10), [("9" * 28 + "." + "9" * 10, Decimal("9" * 28 + "." + "9" * 10))]),
    ("VARCHAR", pa.string(), [("'é🙂' || chr(0) || 'z'", "é🙂\0z")]),
    ("BLOB", pa.string(), [(r"'\x00\xFF'::BLOB", "00ff")]),
    ("DATE", pa.date32(), [("'9999-12-31'", dt.date(9999, 12, 31)), ("'0001-01-01'", dt.date(1, 1, 1))]),
    ("TIMESTAMP", pa.timestamp("us"), [("'9999-12-31 23:59:59.999999'", dt.datetime.max)]),
    ("TIMESTAMP_S", pa.timestamp("s"), [("'2026-01-01 00:00:01'", dt.datetime(2026, 1, 1, 0, 0, 1))]),
    ("TIMESTAMPTZ", pa.timestamp("us", "UTC"), [
        ("'2026-01-01 01:00:00+01'", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))]),
    ("TIME", pa.string(), [("'23:59:59.5'", "23:59:59.5")]),
    ("INTERVAL", pa.string(), [("INTERVAL 3 DAY", "3 days")]),
    ("UUID", pa.string(), [("'00112233-4455-6677-8899-aabbccddeeff'", "00112233-4455-6677-8899-aabbccddeeff")]),
    ("ENUM('a', 'b')", pa.string(), [("'b'", "b")]),
    ("BIT", pa.string(), [("'0101'", "0101")]),
    ("JSON", pa.string(), [("""'{"a": [1, null]}'""", '{"a": [1, null]}')]),
    ("INTEGER[]", pa.string(), [("[1, NULL, 3]", "[1,null,3]")]),
    ("STRUCT(a INTEGER, b VARCHAR)", pa.string(), [("{'a': 1, 'b': 'x'}", '{"a":1,"b":"x"}')]),
]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


def write(file: Path, *statements: str) -> None:
    with duckdb.connect(str(file)) as shop:
        for statement in statements:
            shop.execute(statement)


def read(file: Path, **declared: Any) -> Any:
    return run("duckdb", str(file), file.parent, **declared)


def test_every_type_arrives_exactly(file: Path) -> None:
    write(file, f"CREATE TABLE e ({', '.join(f'c{number} {kind}' for number, (kind, _, _) in enumerate(TYPES))})")
    expected = []
    for row in range(3):
        given = [values[row] if row < len(values) else ("NULL", None) for _, _, values in TYPES]
        write(file, f"INSERT INTO e VALUES ({', '.join(text for text, _ in given)})")
        expected.append({f"c{number}": value for number, (_, value) in enumerate(given)})
    assert source("duckdb", str(file), file.parent, table="e").schema().types == [kind for _, kind, _ in TYPES]
    for way in ({"table": "main.E"}, {"query": "SELECT * FROM e"}):
        assert sorted(read(file, **way)[1], key=str) == sorted(expected, key=str)


def test_infinity_and_far_years_arrive_as_text(file: Path) -> None:
    write(file, "CREATE TABLE e (d DATE, t TIMESTAMP, z TIMESTAMPTZ, good DATE)")
    write(file, "INSERT INTO e VALUES ('infinity', '-infinity', '0044-03-15 (BC) 00:00:00+00', '2026-01-01')")
    assert read(file, table="e")[1] == [
        {"d": "infinity", "t": "-infinity", "z": "-0043-03-15T00:00:00.000000Z", "good": dt.date(2026, 1, 1)}
    ]


@pytest.mark.parametrize(
    ("watermark", "kind"),
    [("id", ""), *[("stamp", kind) for kind in ("TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "DATE")]],
)
def test_what_changed_is_read_once_ties_included(file: Path, watermark: str, kind: str) -> None:
    write(
        file, "CREATE SEQUENCE n",
        f"CREATE TABLE t (id INTEGER DEFAULT nextval('n'), what VARCHAR, stamp {kind or 'TIMESTAMP'})",
        "INSERT INTO t (what, stamp) VALUES ('a', '2026-01-01'), ('b', '2026-01-02')",
    )  # fmt: skip
    first, rows = read(file, table="t", watermark=watermark)
    assert sorted(row["what"] for row in rows) == ["a", "b"] and first.watermark["exact"]
    write(file, "INSERT INTO t (what, stamp) VALUES ('c', '2026-01-02'), ('d', '2026-01-03')")
    second, rows = read(file, table="t", watermark=watermark, columns=["what"], last=first.watermark)
    assert "columns that are read have changed" in second.skipped[0].reason
    assert sorted(row["what"] for row in rows) == ["b", "c", "d"]  # what was read cannot be told any more
    second, rows = read(file, table="t", watermark=watermark, last=first.watermark)
    assert sorted(row["what"] for row in rows) == ["c", "d"]
    assert read(file, table="t", watermark=watermark, last=second.watermark)[1] == []


@pytest.mark.parametrize("key", ["i", "s", "u", "d"])
def test_every_record_is_in_one_range(file: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "ROWS_WORTH_A_PART", 500)
    write(
        file, "CREATE TABLE t AS SELECT i, CAST(i % 97 AS VARCHAR) AS s, md5(CAST(i AS VARCHAR))::UUID AS u, "
        "DATE '2000-01-01' + CAST(sqrt(i) AS INTEGER) AS d FROM range(6000) r(i)",
        "UPDATE t SET s = NULL WHERE i < 9",
    )  # fmt: skip
    listing, rows = read(file, table="t", partition_on=key)
    assert sorted(row["i"] for row in rows) == list(range(6000)) and len(listing.partitions) >= 4


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        ({"table": "tt"}, "no such table"),
        ({"query": "SELECT whatt FROM t"}, "whatt"),
        ({"query": "SELEC 1"}, "not SQL that DuckDB reads"),
        ({"query": "SELECT * FROM read_csv('/etc/passwd')"}, "failed while reading"),
        ({"query": "SELECT sum(a.range * b.range) AS s FROM range(1000000) a, range(1000000) b",
          "statement_timeout": 0.3}, "statement timeout"),
    ],
)  # fmt: skip
def test_a_declaration_that_does_not_fit_the_file(file: Path, declared: Any, what: str) -> None:
    write(file, "CREATE TABLE t (what VARCHAR)")
    with pytest.raises(SourceError) as fault:
        read(file, **declared)
    assert what in str(fault.value) and fault.value.remedy


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(SourceError, match="cannot be opened by DuckDB"):
        run("duckdb", "x.db", tmp_path, table="t")
