"""A backfill reads a window again, and leaves every other run as if it had not been."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.connect.cdc_workspace import Captured
from tests.servers.postgres import Postgres, postgres

from antechamber import pipeline
from antechamber.catalog import Layout, open_catalog
from antechamber.declare import load_workspace
from antechamber.errors import LeaseHeld
from antechamber.operate.lease import lease
from antechamber.operate.runs import RunRecord
from antechamber.records import Window

__all__ = ["postgres"]

FILES = """
connector: people
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0, after: %s}
columns: {id: {type: integer}, city: {type: string}}
table: {name: people, %s}
"""
DATABASE = """
connector: people
tenant: acme
source: {%s, table: %s, watermark: at}
columns: {id: {type: integer}, city: {type: string}}
table: {name: people, mode: upsert, key: id}
"""


class Shop:
    """A workspace with one connector."""

    def __init__(self, root: Path, connector: str) -> None:
        self.root = root
        for name, text in {
            "antechamber.yaml": 'workspace: w\ntenants: {acme: {key: "file:keys/k"}}\n',
            "keys/k": "0123456789abcdef" * 4,
            "connectors/people.yaml": connector,
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "store/landing").mkdir(parents=True)

    def run(self, since: str | None = None, until: str | None = None) -> RunRecord:
        window = Window(since, until) if since is not None else None
        return pipeline.run(load_workspace(self.root), "people", window=window)

    def drop(self, name: str, day: int, *lines: str) -> None:
        path = self.root / "store/landing" / name
        path.write_text("id,city\n" + "\n".join(lines) + "\n")
        when = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(path, (when, when))

    @property
    def table(self) -> Any:
        declared = load_workspace(self.root)
        return open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))

    def rows(self) -> list[tuple[Any, ...]]:
        return sorted(tuple(row.values()) for row in self.table.scan().to_arrow().to_pylist())

    def state(self) -> Mapping[str, str]:
        """What the next run goes by."""
        properties: Mapping[str, str] = self.table.properties
        return {key: value for key, value in properties.items() if not key.endswith(".run")}


def test_files_that_were_modified_since_are_read_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path, FILES % ("leave", "mode: upsert, key: id"))
    shop.drop("a.csv", 1, "1,Rome", "2,Oslo")
    shop.drop("b.csv", 5, "2,Bern", "3,Bonn")
    assert shop.run().published == 3
    before = shop.state()
    connector = shop.root / "connectors/people.yaml"
    connector.write_text(connector.read_text().replace("{type: string}", "{type: string, one_of: [Bonn, Rome]}"))
    record = shop.run("2026-01-02")
    assert (record.status, record.read, record.quarantined) == ("succeeded", 2, 1)
    assert "backfill from 2026-01-02" in record.notes[0]
    assert shop.state() == before and shop.run().status == "nothing new"
    assert shop.rows() == [(1, "Rome"), (2, "Bern"), (3, "Bonn")]
    assert shop.run("2027-01-01").status == "nothing new"


def test_a_new_file_is_still_the_next_run_s_to_take_in_and_to_archive(tmp_path: Path) -> None:
    shop = Shop(tmp_path, FILES % ("archive", "mode: upsert, key: id"))
    shop.drop("a.csv", 1, "1,Rome")
    assert shop.run("2026-01-01").published == 1
    assert (tmp_path / "store/landing/a.csv").exists()
    assert shop.run().published == 1 and shop.rows() == [(1, "Rome")]
    assert not (tmp_path / "store/landing/a.csv").exists()


def test_old_files_alone_would_take_the_place_of_later_ones_and_are_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path, FILES % ("leave", "mode: upsert, key: id"))
    record = shop.run("2026-01-01", "2026-01-02")
    assert record.status == "failed" and record.error is not None and "leave --to out" in record.error["remedy"]
    record = shop.run("last week")
    assert record.error is not None and "is not a date or moment" in record.error["what"]


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_table_without_keys_is_refused(tmp_path: Path, mode: str) -> None:
    shop = Shop(tmp_path, FILES % ("leave", f"mode: {mode}"))
    shop.drop("a.csv", 1, "1,Rome")
    shop.run()
    record = shop.run("2026-01-01")
    assert record.error is not None and f"mode {mode} cannot tell which ones" in record.error["what"]
    assert shop.rows() == [(1, "Rome")]


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date", "int"])
def test_records_of_a_window_are_read_again_by_their_watermark(postgres: Postgres, tmp_path: Path, kind: str) -> None:
    table = f"public.backfill_{kind}"
    number = kind == "int"
    days = ["10", "20", "30"] if number else ["'2026-01-10'", "'2026-01-20'", "'2026-01-30'"]
    values = ", ".join(f"({key}, 'old', {day})" for key, day in enumerate(days, start=1))
    postgres.run(
        f"CREATE TABLE {table} (id int PRIMARY KEY, city text, at {kind} NOT NULL)",
        f"INSERT INTO {table} VALUES {values}",
    )
    try:
        shop = Shop(tmp_path, DATABASE % ('type: postgresql, url: "file:keys/url"', table))
        (shop.root / "keys/url").write_text(postgres.url())
        assert shop.run().published == 3
        before = shop.state()
        postgres.run(f"UPDATE {table} SET city = 'corrected'")
        since, until = ("20", "30") if number else ("2026-01-20", "2026-01-30")
        assert shop.run(since, until).read == 1
        assert shop.rows() == [(1, "old"), (2, "corrected"), (3, "old")]
        assert shop.run(since).read == 2 and shop.state() == before
        assert shop.rows() == [(1, "old"), (2, "corrected"), (3, "corrected")]
        record = shop.run("2026-01-01" if number else "12'; DROP TABLE t")
        assert record.error is not None and "is no bound for the column 'at'" in record.error["what"]
    finally:
        postgres.run(f"DROP TABLE {table}")


def test_a_file_of_sqlite_is_backfilled_alike(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, city TEXT, at INTEGER NOT NULL)")
        database.execute("INSERT INTO t VALUES (1, 'old', 10), (2, 'old', 20)")
    database.close()
    shop = Shop(tmp_path, DATABASE % (f'type: sqlite, path: "{tmp_path / "shop.db"}"', "t"))
    assert shop.run().published == 2, shop.run().error
    before = shop.state()
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("UPDATE t SET city = 'new'")
    database.close()
    assert shop.run("15").read == 1 and shop.state() == before
    assert shop.rows() == [(1, "old"), (2, "new")]


def test_change_capture_has_no_windows(postgres: Postgres, tmp_path: Path) -> None:
    postgres.run("CREATE TABLE public.backfill_cdc (id int PRIMARY KEY, name text, score int)")
    shop = Captured(tmp_path / "ws", postgres, "public.backfill_cdc")
    try:
        record = pipeline.run(load_workspace(shop.root), "people", window=Window("2026-01-01"))
        assert record.error is not None and "change capture has every change" in record.error["what"]
        assert "--full" in record.error["remedy"]
    finally:
        shop.drop()
        postgres.run("DROP TABLE public.backfill_cdc")


def test_a_backfill_and_a_run_never_interleave(tmp_path: Path) -> None:
    shop = Shop(tmp_path, FILES % ("leave", "mode: upsert, key: id"))
    declared = load_workspace(shop.root)
    runs = Layout.of(declared.workspace, declared.root).runs("acme", "people")
    with lease(runs, run_id="daily", what="acme/people"), pytest.raises(LeaseHeld):
        shop.run("2026-01-01")


def test_the_command_line_takes_a_window(tmp_path: Path) -> None:
    shop = Shop(tmp_path, FILES % ("leave", "mode: upsert, key: id"))
    shop.drop("a.csv", 3, "1,Rome")

    def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "antechamber", "run", "people", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "backfill from 2026-01-02: other runs read on" in cli("--from", "2026-01-02").stdout
    assert cli("--from", "2026-01-02", "--full").returncode == 2
    assert cli("--to", "2026-01-02").returncode == 2
