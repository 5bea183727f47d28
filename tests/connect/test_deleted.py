"""Records that a source marks as deleted leave the table; what marks them, in every database that runs here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.connect import postgres_table
from tests.connect.relational_table import run, source
from tests.end_to_end.schedules import Scheduled
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres

from antechamber.errors import SourceError
from antechamber.records import CHANGE, Progress

MARKS = {
    "postgresql": {
        "boolean": ["NULL", "false", "true"],
        "smallint": ["NULL", "0", "1"],
        "numeric(4,1)": ["NULL", "0.0", "-0.5"],
        "real": ["NULL", "0", "2.5"],
        "date": ["NULL", "'infinity'", "'2026-11-24'"],
        "timestamp": ["NULL", "'infinity'", "'2026-11-24 01:02:03'"],
        "timestamptz": ["NULL", "'infinity'", "'-infinity'"],
    },
    "mariadb": {
        "boolean": ["NULL", "0", "1"],
        "bit(1)": ["NULL", "b'0'", "b'1'"],
        "bit(8)": ["NULL", "b'0'", "b'10'"],
        "bigint unsigned": ["NULL", "0", "18446744073709551615"],
        "decimal(4,1)": ["NULL", "0.0", "-0.5"],
        "double": ["NULL", "0", "2.5"],
        "date": ["NULL", "'0000-00-00'", "'2026-11-24'"],
        "datetime": ["NULL", "'0000-00-00 00:00:00'", "'2026-11-24 01:02:03'"],
        "timestamp NULL": ["NULL", "NULL", "'2026-11-24 01:02:03'"],
    },
    "sqlite": {
        "BOOLEAN": ["NULL", "0", "1"],
        "INTEGER": ["NULL", "0", "7"],
        "REAL": ["NULL", "0", "0.5"],
        "bool": ["NULL", "'false'", "'true'"],
        "NUMERIC": ["NULL", "0.0", "-1e3"],
        "DATETIME": ["NULL", "''", "'2026-11-24 01:02:03'"],
    },
    "duckdb": {
        "BOOLEAN": ["NULL", "false", "true"],
        "UTINYINT": ["NULL", "0", "1"],
        "DECIMAL(4,1)": ["NULL", "0.0", "-0.5"],
        "DATE": ["NULL", "NULL", "'2026-11-24'"],
        "TIMESTAMPTZ": ["NULL", "NULL", "'2026-11-24 01:02:03+00'"],
    },
}
"""Of each type a value that is not there, one that says no and one that says deleted."""

Reads = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def reads(request: pytest.FixtureRequest, tmp_path: Path) -> Reads:
    """Makes the table t (id, gone) of the test's kind of database, and gives the records of a run that reads it."""
    kind = request.getfixturevalue("kind")

    def read(type: str, values: list[str], **declared: Any) -> list[dict[str, Any]]:
        rows = ", ".join(f"({number}, {value})" for number, value in enumerate(values))
        made = (f"CREATE TABLE t (id int, gone {type})", f"INSERT INTO t VALUES {rows}")
        if kind == "postgresql":
            postgres: Postgres = request.getfixturevalue("postgres")
            schema = request.getfixturevalue("schema")
            postgres.run(*(text.replace(" t ", f" {schema}.t ") for text in made))
            return postgres_table.run(postgres.url(), tmp_path, table=f"{schema}.t", deleted="gone", **declared)[1]
        if kind == "mariadb":
            mariadb: MariaDB = request.getfixturevalue("mariadb")
            database = request.getfixturevalue("database")
            with mariadb.connect(database=database) as connection, connection.cursor() as cursor:
                for text in ("SET sql_mode = ''", *made):
                    cursor.execute(text)
            return run("mariadb", mariadb.url(), tmp_path, table=f"{database}.t", deleted="gone", **declared)[1]
        file = tmp_path / "shop.db"
        shop = sqlite3.connect(file) if kind == "sqlite" else duckdb.connect(str(file))
        for text in made:
            shop.execute(text)
        if isinstance(shop, sqlite3.Connection):
            shop.commit()
        shop.close()
        return run(kind, str(file), tmp_path, table="t", deleted="gone", **declared)[1]

    return read


@pytest.mark.parametrize(("kind", "type"), [(kind, type) for kind, types in MARKS.items() for type in types])
def test_true_a_number_that_is_not_0_and_a_time_that_is_there_mark_a_deleted_record(
    reads: Reads, kind: str, type: str
) -> None:
    rows = reads(type, MARKS[kind][type])
    assert [(row["id"], row[CHANGE]) for row in sorted(rows, key=lambda row: row["id"])] == [(0, 0), (1, 0), (2, 1)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb", "sqlite", "duckdb"])
def test_a_text_tells_nothing_and_is_refused(reads: Reads, kind: str) -> None:
    with pytest.raises(SourceError, match=r"does not tell which records are deleted[^$]*AS gone"):
        reads("varchar(9)", ["'N'", "'Y'"])


def test_a_value_that_is_no_mark_fails_the_run_and_deletes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as shop:
        shop.executescript("CREATE TABLE t (id INTEGER, gone BOOLEAN); INSERT INTO t VALUES (1, 'n/a')")
    with pytest.raises(SourceError, match="is no boolean, number or time") as raised:
        run("sqlite", str(file), tmp_path, table="t", deleted="gone")
    assert "n/a" not in str(raised.value)


def test_a_mark_that_the_table_has_not_is_named(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as shop:
        shop.execute("CREATE TABLE t (id INTEGER, deleted_at TEXT)")
    with pytest.raises(SourceError, match="no column 'deletd_at', which the connector names as deleted"):
        source("sqlite", str(file), tmp_path, table="t", deleted="deletd_at").list(Progress())


def test_a_mark_that_the_query_computes_counts_too_and_only_what_is_asked_for_is_given_on(
    postgres: Postgres, schema: str, tmp_path: Path
) -> None:
    postgres.run(f"CREATE TABLE {schema}.t AS SELECT i AS id, 'x' AS word, i % 2 AS n FROM generate_series(1, 3) i")
    query = f"SELECT *, n = 1 AND word = 'x' AS gone FROM {schema}.t"
    rows = run("postgresql", postgres.url(), tmp_path, columns=["id"], query=query, deleted="gone")[1]
    assert rows == [{"id": 1, CHANGE: 1}, {"id": 2, CHANGE: 0}, {"id": 3, CHANGE: 1}]


def test_a_record_that_is_marked_at_the_watermark_that_was_read_already_is_deleted(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    """Its time of change is the same in both states."""
    mariadb.run(
        f"CREATE TABLE {database}.t (id int, gone boolean, at datetime)",
        f"INSERT INTO {database}.t VALUES (1, 0, '2031-01-01'), (2, 0, '2031-01-01')",
    )
    declared: dict[str, Any] = {"table": f"{database}.t", "watermark": "at", "deleted": "gone"}
    first, rows = run("mariadb", mariadb.url(), tmp_path, columns=["id"], **declared)
    assert rows == [{"id": 1, CHANGE: 0}, {"id": 2, CHANGE: 0}]
    mariadb.run(f"UPDATE {database}.t SET gone = 1 WHERE id = 2")
    _, rows = run("mariadb", mariadb.url(), tmp_path, columns=["id"], last=first.watermark, **declared)
    assert rows == [{"id": 2, CHANGE: 1}]


CONNECTOR = """
connector: people
tenant: acme
source: {type: sqlite, url: "file:keys/url", table: people, watermark: changed, deleted: gone}
columns:
  id: {type: integer}
  email: {type: email, protect: sha256}
table: {name: people, mode: upsert, key: id}
"""


def test_runs_take_marked_records_out_and_count_them_and_a_full_run_reconciles_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    shop = sqlite3.connect(file)
    shop.executescript(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, gone BOOLEAN DEFAULT 0, changed INTEGER);"
        "INSERT INTO people VALUES (1, 'a@x.test', 0, 1), (2, 'b@x.test', 0, 2), (3, 'c@x.test', 1, 3), "
        "(4, 'd@x.test', 0, 4);"
    )
    workspace = Scheduled(tmp_path, {"keys/url": str(file), "connectors/people.yaml": CONNECTOR})
    first = workspace.succeed()
    assert (first.read, first.published, first.dropped) == (4, 3, {"deleted at the source": 1})
    assert workspace.rows(["id"]) == [(1,), (2,), (4,)]
    shop.executescript("UPDATE people SET gone = 1, changed = 5 WHERE id = 1; DELETE FROM people WHERE id = 2;")
    second = workspace.succeed()
    assert (second.read, second.published, second.dropped) == (1, 0, {"deleted at the source": 1})
    assert workspace.rows(["id"]) == [(2,), (4,)], "what is deleted outright is not seen by a watermark"
    shop.executescript("UPDATE people SET gone = 0, changed = 6 WHERE id = 3;")
    workspace.succeed()
    assert workspace.rows(["id"]) == [(2,), (3,), (4,)]
    full = workspace.succeed(full=True)
    assert (full.read, full.published, full.dropped) == (3, 2, {"deleted at the source": 1})
    assert workspace.rows(["id"]) == [(3,), (4,)]
    shop.close()
