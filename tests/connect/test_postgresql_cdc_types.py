"""A value gives the same, byte for byte, whether it was read from the table or from the log."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.connect.cdc_workspace import capture
from tests.connect.test_postgresql_types import CASES
from tests.servers.postgres import Postgres

from antechamber.connect import Opening
from antechamber.connect.postgresql import CapturedTable, ChangeCapture, PostgresqlSource
from antechamber.connect.postgresql.session import literal
from antechamber.records import CHANGE, Progress
from antechamber.secrets import Secrets
from antechamber.store import Location

__all__ = ["capture"]

EXTREMES: dict[str, list[str]] = {
    "bool": ["true", "false"],
    "int2": ["-32768", "32767"],
    "int4": ["-2147483648", "2147483647"],
    "int8": ["-9223372036854775808", "9223372036854775807"],
    "float4": ["NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e38", "0.1", "16777217"],
    "float8": ["NaN", "Infinity", "-Infinity", "-0", "5e-324", "1.7976931348623157e308", "0.1", "1e22"],
    "numeric": ["NaN", "Infinity", "-Infinity", "0.00", "1e-30", "-" + "9" * 60 + ".5"],
    "numeric(38,10)": ["9999999999999999999999999999.9999999999"],
    "money": ["-92233720368547758.08", "0", "1234567.89"],
    "text": ["", " ", "'", "\\", "\n\t\r", "a\u0301\U0001f600", "\\N", "NULL"],
    "varchar(3)": ["ab ", ""],
    "char(4)": ["", "a", " a", "abcd", "a  b"],
    "bpchar": ["a  ", ""],
    '"char"': ["", "x", "\\377"],
    "name": ["n"],
    "bytea": ["\\x", "\\x00ff27"],
    "date": ["0001-01-01", "9999-12-31", "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "2024-02-29"],
    "timestamp": ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "infinity", "0044-03-15 01:02:03.5 BC",
                  "294276-12-31 23:59:59.999999", "2024-02-29 12:00:00.1"],
    "timestamptz": ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "-infinity",
                    "0044-03-15 01:02:03.5+00 BC", "294276-12-31 23:59:59.999999+00", "2026-03-29 02:30:00+05:30"],
    "time": ["24:00:00", "00:00:00.000001"],
    "timetz": ["10:00:00.5-07:30", "00:00:00+15:59"],
    "interval": ["1 year 2 mons -3 days 04:05:06.7", "0", "-178000000 years"],
    "uuid": ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
    "json": ['{"a" : [1, null]}'],
    "jsonb": ['{"b": 1e400, "a": "\\u00fc"}'],
    "inet": ["10.0.0.1", "10.0.0.1/8", "::1", "fe80::/10", "10.0.0.1/32"],
    "cidr": ["10.0.0.0/8", "10.0.0.1/32", "::/0"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "bit(3)": ["101"],
    "varbit": ["", "10101"],
    "point": ["(1e300,-0.1)"],
    "int4range": ["[1,5)", "empty", "(,)"],
    "tsvector": ["'a' 'b':1A"],
    "oid": ["4294967295"],
    "int4[]": ["{}", "{1,NULL,3}", "[0:1]={1,2}"],
    "text[]": ['{"a,b","\\"",NULL,""}'],
    "char(3)[]": ["{a,bc}"],
    "inet[]": ["{10.0.0.1,::1}"],
    "timestamptz[]": ["{infinity,2026-01-01 00:00+00}"],
}  # fmt: skip

TIMES = ("date", "timestamp", "timestamptz")


class Both:
    """A source whose table is read, and whose log is read as well."""

    def __init__(self, postgres: Postgres, folder: Path, table: str, names: list[str]) -> None:
        (folder / "url").write_text(postgres.url())
        self.postgres = postgres
        self.slot = table.replace(".", "_")
        declared = PostgresqlSource(
            type="postgresql", url="file:url", table=table, incremental="cdc",
            cdc=ChangeCapture(create=True, slot=self.slot, publication=self.slot),
        )  # fmt: skip
        opening = Opening(Location(folder.as_uri()), Secrets(folder), tuple(names), key=("id",))
        self.source = CapturedTable(declared, opening)
        self.mark: Any = None

    def read(self, *, full: bool = False) -> list[pa.RecordBatch]:
        """What a run would read."""
        try:
            listing = self.source.list(Progress(watermark=self.mark), full=full)
            batches = [batch for partition in listing.partitions for batch in self.source.read(partition)]
            self.mark = listing.watermark
            return batches
        finally:
            self.source.close()

    def drop(self) -> None:
        self.postgres.run(f"SELECT pg_drop_replication_slot('{self.slot}')::text", f"DROP PUBLICATION {self.slot}")


def test_every_type_with_its_extremes(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    table = f"{schema}.t"
    kinds = [kind for kind in EXTREMES if kind not in TIMES]
    names = [f"c{number}" for number in range(len(kinds))]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    postgres.run(f"CREATE TABLE {table} (id int PRIMARY KEY, {columns})")
    both = Both(postgres, tmp_path, table, ["id", *names])
    try:
        both.read()
        for row in range(max(map(len, EXTREMES.values()))):
            values = ", ".join(_extreme(kind, row) for kind in kinds)
            postgres.run(f"INSERT INTO {table} VALUES ({row}, {values})")
        postgres.run(f"INSERT INTO {table} (id) VALUES (-1)")
        (from_log,), (from_table,) = _split(both.read()), both.read(full=True)
        assert from_log.schema.equals(from_table.schema)
        for name, kind in zip(names, kinds, strict=True):
            assert repr(from_log.column(name).to_pylist()) == repr(from_table.column(name).to_pylist()), kind
    finally:
        both.drop()


@pytest.mark.parametrize("kind", TIMES)
def test_every_time_with_its_extremes(postgres: Postgres, schema: str, tmp_path: Path, kind: str) -> None:
    table = f"{schema}.t"
    postgres.run(f"CREATE TABLE {table} (id int PRIMARY KEY, v {kind})")
    both = Both(postgres, tmp_path, table, ["id", "v"])
    try:
        both.read()
        for row in range(len(EXTREMES[kind])):
            # One at a time: one value that Arrow cannot hold makes the table's whole column text.
            postgres.run(f"TRUNCATE {table}", f"INSERT INTO {table} VALUES ({row}, {_extreme(kind, row)})")
            (_, from_log), (from_table,) = _split(both.read()), both.read(full=True)
            assert from_log.schema.equals(from_table.schema), EXTREMES[kind][row]
            assert from_log.equals(from_table), EXTREMES[kind][row]
    finally:
        both.drop()


def test_the_types_of_one_s_own(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    table = f"{schema}.t"
    postgres.run(
        f"CREATE TYPE {schema}.mood AS ENUM ('glad', 'sad')",
        f"CREATE DOMAIN {schema}.age AS int CHECK (VALUE > 0)",
        f"CREATE DOMAIN {schema}.old_age AS {schema}.age CHECK (VALUE > 60)",
        f"CREATE DOMAIN {schema}.due AS timestamptz",
        f"CREATE DOMAIN {schema}.price AS numeric(8,2)",
        f"CREATE DOMAIN {schema}.place AS inet",
        f"CREATE TYPE {schema}.pair AS (a int, b text)",
        f"CREATE TABLE {table} (id int PRIMARY KEY, m {schema}.mood, a {schema}.age, o {schema}.old_age, "
        f"d {schema}.due, p {schema}.price, i {schema}.place, c {schema}.pair, e {schema}.pair)",
    )
    names = ["id", "m", "a", "o", "d", "p", "i", "c", "e"]
    both = Both(postgres, tmp_path, table, names)
    try:
        both.read()
        postgres.run(
            f"INSERT INTO {table} VALUES (1, 'glad', 41, 99, '2026-01-01 00:00+00', 9.9, '10.0.0.1', ROW(1, 'x y'), "
            "ROW(NULL, NULL))"
        )
        (from_log,), (from_table,) = _split(both.read()), both.read(full=True)
        assert from_log.equals(from_table)
    finally:
        both.drop()


def test_rows_with_a_time_that_arrow_cannot_hold_leave_the_others_as_they_are(
    postgres: Postgres, schema: str, tmp_path: Path
) -> None:
    table = f"{schema}.t"
    postgres.run(f"CREATE TABLE {table} (id int PRIMARY KEY, d date, at timestamptz)")
    both = Both(postgres, tmp_path, table, ["id", "d", "at"])
    try:
        both.read()
        postgres.run(
            f"INSERT INTO {table} VALUES (1, '2026-01-01', now()), (2, 'infinity', now()), (3, '2026-01-01', now()), "
            "(4, '2026-01-02', '-infinity'), (5, NULL, NULL)"
        )
        kinds = [
            (batch.column("id").to_pylist(), str(batch.schema.field("d").type), str(batch.schema.field("at").type))
            for batch in _split(both.read())
        ]
        stamp = "timestamp[us, tz=UTC]"
        assert kinds == [
            ([1], "date32[day]", stamp), ([2], "string", stamp), ([3], "date32[day]", stamp),
            ([4], "date32[day]", "string"), ([5], "date32[day]", stamp),
        ]  # fmt: skip
    finally:
        both.drop()


NAMES = ("b", "i", "f", "r", "n", "t", "c", "d", "at", "y", "l")

VALUES = st.fixed_dictionaries(
    {
        "b": st.booleans() | st.none(),
        "i": st.integers(-(2**63), 2**63 - 1) | st.none(),
        "f": st.floats() | st.none(),
        "r": st.floats(width=32) | st.none(),
        "n": st.decimals() | st.none(),
        "t": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.none(),
        "c": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6) | st.none(),
        "d": st.dates() | st.none(),
        "at": st.datetimes(timezones=st.just(dt.UTC)) | st.none(),
        "y": st.binary(max_size=20) | st.none(),
        "l": st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=3) | st.none(),
    }
)


@pytest.fixture
def anything(postgres: Postgres, schema: str, tmp_path: Path) -> Any:
    table = f"{schema}.t"
    postgres.run(
        f"CREATE TABLE {table} (id int PRIMARY KEY, b bool, i int8, f float8, r float4, n numeric, t text, "
        "c char(6), d date, at timestamptz, y bytea, l text[])"
    )
    both = Both(postgres, tmp_path, table, ["id", *NAMES])
    both.read()
    yield both
    both.drop()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(VALUES, min_size=1, max_size=25))
def test_whatever_the_values_are(anything: Both, schema: str, rows: list[dict[str, Any]]) -> None:
    table = f"{schema}.t"
    values = ", ".join(
        f"({number}, {', '.join(_sql(row[name]) for name in NAMES)})" for number, row in enumerate(rows)
    )
    anything.postgres.run(f"TRUNCATE {table}", f"INSERT INTO {table} VALUES {values}")
    from_log = pa.Table.from_batches(_split(anything.read())[1:]).sort_by("id")
    from_table = pa.Table.from_batches(anything.read(full=True)).sort_by("id")
    assert from_log.schema.equals(from_table.schema)
    assert repr(from_log.to_pydict()) == repr(from_table.to_pydict())


def test_every_type_of_the_table_is_among_them() -> None:
    named = {case[0].partition("(")[0] for case in CASES if "{" not in case[0]}
    assert named - {kind.partition("(")[0] for kind in EXTREMES} <= {"macaddr"}


def _split(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return [batch.drop_columns([CHANGE]) for whole in batches for batch in _by_change(whole)]


def _by_change(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    """What came before the records, and the records."""
    kinds = batch.column(CHANGE).to_pylist()
    cut = next((number for number, kind in enumerate(kinds) if kind == 0), len(kinds))
    return [part for part in (batch.slice(0, cut), batch.slice(cut)) if part.num_rows]


def _extreme(kind: str, row: int) -> str:
    """One of the type's values as SQL."""
    value = literal(EXTREMES[kind][row % len(EXTREMES[kind])])
    return f"{value}::numeric::money" if kind == "money" else f"{value}::{kind}"


def _sql(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list):
        inner = ", ".join(literal(str(item)) for item in value)
        return f"ARRAY[{inner}]::text[]"
    return literal(str(value).replace("sNaN", "NaN").replace("-NaN", "NaN"))
