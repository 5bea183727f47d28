"""Every type of MariaDB arrives as what it is, with its extremes; nothing is rounded, shifted or cut off."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pymysql
import pytest
from tests.connect.relational_table import run, source
from tests.servers.mariadb import MariaDB

UTC = dt.UTC
TYPES: list[tuple[str, pa.DataType, list[tuple[str, Any]]]] = [
    ("tinyint", pa.int8(), [("-128", -128), ("127", 127)]),
    ("tinyint unsigned", pa.uint8(), [("255", 255)]),
    ("boolean", pa.int8(), [("true", 1), ("false", 0)]),
    ("smallint", pa.int16(), [("-32768", -32768)]),
    ("mediumint unsigned", pa.uint32(), [("16777215", 16777215)]),
    ("int", pa.int32(), [("-2147483648", -(1 << 31))]),
    ("int(6) zerofill", pa.uint32(), [("42", 42)]),
    ("bigint", pa.int64(), [(str(-(1 << 63)), -(1 << 63)), (str((1 << 63) - 1), (1 << 63) - 1)]),
    ("bigint unsigned", pa.uint64(), [("18446744073709551615", (1 << 64) - 1)]),
    ("float", pa.float32(), [("16777217", 16777216.0), ("0.1", 0.10000000149011612)]),
    ("double", pa.float64(), [("0.1", 0.1), ("1.7976931348623157e308", 1.7976931348623157e308), ("5e-324", 5e-324)]),
    ("decimal(12,2)", pa.decimal128(12, 2), [("-9999999999.99", Decimal("-9999999999.99")), ("0", Decimal("0.00"))]),
    ("decimal(38,10)", pa.decimal128(38, 10), [("9" * 28 + "." + "9" * 10, Decimal("9" * 28 + "." + "9" * 10))]),
    ("decimal(38,0) unsigned", pa.decimal128(38, 0), [("9" * 38, Decimal("9" * 38))]),
    ("decimal(65,30)", pa.string(), [("-" + "9" * 35 + "." + "1" * 30, "-" + "9" * 35 + "." + "1" * 30)]),
    ("bit(1)", pa.bool_(), [("b'1'", True), ("b'0'", False)]),
    ("bit(64)", pa.uint64(), [("18446744073709551615", (1 << 64) - 1)]),
    ("date", pa.date32(), [("'0001-01-01'", dt.date(1, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31))]),
    ("datetime", pa.timestamp("us"), [("'2026-03-29 02:30:00'", dt.datetime(2026, 3, 29, 2, 30))]),
    ("datetime(6)", pa.timestamp("us"), [("'9999-12-31 23:59:59.999999'", dt.datetime.max)]),
    ("timestamp(3)", pa.timestamp("us", "UTC"), [
        ("'2026-01-01 00:00:00.125'", dt.datetime(2026, 1, 1, 0, 0, 0, 125000, UTC))]),
    ("timestamp", pa.timestamp("us", "UTC"), [
        ("'1970-01-01 00:00:01'", dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("'2038-01-19 03:14:07'", dt.datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC))]),
    ("time(2)", pa.string(), [("'-838:59:59.25'", "-838:59:59.25"), ("'25:00:00'", "25:00:00.00")]),
    ("year", pa.int16(), [("1901", 1901), ("2155", 2155), ("0", 0)]),
    ("char(5)", pa.string(), [("'ab '", "ab"), ("''", "")]),
    ("varchar(50)", pa.string(), [("'🙂é山 '", "🙂é山 "), (r"'a\0b'", "a\0b"), ("REPEAT('x', 50)", "x" * 50)]),
    ("varchar(20) character set latin1", pa.string(), [("'Zürich'", "Zürich")]),
    ("longtext", pa.string(), [("REPEAT('é', 300)", "é" * 300), ("REPEAT('y', 70000)", "y" * 70000)]),
    ("binary(4)", pa.string(), [("x'00ff10'", "00ff1000")]),
    ("varbinary(9)", pa.string(), [("x'00ff'", "00ff"), ("''", "")]),
    ("blob", pa.string(), [("x'deadbeef'", "deadbeef")]),
    ("enum('a','b,c')", pa.string(), [("'b,c'", "b,c")]),
    ("set('a','b')", pa.string(), [("'a,b'", "a,b"), ("''", "")]),
    ("json", pa.string(), [("""'{"a": [1, null]}'""", '{"a": [1, null]}')]),
    ("uuid", pa.string(), [("'00112233-4455-6677-8899-aabbccddeeff'", "00112233-4455-6677-8899-aabbccddeeff")]),
    ("inet6", pa.string(), [("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329")]),
    ("point", pa.string(), [("POINT(1.5, -2)", "POINT(1.5 -2)")]),
]  # fmt: skip


@pytest.fixture
def everything(mariadb: MariaDB, database: str) -> tuple[str, list[dict[str, Any]]]:
    """A table of all types, written by sessions of two time zones, and what is in it."""
    columns = ", ".join(f"c{number} {kind}" for number, (kind, _, _) in enumerate(TYPES))
    mariadb.run(f"CREATE TABLE {database}.everything ({columns})")
    deep = max(len(values) for _, _, values in TYPES)
    expected: list[dict[str, Any]] = []
    with mariadb.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00', sql_mode = ''")
        for row in range(deep + 1):
            given = [values[row] if row < len(values) else ("NULL", None) for _, _, values in TYPES]
            cursor.execute(f"INSERT INTO everything VALUES ({', '.join(text for text, _ in given)})")
            expected.append({f"c{number}": value for number, (_, value) in enumerate(given)})
    return f"{database}.everything", expected


def test_every_type_arrives_exactly(mariadb: MariaDB, everything: Any, tmp_path: Path) -> None:
    table, expected = everything
    read = source("mysql", mariadb.url(), tmp_path, table=table)
    assert read.schema() == pa.schema([(f"c{number}", kind) for number, (_, kind, _) in enumerate(TYPES)])
    mariadb.run("SET GLOBAL time_zone = '-07:00'")
    try:
        _, rows = run("mariadb", mariadb.url(), tmp_path, table=table)
    finally:
        mariadb.run("SET GLOBAL time_zone = 'SYSTEM'")
    assert rows == expected


def test_a_query_gives_the_same_values_as_the_table(mariadb: MariaDB, everything: Any, tmp_path: Path) -> None:
    table, expected = everything
    _, rows = run("mysql", mariadb.url(), tmp_path, query=f"SELECT * FROM {table} -- all;")
    assert rows == expected


def test_a_date_that_is_none_arrives_as_the_text_it_is(mariadb: MariaDB, database: str, tmp_path: Path) -> None:
    with mariadb.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'")
        cursor.execute("CREATE TABLE old (id int, d date, t datetime(3), s timestamp NULL, good date)")
        cursor.execute("INSERT INTO old VALUES (1, '0000-00-00', '2026-00-10 01:02:03', '0000-00-00', '2026-01-01')")
        cursor.execute("INSERT INTO old VALUES (2, '2026-02-31', '0000-01-01', '2026-01-01', '2026-01-02')")
        cursor.execute("INSERT INTO old VALUES (3, NULL, NULL, NULL, NULL)")
    _, rows = run("mysql", mariadb.url(), tmp_path, table=f"{database}.old")
    assert rows == [
        {"id": 1, "d": "0000-00-00", "t": "2026-00-10T01:02:03.000", "s": "0000-00-00T00:00:00Z",
         "good": dt.date(2026, 1, 1)},
        {"id": 2, "d": "2026-02-31", "t": "0000-01-01T00:00:00.000", "s": "2026-01-01T00:00:00Z",
         "good": dt.date(2026, 1, 2)},
        {"id": 3, "d": None, "t": None, "s": None, "good": None},
    ]  # fmt: skip


def test_records_of_every_length_arrive_as_another_client_reads_them(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    """Lengths on both sides of every size that the protocol writes them in, and rows of more than one packet."""
    lengths = [0, 1, 249, 250, 251, 252, 255, 256, 65535, 65536, 1 << 20, (1 << 24) - 10, (1 << 24) + 5]
    mariadb.run(f"CREATE TABLE {database}.t (id int PRIMARY KEY, a longtext, b int, c longtext)")
    mariadb.run("SET GLOBAL max_allowed_packet = 1 << 30")
    for number, length in enumerate(lengths):
        mariadb.run(
            f"INSERT INTO {database}.t VALUES ({number}, REPEAT('ä', {length} >> 1), {length}, REPEAT('z', {length}))"
        )
    mariadb.run(
        f"INSERT INTO {database}.t SELECT seq, NULL, NULL, IF(seq % 3, 'x', NULL) FROM {database}.seq_100_to_12000"
    )
    by_name = pymysql.cursors.DictCursor
    with mariadb.connect(max_allowed_packet=1 << 30, cursorclass=by_name) as other, other.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {database}.t ORDER BY id")
        expected = list(cursor.fetchall())
    for rows in (1, 977, 1_000_000):
        if rows == 1:
            _, read = run(
                "mysql", mariadb.url(), tmp_path, batch_rows=rows, query=f"SELECT * FROM {database}.t WHERE id < 150"
            )
            assert sorted(read, key=lambda row: row["id"]) == [row for row in expected if row["id"] < 150]
        else:
            _, read = run("mysql", mariadb.url(), tmp_path, batch_rows=rows, table=f"{database}.t")
            assert sorted(read, key=lambda row: row["id"]) == expected


def test_only_the_columns_that_are_asked_for_leave_the_server(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.t (id int, ssn text, updated_at timestamp(6) DEFAULT now(6))",
        f"INSERT INTO {database}.t (id, ssn) VALUES (1, 'secret'), (2, 'secret')",
        "SET GLOBAL general_log = 1, GLOBAL log_output = 'TABLE'",
    )
    try:
        first, rows = run(
            "mysql", mariadb.url(), tmp_path, columns=["id"], table=f"{database}.t", watermark="updated_at"
        )
        _, again = run(
            "mysql", mariadb.url(), tmp_path, columns=["id"], table=f"{database}.t", watermark="updated_at",
            last=first.watermark,
        )  # fmt: skip
        asked = mariadb.run("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log")
    finally:
        mariadb.run("SET GLOBAL general_log = 0", "TRUNCATE mysql.general_log")
    assert rows == [{"id": 1}, {"id": 2}] and again == []
    assert not [text for (text,) in asked if "ssn" in text and "INSERT" not in text and "CREATE" not in text]
