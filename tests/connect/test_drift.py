"""Drift of a database table: told when it is harmless, refused when a column that is taken went or changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.postgres import Postgres

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.connect.drift import new_columns, refuse_changed
from antechamber.declare import load_workspace
from antechamber.errors import SourceError
from antechamber.operate.runs import RunRecord

CONNECTOR = """
connector: members
tenant: acme
source: {{type: postgresql, url: "file:url", table: {table}, watermark: changed}}
columns:
  id: {{type: integer}}
  email: {{type: email, protect: sha256}}
  points: {{type: integer}}
table: {{name: members, mode: upsert, key: id}}
"""


class Members:
    def __init__(self, root: Path, postgres: Postgres, table: str) -> None:
        self.root, self.postgres, self.table = root, postgres, table
        (root / "connectors").mkdir()
        (root / "key").write_text("ab" * 32)
        (root / "url").write_text(postgres.url())
        (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:key"}\n')
        (root / "connectors/members.yaml").write_text(CONNECTOR.format(table=table))
        postgres.run(
            f"CREATE TABLE {table} (id integer, email text, points integer, secret_note text, "
            "changed timestamptz DEFAULT now())",
            f"INSERT INTO {table} VALUES (1, 'a@x.test', 5, 'never asked for')",
        )

    def run(self, *, full: bool = False) -> RunRecord:
        return pipeline.run(load_workspace(self.root), "members", full=full)

    def rows(self) -> list[dict[str, object]]:
        declared = load_workspace(self.root)
        table = open_catalog(declared.workspace, declared.root).load_table(("acme", "members"))
        return sorted(table.scan().to_arrow().to_pylist(), key=lambda row: int(str(row["id"])))


@pytest.fixture
def members(tmp_path: Path, postgres: Postgres) -> Iterator[Members]:
    table = "drift_" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:10]
    yield Members(tmp_path, postgres, table)
    postgres.run(f"DROP TABLE {table}")


def test_a_new_column_is_told_once_and_not_taken(members: Members) -> None:
    assert members.run().status == "succeeded"
    members.postgres.run(
        f"ALTER TABLE {members.table} ADD COLUMN phone text",
        f"INSERT INTO {members.table} (id, email, points) VALUES (2, 'b@x.test', 6)",
    )
    record = members.run()
    assert (record.status, record.error, record.published) == ("succeeded", None, 1)
    assert "new in the source, not taken: phone (text); name them under columns:" in record.notes
    members.postgres.run(f"INSERT INTO {members.table} (id, email, points) VALUES (3, 'c@x.test', 7)")
    assert not [note for note in members.run().notes if "new in the source" in note]
    assert [row["id"] for row in members.rows()] == [1, 2, 3]
    assert set(members.rows()[0]) == {"id", "email", "points"}


def test_a_vanished_column_is_refused_before_anything_moves_and_both_schemas_are_shown(members: Members) -> None:
    members.run()
    members.postgres.run(f"ALTER TABLE {members.table} RENAME points TO score")
    record = members.run()
    assert record.status == "failed" and record.error
    assert record.error["what"] == "the source has no column 'points' any more"
    assert "now: id integer, email text, score integer" in record.error["remedy"]
    assert "before: id integer, email text, points integer" in record.error["remedy"]
    assert len(members.rows()) == 1


def test_a_retyped_column_is_refused_until_a_full_run_and_a_wider_one_is_not(members: Members) -> None:
    members.run()
    members.postgres.run(f"ALTER TABLE {members.table} ALTER points TYPE bigint")
    assert members.run().status == "nothing new" or members.run().status == "succeeded"
    members.postgres.run(
        f"ALTER TABLE {members.table} ALTER points TYPE text",
        f"INSERT INTO {members.table} (id, email, points) VALUES (2, 'b@x.test', '7')",
    )
    record = members.run()
    assert record.status == "failed" and record.error
    assert record.error["what"].startswith("the column 'points' was of type ")
    assert record.error["what"].endswith(" and is now text")
    assert members.run(full=True).status == "succeeded"
    assert [row["points"] for row in members.rows()] == [5, 7]


def test_what_the_connector_does_not_name_never_leaves_the_database(members: Members) -> None:
    members.postgres.run(f"ALTER TABLE {members.table} ALTER secret_note TYPE integer USING 0")
    members.postgres.run(
        "CREATE OR REPLACE FUNCTION explode(integer) RETURNS integer LANGUAGE plpgsql STABLE AS "
        "$$ BEGIN RAISE 'the column was read'; END $$",
        f"CREATE VIEW v_{members.table} AS SELECT id, email, points, explode(secret_note) AS secret_note, changed "
        f"FROM {members.table}",
    )
    (members.root / "connectors/members.yaml").write_text(CONNECTOR.format(table=f"v_{members.table}"))
    record = members.run()
    members.postgres.run(f"DROP VIEW v_{members.table}")
    assert (record.status, record.error, record.published) == ("succeeded", None, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [("integer", "bigint"), ("INT", "BIGINT"), ("varchar(20)", "varchar(200)"), ("varchar(20)", "text"),
     ("decimal(10,2)", "decimal(12,2)"), ("float", "double")],
)  # fmt: skip
def test_a_wider_type_is_no_drift(before: str, after: str) -> None:
    refuse_changed({"a": before}, {"a": after}, ["a"], where="t")


@pytest.mark.parametrize(("before", "after"), [("bigint", "integer"), ("text", "integer"), ("date", "timestamp")])
def test_another_type_is(before: str, after: str) -> None:
    with pytest.raises(SourceError, match=f"was of type {before} and is now {after}"):
        refuse_changed({"a": before}, {"a": after}, ["a"], where="t")
    refuse_changed({"a": before}, {"a": after}, [], where="t")


def test_nothing_is_new_to_a_table_that_was_never_read() -> None:
    assert new_columns({}, {"a": "text"}) == []
    assert new_columns({"a": "text"}, {"a": "text", "b": "int", "c": ""}) == ["b (int)", "c"]
