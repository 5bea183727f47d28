"""A connector over MariaDB from end to end: what is published, held back and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.servers.mariadb import MariaDB

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord

CONNECTOR = """
connector: people
tenant: acme
source: {{type: mariadb, url: "file:url", table: people, watermark: updated_at}}
columns:
  id: {{type: integer, required: true}}
  email: {{type: email, protect: sha256}}
  born: {{type: date}}
  balance: {{type: decimal, precision: 12, scale: 2}}
  updated_at: {{type: timestamp}}
table: {{name: people, mode: {mode}}}
"""


@pytest.fixture
def people(mariadb: MariaDB, database: str, tmp_path: Path) -> Path:
    with mariadb.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = ''")
        cursor.execute(
            "CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, email varchar(99), ssn text, born date, "
            "balance decimal(12,2), updated_at timestamp(6) DEFAULT now(6) ON UPDATE now(6), KEY (updated_at))"
        )
        cursor.execute(
            "INSERT INTO people (email, ssn, born, balance) VALUES ('a@x.test', '1', '1990-02-28', 1.10), "
            "('b@x.test', '2', '0000-00-00', -0.01), ('c@x.test', '3', NULL, NULL)"
        )
    (tmp_path / "connectors").mkdir()
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    (tmp_path / "url").write_text(mariadb.url(database=database))
    (tmp_path / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:key"}\n')
    return tmp_path


def run(root: Path, mode: str = "", *, full: bool = False) -> RunRecord:
    if mode:
        (root / "connectors/people.yaml").write_text(CONNECTOR.format(mode=mode))
    return pipeline.run(load_workspace(root), "people", full=full)


def published(root: Path) -> list[tuple[int, str]]:
    declared = load_workspace(root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people")).scan().to_arrow()
    assert table.schema.names == ["id", "email", "born", "balance", "updated_at"]
    ids: list[Any] = table["id"].to_pylist()
    return sorted(zip(ids, map(str, table["balance"].to_pylist()), strict=True))


@pytest.mark.parametrize("mode", ["append", "upsert, key: id"])
def test_what_is_new_is_published_once_and_a_date_that_is_none_is_held_back(
    mariadb: MariaDB, database: str, people: Path, mode: str
) -> None:
    first = run(people, mode)
    assert (first.status, first.read, first.published, first.quarantined) == ("succeeded", 3, 2, 1)
    assert published(people) == [(1, "1.10"), (3, "None")]
    mariadb.run(
        f"INSERT INTO {database}.people (email, born) VALUES ('d@x.test', '2000-01-01')",
        f"UPDATE {database}.people SET balance = 7 WHERE id = 1",
    )
    second = run(people)
    assert (second.status, second.read) == ("succeeded", 2)
    again = [(1, "1.10"), (1, "7.00")] if mode == "append" else [(1, "7.00")]
    assert published(people) == sorted([*again, (3, "None"), (4, "None")])
    assert run(people).status == "nothing new"


def test_a_full_run_takes_the_place_of_what_was_there_and_sees_deletions(
    mariadb: MariaDB, database: str, people: Path
) -> None:
    run(people, "upsert, key: id")
    mariadb.run(f"DELETE FROM {database}.people WHERE id = 1")
    assert run(people).status == "nothing new" and published(people) == [(1, "1.10"), (3, "None")]
    assert run(people, full=True).status == "succeeded" and published(people) == [(3, "None")]


def test_a_column_that_is_gone_is_refused_before_anything_moves(
    mariadb: MariaDB, database: str, people: Path
) -> None:
    run(people, "append")
    mariadb.run(f"ALTER TABLE {database}.people DROP COLUMN balance")
    failed = run(people)
    assert failed.status == "failed" and failed.error is not None and "balance" in str(failed.error)
    assert len(published(people)) == 2
