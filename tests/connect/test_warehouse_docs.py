"""The examples of the warehouses' pages, as printed: checked as a user's file is, and run at their client's edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.connect import warehouse_clients
from tests.connect.test_odbc import pytestmark as odbc
from tests.end_to_end.schedules import Scheduled
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.warehouse import Warehouse

from antechamber.connect.redshift import SOURCE as REDSHIFT
from antechamber.declare import load_workspace
from antechamber.declare.source import DatabaseSource

PAGES = Path(__file__).parents[2] / "docs/reference/sources"
PASSWORD = "s3cret"
BIG = ("bigquery", "databricks", "sqlserver")
ROWS = [
    "(1, 'jane@example.com', TIMESTAMP '2026-01-01 08:00:00')",
    "(2, 'joe@example.com', TIMESTAMP '2026-01-02 08:00:00')",
]
CHANGED = "(3, 'ann@example.com', TIMESTAMP '2026-01-02 07:59:00')"


class Page:
    """The example of a page as a workspace: its connector, called people here, and its connection URL."""

    def __init__(self, kind: str, root: Path, monkeypatch: pytest.MonkeyPatch, url: str = "") -> None:
        text = (PAGES / f"{kind}.md").read_text()
        (example,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        example, named = re.subn(r"^connector: \w+$", "connector: people", example, flags=re.MULTILINE)
        example, table = re.subn(r"^table: \{name: \w+,", "table: {name: people,", example, flags=re.MULTILINE)
        assert (named, table) == (1, 1)
        (variable,) = re.findall(r'url: "env:(\w+)"', example)
        printed = re.findall(rf"export {variable}='([^']+)'", text)
        self.url = url or printed[0].replace("…", PASSWORD)
        monkeypatch.setenv(variable, self.url)
        self.workspace = Scheduled(root, {"connectors/people.yaml": example})
        source = load_workspace(root).connectors["people"].source
        assert isinstance(source, DatabaseSource) and source.type == kind and source.table is not None
        self.schema, self.table = source.table.split(".")

    def reads_all_and_then_what_changed(self, change: Callable[[], object]) -> None:
        first = self.workspace.succeed()
        assert (first.read, first.published) == (2, 2)
        assert [str(id) for id, _ in self.workspace.rows(["customer_id", "email"])] == ["1", "2"]
        assert {len(email) for _, email in self.workspace.rows(["customer_id", "email"])} == {64}
        assert self.workspace.succeed().read == 0
        change()
        assert self.workspace.succeed().read == 1
        assert len(self.workspace.rows(["customer_id"])) == 3


@pytest.mark.parametrize("kind", ["snowflake", "bigquery", "databricks", "oracle", "sqlserver"])
def test_the_example_of_a_warehouse_s_page_runs_at_the_edge_of_its_client(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: Callable[[pytest.MonkeyPatch], Warehouse] = getattr(warehouse_clients, kind)
    house = make(monkeypatch)
    page = Page(kind, tmp_path, monkeypatch)
    number = "BIGINT" if kind in BIG else "DECIMAL(38,0)"
    house.commit(
        f"CREATE TABLE sales.{page.table} (customer_id {number}, email VARCHAR, updated_at TIMESTAMPTZ)",
        f"INSERT INTO sales.{page.table} VALUES {', '.join(ROWS)}",
    )
    house.data.execute(f'CREATE SCHEMA "{page.schema}"')
    house.data.execute(f'CREATE VIEW "{page.schema}".{page.table} AS SELECT * FROM sales.{page.table}')
    page.reads_all_and_then_what_changed(lambda: house.commit(f"INSERT INTO sales.{page.table} VALUES {CHANGED}"))
    assert page.table.lower() in " ".join(house.asked).lower()


def test_the_example_of_redshift_s_page_runs_against_postgresql(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = Page("redshift", tmp_path / "printed", monkeypatch)
    assert printed.url.startswith("redshift://") and REDSHIFT.model.__name__ == "RedshiftSource"
    page = Page("redshift", tmp_path, monkeypatch, postgres.url().replace("postgresql://", "redshift://"))
    postgres.run(
        f"CREATE TABLE {page.schema}.{page.table} (customer_id bigint, email text, updated_at timestamptz)",
        f"INSERT INTO {page.schema}.{page.table} VALUES {', '.join(ROWS)}",
    )
    try:
        page.reads_all_and_then_what_changed(
            lambda: postgres.run(f"INSERT INTO {page.schema}.{page.table} VALUES {CHANGED}")
        )
    finally:
        postgres.run(f"DROP TABLE {page.schema}.{page.table}")


@odbc
def test_the_example_of_odbc_s_page_runs_by_a_real_driver(
    mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MariaDB's, told to take double quotes for names as the example's database does."""
    server = f"Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={mariadb.port};Database=mysql;Uid=root;Pwd=;"
    page = Page("odbc", tmp_path, monkeypatch, f"{server}InitStmt={{SET sql_mode = 'ANSI_QUOTES'}};")
    mariadb.run(
        f"CREATE DATABASE {page.schema}",
        f"CREATE TABLE {page.schema}.{page.table} (customer_id bigint, email varchar(99), updated_at datetime)",
        f"INSERT INTO {page.schema}.{page.table} VALUES {', '.join(ROWS)}",
    )
    try:
        page.reads_all_and_then_what_changed(
            lambda: mariadb.run(f"INSERT INTO {page.schema}.{page.table} VALUES {CHANGED}")
        )
    finally:
        mariadb.run(f"DROP DATABASE {page.schema}")
