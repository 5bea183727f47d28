"""A key that the database keeps unique is not compared again; every other is."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.servers.postgres import Postgres

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.job import open_job
from antechamber.records import Progress

CONNECTOR = """
connector: c
tenant: acme
source: {{type: postgresql, url: "file:url", {source}}}
columns:
  id: {{type: {type}}}
  shop: {{type: integer}}
  name: {{type: string}}
table: {{name: c, mode: upsert, key: {key}}}
{more}
"""


def workspace(
    root: Path, postgres: Postgres, source: str, *, type: str = "integer", key: str = "id", more: str = ""
) -> Path:
    (root / "connectors").mkdir()
    (root / "key").write_text("ab" * 32)
    (root / "url").write_text(postgres.url())
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:key"}\n')
    declared = CONNECTOR.format(source=source, type=type, key=key, more=more)
    (root / "connectors/c.yaml").write_text(declared)
    return root


def compared(root: Path) -> tuple[str, ...]:
    with ExitStack() as stack:
        job = open_job(load_workspace(root), "c", stack)
        job.source.list(Progress())
        return job.keys_to_compare()


MADE = {
    "primary": "id bigint PRIMARY KEY, shop int, name text",
    "nullable": "id bigint UNIQUE, shop int, name text",
    "two": "id bigint, shop int, name text, UNIQUE (shop, id)",
    "including": "id bigint, shop int NOT NULL, name text, UNIQUE (id) INCLUDE (name)",
    "partial": "id bigint, shop int, name text, gone bool",
    "expression": "id bigint, shop int, name text",
    "plain": "id bigint, shop int, name text",
    "parent": "id bigint PRIMARY KEY, shop int, name text",
    "parted": "id bigint PRIMARY KEY, shop int, name text",
    "decimal": "id numeric PRIMARY KEY, shop int, name text",
    "texts": "id text PRIMARY KEY, shop int, name text",
}
AFTER = (
    "CREATE UNIQUE INDEX ON {s}_partial (id) WHERE NOT gone",
    "CREATE UNIQUE INDEX ON {s}_expression (abs(id))",
    "CREATE TABLE {s}_child () INHERITS ({s}_parent)",
    "CREATE TABLE {s}_part PARTITION OF {s}_parted DEFAULT",
    "CREATE VIEW {s}_view AS TABLE {s}_primary",
)


@pytest.fixture(scope="module")
def tables(postgres: Postgres) -> str:
    made = [
        f"CREATE TABLE unique_{name} ({columns}){' PARTITION BY RANGE (id)' if name == 'parted' else ''}"
        for name, columns in MADE.items()
    ]
    postgres.run(*made, *(statement.format(s="unique") for statement in AFTER))
    return "unique"


@pytest.mark.parametrize("table", ["primary", "nullable", "including", "parted"])
def test_a_key_that_the_database_keeps_unique_is_not_compared(
    postgres: Postgres, tables: str, tmp_path: Path, table: str
) -> None:
    assert compared(workspace(tmp_path, postgres, f"table: {tables}_{table}")) == ()


def test_an_index_over_all_columns_of_a_key_is_enough_and_one_over_more_is_not(
    postgres: Postgres, tables: str, tmp_path: Path
) -> None:
    both, one = tmp_path / "both", tmp_path / "one"
    both.mkdir()
    one.mkdir()
    assert compared(workspace(both, postgres, f"table: {tables}_two", key="[id, shop]")) == ()
    assert compared(workspace(one, postgres, f"table: {tables}_two")) == ("id",)


@pytest.mark.parametrize("table", ["partial", "expression", "plain", "parent", "view", "decimal"])
def test_a_key_that_may_come_twice_is_compared(postgres: Postgres, tables: str, tmp_path: Path, table: str) -> None:
    assert compared(workspace(tmp_path, postgres, f"table: {tables}_{table}")) == ("id",)


@pytest.mark.parametrize(
    ("source", "type", "more"),
    [
        ('query: "SELECT * FROM unique_primary"', "integer", ""),
        ("table: unique_texts", "string", ""),
        ("table: unique_primary, deleted: shop", "integer", ""),
        ("table: unique_primary", "integer", "steps: [{derive: {column: id, sql: id / 2}}]"),
    ],
    ids=["a query", "text, which is trimmed", "marks of deleted records", "steps, which may make keys alike"],
)
def test_a_key_that_changes_on_its_way_is_compared(
    postgres: Postgres, tables: str, tmp_path: Path, source: str, type: str, more: str
) -> None:
    assert compared(workspace(tmp_path, postgres, source, type=type, more=more)) == ("id",)


def test_what_is_not_compared_is_published_once_and_later_replaced(postgres: Postgres, tmp_path: Path) -> None:
    postgres.run(
        "CREATE TABLE unique_run (id bigint PRIMARY KEY, shop int, name text, at timestamptz NOT NULL)",
        "INSERT INTO unique_run SELECT i, 1, 'a', '2026-01-01' FROM generate_series(1, 1000) i",
    )
    root = workspace(tmp_path, postgres, "table: unique_run, watermark: at")
    assert compared(root) == ()
    first = pipeline.run(load_workspace(root), "c")
    postgres.run("UPDATE unique_run SET name = 'b', at = now() WHERE id <= 10")
    second = pipeline.run(load_workspace(root), "c")
    assert (first.published, second.published, second.updated) == (1000, 10, 10)
    declared = load_workspace(root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "c")).scan().to_arrow()
    assert table.sort_by("id")["id"].to_pylist() == list(range(1, 1001))
    assert table["name"].to_pylist().count("b") == 10
