"""Every type of PostgreSQL arrives exactly, or as the text that the server itself writes."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.connect.postgres_table import run, source
from tests.servers.postgres import Postgres

from antechamber.errors import SourceError
from antechamber.records import Progress

UTC = dt.UTC

CASES: list[tuple[str, str, pa.DataType, object]] = [
    ("bool", "true", pa.bool_(), True),
    ("int2", "'-32768'", pa.int16(), -32768),
    ("int4", "'-2147483648'", pa.int32(), -(2**31)),
    ("int8", "'-9223372036854775808'", pa.int64(), -(2**63)),
    ("float4", "'1.5'", pa.float32(), 1.5),
    ("float8", "'-Infinity'", pa.float64(), -math.inf),
    ("numeric", "'1234567890123456789012345678.0123456780'", pa.string(), "1234567890123456789012345678.0123456780"),
    ("numeric(12,2)", "'7.5'", pa.string(), "7.50"),
    ("numeric", "'NaN'", pa.string(), "NaN"),
    ("numeric", "'Infinity'", pa.string(), "Infinity"),
    ("numeric", "'-Infinity'", pa.string(), "-Infinity"),
    ("numeric", "'1e1000'", pa.string(), "1" + "0" * 1000),
    ("numeric", "'-1e-16383'", pa.string(), "-0." + "0" * 16382 + "1"),
    ("numeric", "'1e-20'", pa.string(), "0.00000000000000000001"),
    ("money", "1234.5::numeric::money", pa.string(), "1234.50"),
    ("text", "E'a\\n\"\\t\\\\ü€😀'", pa.string(), 'a\n"\t\\ü€😀'),
    ("text", "''", pa.string(), ""),
    ("varchar(5)", "'ab '", pa.string(), "ab "),
    ("char(5)", "'ab'", pa.string(), "ab"),
    ('"char"', "'x'", pa.string(), "x"),
    ("name", "'n'", pa.string(), "n"),
    ("bytea", "'\\x00ff'", pa.string(), "\\x00ff"),
    ("date", "'0001-01-01'", pa.date32(), dt.date(1, 1, 1)),
    ("date", "'9999-12-31'", pa.date32(), dt.date(9999, 12, 31)),
    ("date", "'infinity'", pa.string(), "infinity"),
    ("date", "'0044-03-15 BC'", pa.string(), "0044-03-15 BC"),
    ("timestamp", "'2026-02-28 23:59:59.999999'", pa.timestamp("us"), dt.datetime(2026, 2, 28, 23, 59, 59, 999999)),
    ("timestamp", "'-infinity'", pa.string(), "-infinity"),
    ("timestamptz", "'2026-03-29 02:30:00+05:30'", pa.timestamp("us", "UTC"),
     dt.datetime(2026, 3, 28, 21, 0, tzinfo=UTC)),
    ("timestamptz", "'9999-12-31 23:59:59.999999+00'", pa.timestamp("us", "UTC"),
     dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ("timestamptz", "'infinity'", pa.string(), "infinity"),
    ("timestamptz", "'12026-01-01 00:00:00+00'", pa.string(), "12026-01-01T00:00:00+00:00"),
    ("time", "'24:00:00'", pa.string(), "24:00:00"),
    ("timetz", "'10:00:00.5-07'", pa.string(), "10:00:00.5-07"),
    ("interval", "'1 year 2 mons -3 days 04:05:06.7'", pa.string(), "P1Y2M-3DT4H5M6.7S"),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", pa.string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("json", "'{\"a\": [1, null]}'", pa.string(), '{"a": [1, null]}'),
    ("jsonb", "'{\"b\":1,\"a\":2}'", pa.string(), '{"a": 2, "b": 1}'),
    ("int4[]", "'{1,NULL,3}'", pa.string(), "{1,NULL,3}"),
    ("text[]", "ARRAY['a,b','\"']", pa.string(), '{"a,b","\\""}'),
    ("inet", "'10.1.2.3/8'", pa.string(), "10.1.2.3/8"),
    ("cidr", "'10.0.0.0/8'", pa.string(), "10.0.0.0/8"),
    ("macaddr", "'08:00:2b:01:02:03'", pa.string(), "08:00:2b:01:02:03"),
    ("bit(3)", "B'101'", pa.string(), "101"),
    ("point", "'(1,2)'", pa.string(), "(1,2)"),
    ("int4range", "'[1,5)'", pa.string(), "[1,5)"),
    ("tsvector", "'a b'", pa.string(), "'a' 'b'"),
    ("oid", "4294967295", pa.string(), "4294967295"),
    ("{schema}.mood", "'glad'", pa.string(), "glad"),
    ("{schema}.age", "41", pa.int32(), 41),
    ("{schema}.old_age", "99", pa.int32(), 99),
    ("{schema}.due", "'infinity'", pa.string(), "infinity"),
    ("{schema}.price", "9.90", pa.string(), "9.90"),
    ("{schema}.pair", "ROW(1, 'x y')", pa.string(), '(1,"x y")'),
]  # fmt: skip


def test_every_type_arrives_with_its_extremes_and_nulls(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(
        f"CREATE TYPE {schema}.mood AS ENUM ('glad', 'sad')",
        f"CREATE DOMAIN {schema}.age AS int CHECK (VALUE > 0)",
        f"CREATE DOMAIN {schema}.old_age AS {schema}.age CHECK (VALUE > 60)",
        f"CREATE DOMAIN {schema}.due AS timestamptz",
        f"CREATE DOMAIN {schema}.price AS numeric(8,2)",
        f"CREATE TYPE {schema}.pair AS (a int, b text)",
        f"CREATE TABLE {schema}.t ("
        + ", ".join(f"c{number} {case[0].format(schema=schema)}" for number, case in enumerate(CASES))
        + ")",
        f"INSERT INTO {schema}.t VALUES ({', '.join(case[1] for case in CASES)})",
        f"INSERT INTO {schema}.t DEFAULT VALUES",
    )
    table = source(postgres.url(), tmp_path, table=f"{schema}.t")
    assert [(case[0], field.type) for case, field in zip(CASES, table.schema(), strict=True)] == [
        (case[0], case[2]) for case in CASES
    ]
    _, (first, second) = run(postgres.url(), tmp_path, table=f"{schema}.t")
    assert [(case[0], first[f"c{number}"]) for number, case in enumerate(CASES)] == [(c[0], c[3]) for c in CASES]
    assert set(second.values()) == {None}
    _, (first, _) = run(postgres.url(), tmp_path, query=f"SELECT * FROM {schema}.t")
    for number, (type_name, _, arrow, value) in enumerate(CASES):
        read = first[f"c{number}"]
        if type_name in ("date", "timestamp", "timestamptz") and not isinstance(value, str):
            assert isinstance(value, dt.date) and str(read) == value.isoformat(), arrow  # times of a query are text
        else:
            assert read == value


@pytest.mark.parametrize("index", ["", "(at)", "(id, at)", "(at) WHERE id > 1", "(at DESC NULLS LAST, id)"])
def test_infinity_is_found_whatever_is_indexed(postgres: Postgres, schema: str, tmp_path: Path, index: str) -> None:
    postgres.run(
        f"CREATE TABLE {schema}.t (id int, day date, at timestamptz)",
        f"INSERT INTO {schema}.t VALUES (1, '2026-01-01', '-infinity'), (2, '2026-01-02', NULL)",
        f"INSERT INTO {schema}.t VALUES (3, NULL, '2026-01-01')",
    )
    if index:
        postgres.run(f"CREATE INDEX ON {schema}.t {index}")
    _, rows = run(postgres.url(), tmp_path, table=f"{schema}.t")
    assert [row["at"] for row in rows] == ["-infinity", None, "2026-01-01T00:00:00+00:00"]
    assert [row["day"] for row in rows] == [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None]


def test_settings_of_the_role_do_not_change_what_is_read(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(
        f"CREATE ROLE r_{schema} LOGIN PASSWORD 'pw' SUPERUSER",
        *(
            f"ALTER ROLE r_{schema} SET {setting}"
            for setting in (
                "TimeZone = 'Asia/Tokyo'", "DateStyle = 'German'", "IntervalStyle = 'sql_standard'",
                "bytea_output = 'escape'", "extra_float_digits = -10",
            )
        ),
        f"CREATE TABLE {schema}.t AS SELECT timestamptz '2026-01-01 00:00+00' AS a, 'infinity'::timestamptz AS b, "
        "interval '90 min' AS c, '\\x41'::bytea AS d, ARRAY[0.1::float8 + 0.2] AS e, "
        "tstzrange('2026-01-01 0:0Z', NULL) AS f",
    )  # fmt: skip
    try:
        mine, theirs = (
            run(url, tmp_path, table=f"{schema}.t")[1] for url in (postgres.url(), postgres.url(f"r_{schema}", "pw"))
        )
        assert mine == theirs
        assert mine[0]["e"] == "{0.30000000000000004}" and mine[0]["a"] == dt.datetime(2026, 1, 1, tzinfo=UTC)
    finally:
        postgres.run(f"DROP ROLE r_{schema}")


@pytest.mark.parametrize(
    "name", ["Order Lines", "select", 'a"b', "x.y", "it's", "ünï", "back\\slash", "%s", "$1", "t", "{}"]
)
def test_any_name_is_read_as_it_is(postgres: Postgres, schema: str, tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    other = '"' + name.replace('"', '""') + ' 2"'
    postgres.run(
        f"CREATE TABLE {schema}.{quoted} ({quoted} int, {other} date, at timestamptz, k int)",
        f"INSERT INTO {schema}.{quoted} VALUES (1, '2026-01-01', '2031-01-01', 1)",
    )
    declared: dict[str, Any] = {"table": f"{schema}.{quoted}", "partition_on": "k"}
    listing, rows = run(postgres.url(), tmp_path, watermark_column="at", **declared)
    assert [next(iter(row.values())) for row in rows] == [1] and name in rows[0]
    assert run(postgres.url(), tmp_path, watermark=listing.watermark, watermark_column="at", **declared)[1] == []


def test_a_bare_name_is_taken_as_written_and_else_folded(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(f'CREATE TABLE {schema}."Orders" AS SELECT 1 AS a', f"CREATE TABLE {schema}.items AS SELECT 2 AS a")
    assert run(postgres.url(), tmp_path, table=f"{schema}.Orders")[1] == [{"a": 1}]
    assert run(postgres.url(), tmp_path, table=f"{schema}.ITEMS")[1] == [{"a": 2}]
    with pytest.raises(SourceError, match=f"did you mean {schema}.Orders"):
        run(postgres.url(), tmp_path, table=f"{schema}.orders")


def test_views_partitioned_tables_and_queries_are_read(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(
        f"CREATE TABLE {schema}.p (id int, at timestamptz DEFAULT now()) PARTITION BY RANGE (id)",
        f"CREATE TABLE {schema}.p1 PARTITION OF {schema}.p FOR VALUES FROM (0) TO (10)",
        f"CREATE TABLE {schema}.p2 PARTITION OF {schema}.p FOR VALUES FROM (10) TO (20)",
        f"INSERT INTO {schema}.p SELECT i FROM generate_series(0, 19) i",
        f"CREATE VIEW {schema}.v AS SELECT * FROM {schema}.p",
        f"CREATE MATERIALIZED VIEW {schema}.m AS SELECT * FROM {schema}.p",
    )
    several: tuple[dict[str, Any], ...] = (
        *({"table": f"{schema}.{name}"} for name in "pvm"),
        {"query": f"WITH q AS (SELECT * FROM {schema}.p) SELECT * FROM q -- the end;"},
        {"query": f"SELECT * FROM {schema}.p ORDER BY id;\n"},
    )
    for declared in several:
        listing, rows = run(postgres.url(), tmp_path, watermark_column="at", **declared)
        assert sorted(row["id"] for row in rows) == list(range(20))
        assert run(postgres.url(), tmp_path, watermark=listing.watermark, watermark_column="at", **declared)[1] == []


def test_a_batch_is_never_larger_than_declared(postgres: Postgres, tmp_path: Path) -> None:
    table = source(postgres.url(), tmp_path, query="SELECT i FROM generate_series(1, 2500) i", batch_rows=1000)
    listing = table.list(Progress())
    assert [batch.num_rows for batch in table.read(listing.partitions[0])] == [1000, 1000, 500]
    table.close()


def test_numbers_of_any_length_have_the_servers_own_text(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    some = "FROM generate_series(1, 5000)"
    postgres.run(
        f"CREATE TABLE {schema}.n AS SELECT row_number() OVER () AS id, v, v::text AS t FROM ("
        f"SELECT ((random() - 0.5) * power(10, (random() * 40 - 20)::int))::numeric AS v {some} "
        f"UNION ALL SELECT round(((random() - 0.5) * 1e12)::numeric, (random() * 20)::int) {some} "
        f"UNION ALL SELECT (random() * 1e9)::bigint * power(10::numeric, (random() * 60 - 30)::int) {some} "
        "UNION ALL SELECT unnest(ARRAY['NaN', '0.000', '-0.01', '1e131000', '10000.10', '0.00010000', 'Infinity', "
        "NULL]::numeric[])) AS made(v)",
    )
    _, rows = run(postgres.url(), tmp_path, table=f"{schema}.n")
    assert len(rows) == 15_008
    assert [row["id"] for row in rows if row["v"] != row["t"]] == []
