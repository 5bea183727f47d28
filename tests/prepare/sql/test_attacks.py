"""Whatever an expression tries, it reaches nothing but the record's columns."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from antechamber.prepare.sql import engine
from antechamber.prepare.sql.expression import Expression, Flaw, read

ATTACKS = [
    # other data
    "(SELECT 1)", "(SELECT max(a) FROM batch)", "a IN (SELECT a FROM batch)", "EXISTS (SELECT 1)", "1 FROM batch",
    "a FROM 'x.csv'", "1 UNION SELECT 2", "a, b", "*", "t.*", "batch.a", "main.batch.a", "columns(*)", "a AS b",
    "1 WHERE 1 = 1", "a ORDER BY a", "a LIMIT 1", "DISTINCT a", "TABLE batch", "(VALUES (1))", "(TABLE batch)",
    # files, network, programs
    "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "read_blob('x')", "read_parquet('s3://x')", "glob('/*')",
    "parquet_scan('x')", "sniff_csv('x')", "READ_CSV_AUTO('x')", '"read_text"(\'/etc/passwd\')',
    "a; COPY batch TO '/tmp/x'", "a; ATTACH 'x.db'", "a; INSTALL httpfs", "a; LOAD httpfs", "a; PRAGMA version",
    "a; SET enable_external_access = true", "a; EXPORT DATABASE 'x'", "a; CREATE MACRO upper(x) AS 1", "a;",
    "COPY batch TO 'x'", "ATTACH 'x'", "PRAGMA database_list", "CALL pragma_version()", "DROP TABLE batch",
    # settings, state, the clock, chance
    "current_setting('threads')", "getenv('HOME')", "getvariable('x')", "set_config('a', 'b')", "version()",
    "pragma_version()", "current_user", "current_schema()", "current_database()", "now()", "current_date",
    "CURRENT_TIMESTAMP", "localtime", "today()", "get_current_timestamp()", "random()", "uuid()", "gen_random_uuid()",
    "setseed(0.5)", "nextval('s')", "currval('s')", "txid_current()", "pg_sleep(9)", "age(a)", "error('x')",
    "write_log('x')", "query('SELECT 1')", "query_table('batch')", "duckdb_tables()",
    "json_execute_serialized_sql('x')",
    # aggregates, windows, nested things
    "count(*)", "sum(a)", "sum(a) OVER ()", "row_number() OVER ()", "list(a)", "string_agg(a, ',')", "first(a)",
    "unnest([1])", "range(1000000000)", "generate_series(1, 9)", "list_transform([1], x -> x)", "x -> x",
    "{'a': 1}", "[1, 2]", "a[1]", "a.upper()", "main.upper(a)", "system.main.upper(a)", "map {'a': 1}",
    # growth
    "repeat(a, 1000000000)", "lpad(a, 1000000000, 'x')", "lpad(a, b, 'x')", "rpad(a, 10 * 1000000000, 'x')",
    "format('{:1000000000}', a)", "printf('%1000000000s', a)", "bar(a, 0, 1, 1000000000)", "space(1000000000)",
    # syntax
    "", " ", "$1", "?", ":x", "@x", "#1", "a COLLATE nocase", "CAST(a AS INTEGER[])", "CAST(a AS STRUCT(x INT))",
    "CAST(a AS JSON)", "CAST(a AS BLOB)", "a::regclass", "upper(a", "'a", "a 'b", '"a', "a /*", "1 /", "-- a",
    "EXTRACT(nothing FROM a)", "INTERVAL 1 FORTNIGHT", "a / 0", "a % 0", "a // 0", "\x00", "SELECT", "a\n;b",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_an_expression_that_is_more_than_one_over_the_record_is_refused(text: str) -> None:
    found = read(text)
    assert isinstance(found, Flaw), f"it became: {found.statement({}, {name: name for name in found.columns})}"
    assert found.what
    assert found.remedy


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("upper(a) -- ; DROP TABLE x", 'UPPER("c0")'),
        ("upper(a /* now() */)", 'UPPER("c0")'),
        ("'it''s; DROP'", "'it''s; DROP'"),
        ('"now()" || "a; b"', '"c0" || "c1"'),
        ('"x"" FROM y"', '"c0"'),
        ("'a' || chr", "'a' || \"c0\""),
        ('"current_date"', '"c0"'),
    ],
)
def test_comments_and_quotes_hide_nothing(text: str, becomes: str) -> None:
    found = read(text)
    assert isinstance(found, Expression)
    within = {name: f"c{place}" for place, name in enumerate(found.columns)}
    assert found.statement({}, within) == becomes


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{file}')", "SELECT * FROM '{file}'", "COPY (SELECT 1) TO '{file}.out'",
        "ATTACH '{file}.db'", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
        "SET threads = 4", "SET memory_limit = '20GB'", "SELECT * FROM frame",
    ],
)  # fmt: skip
def test_the_engine_itself_reaches_nothing_and_cannot_be_set_otherwise(statement: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a\n1\n")
    frame = pl.DataFrame({"a": [1]})  # what a name of Python's would find
    assert len(frame) == 1
    with pytest.raises(duckdb.Error):
        engine._cursor().execute(statement.format(file=file)).fetchall()
    assert sorted(tmp_path.iterdir()) == [file]


def test_every_function_that_is_allowed_is_one_of_the_engine_without_state() -> None:
    from antechamber.prepare.sql.dates import MACROS
    from antechamber.prepare.sql.expression import FUNCTIONS

    rows = duckdb.execute("SELECT function_name, stability, function_type FROM duckdb_functions()").fetchall()
    known = {(name, kind): stability for name, stability, kind in rows}
    syntax = {"coalesce", "if", "ifnull", "nullif", "position"}
    # Those that the room makes itself, of functions of the engine, the engine does not list.
    for name in FUNCTIONS - syntax - set(MACROS):
        kinds = {kind: stability for (each, kind), stability in known.items() if each == name}
        assert "scalar" in kinds or "macro" in kinds, name
        assert kinds.get("scalar", "CONSISTENT") in ("CONSISTENT", None), (name, kinds)
