"""Incremental reading of MariaDB: whatever commits when, what was published equals the source, each record once."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pymysql
import pytest
from tests.connect.relational_table import read_all, run, source
from tests.servers.mariadb import MariaDB

from antechamber.connect.mysql import horizon
from antechamber.connect.relational import seen, table
from antechamber.errors import SourceError
from antechamber.records import Progress

SOAK = "ANTECHAMBER_SOAK" in os.environ


@pytest.fixture(autouse=True)
def _a_short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writers here are other sessions of one thread: nothing begins unseen. The server's picture is 0.1 s old."""
    monkeypatch.setattr(horizon, "SETTLE_S", 0.11)
    monkeypatch.setattr(table, "PAUSE_S", 0.5)


@pytest.fixture
def events(mariadb: MariaDB, database: str) -> str:
    mariadb.run(
        f"CREATE TABLE {database}.events (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, what text, "
        "updated_at timestamp(6) NOT NULL DEFAULT now(6) ON UPDATE now(6), KEY (updated_at))"
    )
    return f"{database}.events"


class Target:
    """What a connector's runs have published, kept as its commits keep it; a run may die before its commit."""

    def __init__(self, url: str, folder: Path, **declared: Any) -> None:
        self.url, self.folder, self.declared = url, folder, declared
        self.mark: Any = None
        self.appended: list[tuple[Any, ...]] = []
        self.upserted: dict[int, str] = {}
        self.versions: Counter[tuple[Any, ...]] = Counter()

    def run(self, *, die: bool = False, full: bool = False) -> Any:
        listing, rows = run("mysql", self.url, self.folder, last=self.mark, full=full, **self.declared)
        if not die:
            self.mark = listing.watermark
            self.appended += [(row["id"], row["what"]) for row in rows]
            self.upserted.update((row["id"], row["what"]) for row in rows)
            self.versions.update((row["id"], row["what"]) for row in rows)
        return listing


def published(mariadb: MariaDB, table: str) -> list[tuple[Any, ...]]:
    return sorted(mariadb.run(f"SELECT id, what FROM {table}"))


def schedule(mariadb: MariaDB, table: str, seed: int, target: Target, *, updates: bool) -> None:
    """Three sessions insert, update, wait, roll back and commit in random order; runs, some of which die, between."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        writers = [stack.enter_context(mariadb.connect()) for _ in range(3)]
        cursors = [stack.enter_context(writer.cursor()) for writer in writers]
        for cursor in cursors:
            cursor.execute("SET innodb_lock_wait_timeout = 0, time_zone = '+05:00', tx_isolation = 'READ-COMMITTED'")
        is_open = [False] * 3
        for step in range(16):
            number = chance.randrange(3)
            cursor, action = cursors[number], chance.random()
            if action < 0.3:
                target.run(die=chance.random() < 0.3)
            elif not is_open[number]:
                cursor.execute("START TRANSACTION")
                is_open[number] = True
            elif action < 0.7:
                if updates and chance.random() < 0.5:
                    cursor.execute(f"SELECT id FROM {table} ORDER BY RAND({seed + step}) LIMIT 1")
                    for (found,) in cursor.fetchall():
                        with contextlib.suppress(pymysql.OperationalError):  # another session holds it
                            cursor.execute(f"UPDATE {table} SET what = '{seed}.{step}' WHERE id = {found}")
                else:
                    cursor.execute(f"INSERT INTO {table} (what) VALUES ('{seed}.{step}')")
            else:
                cursor.execute("ROLLBACK" if chance.random() < 0.2 else "COMMIT")
                is_open[number] = False
        for cursor in cursors:
            cursor.execute("COMMIT")
    target.run()


@pytest.mark.parametrize("watermark", ["updated_at", "id"])
@pytest.mark.parametrize("seed", range(3))
def test_no_schedule_of_late_commits_and_deaths_loses_a_record_or_appends_one_twice(
    mariadb: MariaDB, events: str, tmp_path: Path, seed: int, watermark: str
) -> None:
    target = Target(mariadb.url(), tmp_path, table=events, watermark=watermark)
    schedule(mariadb, events, seed, target, updates=False)
    assert target.mark["exact"]
    assert sorted(target.appended) == published(mariadb, events)


@pytest.mark.parametrize("seed", range(10, 14))
@pytest.mark.parametrize("reads", ["table", "query"])
def test_updates_and_inserts_of_every_schedule_arrive_by_key_and_no_version_twice(
    mariadb: MariaDB, events: str, tmp_path: Path, seed: int, reads: str
) -> None:
    declared = {"table": events} if reads == "table" else {"query": f"SELECT * FROM {events}"}
    target = Target(mariadb.url(), tmp_path, watermark="updated_at", **declared)
    schedule(mariadb, events, seed, target, updates=True)
    assert sorted(target.upserted.items()) == published(mariadb, events)
    assert set(target.versions.values()) <= {1}


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="runs in make soak")
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_two_hundred_schedules_end_in_what_the_source_holds(
    mariadb: MariaDB, events: str, tmp_path: Path, seed: int
) -> None:
    watermark = ("updated_at", "id")[seed % 2]
    target = Target(mariadb.url(), tmp_path, table=events, watermark=watermark)
    schedule(mariadb, events, seed, target, updates=watermark == "updated_at" and seed % 4 == 0)
    assert sorted(target.upserted.items()) == published(mariadb, events)
    assert set(target.versions.values()) <= {1}


@pytest.mark.parametrize("kind", ["datetime", "date"])
def test_dates_and_times_without_a_zone_are_read_from_before_the_horizon(
    mariadb: MariaDB, database: str, tmp_path: Path, kind: str
) -> None:
    mariadb.run(f"CREATE TABLE {database}.t (id int AUTO_INCREMENT PRIMARY KEY, what text, at {kind} DEFAULT now())")
    target = Target(mariadb.url(), tmp_path, table=f"{database}.t", watermark="at")
    with mariadb.connect() as writer, writer.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute(f"INSERT INTO {database}.t (what) VALUES ('late')")
        mariadb.run(f"INSERT INTO {database}.t (what) VALUES ('early')")
        target.run()
        cursor.execute("COMMIT")
    for _ in range(2):
        target.run()
    assert sorted(target.appended) == [(1, "late"), (2, "early")]


def test_equal_records_are_counted_not_merged(mariadb: MariaDB, database: str, tmp_path: Path) -> None:
    mariadb.run(f"CREATE TABLE {database}.log (line text, at timestamp NULL)")
    declared: dict[str, Any] = {"table": f"{database}.log", "watermark": "at"}
    mariadb.run(f"INSERT INTO {database}.log SELECT 'same', '2031-01-01' FROM {database}.seq_1_to_3")
    first, rows = run("mysql", mariadb.url(), tmp_path, **declared)
    assert len(rows) == 3
    mariadb.run(f"INSERT INTO {database}.log SELECT 'same', '2031-01-01' FROM {database}.seq_1_to_2")
    second, rows = run("mysql", mariadb.url(), tmp_path, last=first.watermark, **declared)
    assert len(rows) == 2
    assert run("mysql", mariadb.url(), tmp_path, last=second.watermark, **declared)[1] == []


def test_more_than_can_be_remembered_waits_until_no_transaction_is_older(
    mariadb: MariaDB, events: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "CAP", 50)
    monkeypatch.setattr(table, "CAP", 50)
    database = events.partition(".")[0]
    mariadb.run(f"INSERT INTO {events} (what, updated_at) VALUES ('old', '2020-01-01')")
    target = Target(mariadb.url(), tmp_path, table=events, watermark="updated_at")
    with mariadb.connect() as writer, writer.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute(f"INSERT INTO {events} (what) VALUES ('late')")
        cursor.execute("DO SLEEP(1)")
        mariadb.run(f"INSERT INTO {events} (what) SELECT seq FROM {database}.seq_1_to_200")
        cursor.execute("SELECT SLEEP(0.9)")
        listing = target.run()
        assert [what for _, what in target.appended] == ["old"]
        assert "wait for the next run" in listing.skipped[-1].reason
        cursor.execute("COMMIT")
    target.run()
    assert sorted(target.appended) == published(mariadb, events)


def test_many_records_loaded_a_moment_ago_are_all_read_in_one_run(
    mariadb: MariaDB, events: str, tmp_path: Path
) -> None:
    database = events.partition(".")[0]
    mariadb.run(f"INSERT INTO {events} (what) SELECT seq FROM {database}.seq_1_to_30000")
    target = Target(mariadb.url(), tmp_path, table=events, watermark="updated_at")
    assert target.run().skipped == () and len(target.appended) == 30_000
    target.run()
    assert len(target.appended) == 30_000


def test_a_statement_that_began_before_the_run_and_writes_after_it_is_not_lost(
    mariadb: MariaDB, events: str, tmp_path: Path
) -> None:
    """NOW() is the statement's beginning: it shows no transaction yet while it waits."""
    import threading

    target = Target(mariadb.url(), tmp_path, table=events, watermark="updated_at")
    with mariadb.connect() as blocker, blocker.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {events} WRITE")
        late = threading.Thread(target=lambda: mariadb.run(f"INSERT INTO {events} (what) VALUES ('late')"))
        late.start()
        while not mariadb.run("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'INSERT%late%'"):
            pass
        cursor.execute(f"INSERT INTO {events} (what) VALUES ('early')")
        cursor.execute("UNLOCK TABLES")
        target.run()
        late.join()
    target.run()
    assert sorted(what for _, what in target.appended) == ["early", "late"]


def test_a_user_without_process_is_told_and_lateness_helps(
    mariadb: MariaDB, events: str, database: str, tmp_path: Path
) -> None:
    mariadb.run("CREATE USER blind@'%' IDENTIFIED BY 'pw'", f"GRANT SELECT ON {database}.* TO blind@'%'")
    try:
        url = mariadb.url("blind", "pw", database)
        declared: dict[str, Any] = {"table": "events", "watermark": "updated_at"}
        with mariadb.connect() as writer, writer.cursor() as cursor:
            cursor.execute("START TRANSACTION")
            cursor.execute(f"INSERT INTO {events} (what) VALUES ('late')")
            mariadb.run(f"INSERT INTO {events} (what) VALUES ('early')")
            plain, _ = run("mysql", url, tmp_path, **declared)
            lenient, _ = run("mysql", url, tmp_path, lateness=3600, **declared)
            cursor.execute("COMMIT")
        assert plain.watermark and plain.watermark["exact"] is False
        assert "GRANT PROCESS" in plain.skipped[0].reason and "lateness" in plain.skipped[0].reason
        _, rows = run("mysql", url, tmp_path, last=lenient.watermark, lateness=3600, **declared)
        assert [row["what"] for row in rows] == ["late"]
        mariadb.run("GRANT PROCESS ON *.* TO blind@'%'")
        seeing, _ = run("mysql", url, tmp_path, **declared)
        assert seeing.watermark and seeing.watermark["exact"] is True and seeing.skipped == ()
    finally:
        mariadb.run("DROP USER blind@'%'")


def test_a_prepared_transaction_of_a_session_that_is_gone_holds_the_watermark_back(
    mariadb: MariaDB, events: str, tmp_path: Path
) -> None:
    target = Target(mariadb.url(), tmp_path, table=events, watermark="updated_at")
    with mariadb.connect() as writer, writer.cursor() as cursor:
        for statement in (
            "XA START 'x'",
            f"INSERT INTO {events} (what) VALUES ('late')",
            "XA END 'x'",
            "XA PREPARE 'x'",
        ):
            cursor.execute(statement)
    assert any("prepared transaction" in skipped.reason for skipped in target.run().skipped)
    mariadb.run(f"INSERT INTO {events} (what) VALUES ('middle')")
    target.run()
    mariadb.run("XA COMMIT 'x'")
    target.run()
    assert sorted(what for _, what in target.appended) == ["late", "middle"]


def test_records_without_a_watermark_are_told_and_read_in_full_runs(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    mariadb.run(f"CREATE TABLE {database}.t (id int, at timestamp NULL)")
    mariadb.run(f"INSERT INTO {database}.t VALUES (1, now()), (2, NULL)")
    declared: dict[str, Any] = {"table": f"{database}.t", "watermark": "at"}
    first, rows = run("mysql", mariadb.url(), tmp_path, **declared)
    assert len(rows) == 2 and first.skipped == ()
    mariadb.run(f"INSERT INTO {database}.t VALUES (3, NULL), (4, now())")
    second, rows = run("mysql", mariadb.url(), tmp_path, last=first.watermark, **declared)
    assert [row["id"] for row in rows] == [4]
    assert [skipped.reason for skipped in second.skipped] == [
        "2 records have no at: read only in a full run (--full)"
    ]
    assert len(run("mysql", mariadb.url(), tmp_path, last=second.watermark, full=True, **declared)[1]) == 4


def test_a_watermark_of_another_column_or_table_is_refused(mariadb: MariaDB, events: str, tmp_path: Path) -> None:
    first, _ = run("mysql", mariadb.url(), tmp_path, table=events, watermark="id")
    for mark in (first.watermark, {"value": 3}):
        with pytest.raises(SourceError, match="--full"):
            run("mysql", mariadb.url(), tmp_path, last=mark, table=events, watermark="updated_at")


def test_all_partitions_show_one_state_while_others_write(mariadb: MariaDB, events: str, tmp_path: Path) -> None:
    database = events.partition(".")[0]
    mariadb.run(f"INSERT INTO {events} (what) SELECT seq FROM {database}.seq_1_to_120000", f"ANALYZE TABLE {events}")
    shared: dict[str, Any] = {"partition_on": "id", "share_snapshot": "lock-table", "max_connections": 2}
    read = source("mysql", mariadb.url(), tmp_path, table=events, **shared)
    try:
        listing = read.list(Progress())
        assert len(listing.partitions) >= 2
        mariadb.run(f"UPDATE {events} SET what = 'changed'", f"INSERT INTO {events} (what) VALUES ('new')")
        rows = read_all(read, listing)
    finally:
        read.close()
    assert len(rows) == 120_000 and {row["what"] == str(row["id"]) for row in rows} == {True}
