"""Incremental reading: whatever commits when, what was published equals the source; nothing is lost or doubled."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.connect.postgres_table import run
from tests.servers.postgres import Postgres

from antechamber.connect.postgresql import horizon
from antechamber.errors import SourceError


class Writer:
    """A session of an application that leaves its transaction open for as long as it likes."""

    def __init__(self, postgres: Postgres) -> None:
        self._connection = adbc.connect(postgres.url(), autocommit=True)

    def do(self, *statements: str) -> None:
        with self._connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(autouse=True)
def _a_short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writers here are other threads of one process, never suspended for long: many schedules, little waiting."""
    monkeypatch.setattr(horizon, "SETTLE_S", 0.01)


@pytest.fixture
def events(postgres: Postgres, schema: str) -> str:
    table = f"{schema}.events"
    postgres.run(
        f"CREATE TABLE {table} (id bigserial PRIMARY KEY, what text, updated_at timestamptz NOT NULL DEFAULT now())",
        f"CREATE INDEX ON {table} (updated_at)",
    )
    return table


def published(postgres: Postgres, table: str) -> list[tuple[Any, ...]]:
    return sorted(postgres.run(f"SELECT id, what FROM {table}"))


def _schedule(
    postgres: Postgres, table: str, seed: int, read: Callable[[], None], *, updates: bool, savepoints: bool
) -> None:
    """A few sessions insert, update, wait, roll back and commit in random order; `read` is called in between."""
    chance = random.Random(seed)
    writers = [Writer(postgres) for _ in range(3)]
    open_now = [False] * len(writers)
    try:
        for step in range(16):
            number = chance.randrange(len(writers))
            writer = writers[number]
            action = chance.random()
            if action < 0.3:
                read()
            elif not open_now[number]:
                writer.do("BEGIN")
                open_now[number] = True
            elif action < 0.7:
                statements = [f"INSERT INTO {table} (what) VALUES ('{seed}.{step}')"]
                if updates and chance.random() < 0.5:
                    statements = [
                        f"UPDATE {table} SET what = '{seed}.{step}', updated_at = now() WHERE id = (SELECT id FROM "
                        f"{table} ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED)"
                    ]
                if savepoints and chance.random() < 0.6:
                    statements = ["SAVEPOINT s", *statements, chance.choice(["RELEASE s", "ROLLBACK TO s"])]
                writer.do(*statements)
            else:
                writer.do("ROLLBACK" if chance.random() < 0.2 else "COMMIT")
                open_now[number] = False
        for writer, is_open in zip(writers, open_now, strict=True):
            if is_open:
                writer.do("COMMIT")
        read()
    finally:
        for writer in writers:
            writer.close()


@pytest.mark.parametrize("seed", range(14))
@pytest.mark.parametrize("reads", ["table", "query"])
def test_no_schedule_of_late_commits_loses_a_record_or_reads_one_twice(
    postgres: Postgres, events: str, tmp_path: Path, reads: str, seed: int
) -> None:
    what: dict[str, Any] = {"table": events} if reads == "table" else {"query": f"SELECT * FROM {events}"}
    last: Any = None
    appended: list[tuple[Any, ...]] = []

    def read() -> None:
        nonlocal last
        listing, rows = run(postgres.url(), tmp_path, watermark=last, watermark_column="updated_at", **what)
        last = json.loads(json.dumps(listing.watermark))
        assert last["exact"]
        appended.extend((row["id"], row["what"]) for row in rows)

    _schedule(postgres, events, seed, read, updates=False, savepoints=True)
    assert sorted(appended) == published(postgres, events)
    listing, rows = run(postgres.url(), tmp_path, watermark=last, watermark_column="updated_at", **what)
    assert rows == [] and listing.partitions == ()


@pytest.mark.parametrize("seed", range(100, 108))
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
def test_updates_and_inserts_of_every_schedule_arrive_by_key(
    postgres: Postgres, schema: str, tmp_path: Path, kind: str, seed: int
) -> None:
    table = f"{schema}.events"
    postgres.run(f"CREATE TABLE {table} (id serial PRIMARY KEY, what text, updated_at {kind} NOT NULL DEFAULT now())")
    last: Any = None
    upserted: dict[int, str] = {}
    versions: Counter[tuple[int, str]] = Counter()

    def read() -> None:
        nonlocal last
        listing, rows = run(postgres.url(), tmp_path, watermark=last, table=table, watermark_column="updated_at")
        last = listing.watermark
        upserted.update((row["id"], row["what"]) for row in rows)
        versions.update((row["id"], row["what"]) for row in rows)

    _schedule(postgres, table, seed, read, updates=True, savepoints=False)
    assert sorted(upserted.items()) == published(postgres, table)
    assert set(versions.values()) <= {1}, "a version of a record was read twice"


@pytest.mark.parametrize("seed", range(200, 210))
def test_ids_of_a_sequence_that_commit_late_are_not_lost(
    postgres: Postgres, events: str, tmp_path: Path, seed: int
) -> None:
    last: Any = None
    appended: list[tuple[Any, ...]] = []

    def read() -> None:
        nonlocal last
        listing, rows = run(postgres.url(), tmp_path, watermark=last, table=events, watermark_column="id")
        last = json.loads(json.dumps(listing.watermark))
        assert last["exact"]
        appended.extend((row["id"], row["what"]) for row in rows)

    _schedule(postgres, events, seed, read, updates=False, savepoints=True)
    assert sorted(appended) == published(postgres, events)


def test_a_record_changed_within_the_same_moment_is_read_again(
    postgres: Postgres, events: str, tmp_path: Path
) -> None:
    moment = "'2031-05-05 12:00:00+00'"  # in the future, so that it stays above every horizon
    postgres.run(f"INSERT INTO {events} (what, updated_at) SELECT 'a', {moment} FROM generate_series(1, 3)")
    ways: list[dict[str, Any]] = [{"table": events}, {"query": f"SELECT * FROM {events} -- all of it"}]
    for what in ways:
        first, rows = run(postgres.url(), tmp_path, watermark_column="updated_at", **what)
        known = len(rows)
        postgres.run(f"INSERT INTO {events} (what, updated_at) VALUES ('b', {moment})")
        postgres.run(f"UPDATE {events} SET what = what || '+' WHERE id = 1")
        second, rows = run(postgres.url(), tmp_path, watermark=first.watermark, watermark_column="updated_at", **what)
        assert len(rows) == 2 and rows[0]["id"] != rows[1]["id"]
        _, rows = run(postgres.url(), tmp_path, watermark=second.watermark, watermark_column="updated_at", **what)
        assert rows == []
        assert known >= 3


def test_equal_records_of_a_query_are_counted_not_merged(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(f"CREATE TABLE {schema}.log (line text, at timestamptz)")
    postgres.run(f"INSERT INTO {schema}.log SELECT 'same', '2031-01-01' FROM generate_series(1, 3)")
    query = f"SELECT line, at FROM {schema}.log"
    first, rows = run(postgres.url(), tmp_path, query=query, watermark_column="at")
    assert len(rows) == 3
    postgres.run(f"INSERT INTO {schema}.log SELECT 'same', '2031-01-01' FROM generate_series(1, 2)")
    _, rows = run(postgres.url(), tmp_path, watermark=first.watermark, query=query, watermark_column="at")
    assert len(rows) == 2


def test_many_records_loaded_a_moment_ago_are_not_read_again(postgres: Postgres, events: str, tmp_path: Path) -> None:
    ways: list[dict[str, Any]] = [{"table": events}, {"query": f"SELECT * FROM {events}"}]
    for what in ways:
        postgres.run(f"INSERT INTO {events} (what) SELECT i::text FROM generate_series(1, 30000) i")
        first, _ = run(postgres.url(), tmp_path, watermark_column="updated_at", **what)
        second, rows = run(postgres.url(), tmp_path, watermark=first.watermark, watermark_column="updated_at", **what)
        assert rows == [] and second.partitions == ()


def test_records_without_a_watermark_are_told_and_read_in_full_runs(
    postgres: Postgres, schema: str, tmp_path: Path
) -> None:
    postgres.run(f"CREATE TABLE {schema}.t (id int, at timestamptz)")
    postgres.run(f"INSERT INTO {schema}.t VALUES (1, now()), (2, NULL)")
    declared: dict[str, Any] = {"table": f"{schema}.t", "watermark_column": "at"}
    first, rows = run(postgres.url(), tmp_path, **declared)
    assert len(rows) == 2 and first.skipped == ()
    postgres.run(f"INSERT INTO {schema}.t VALUES (3, NULL), (4, now())")
    second, rows = run(postgres.url(), tmp_path, watermark=first.watermark, **declared)
    assert [row["id"] for row in rows] == [4]
    assert [skipped.reason for skipped in second.skipped] == [
        "2 records have no at: read only in a full run (--full)"
    ]
    _, rows = run(postgres.url(), tmp_path, watermark=second.watermark, full=True, **declared)
    assert len(rows) == 4


def test_a_prepared_transaction_holds_the_watermark_back(postgres: Postgres, events: str, tmp_path: Path) -> None:
    declared: dict[str, Any] = {"table": events, "watermark_column": "updated_at"}
    postgres.run(f"INSERT INTO {events} (what) VALUES ('early')")
    writer = Writer(postgres)
    writer.do("BEGIN", f"INSERT INTO {events} (what) VALUES ('late')", "PREPARE TRANSACTION 'two'")
    first, _ = run(postgres.url(), tmp_path, **declared)
    assert "prepared transaction" in first.skipped[0].reason
    postgres.run(f"INSERT INTO {events} (what) VALUES ('middle')")
    second, rows = run(postgres.url(), tmp_path, watermark=first.watermark, **declared)
    assert [row["what"] for row in rows] == ["middle"]
    writer.do("COMMIT PREPARED 'two'")
    writer.close()
    _, rows = run(postgres.url(), tmp_path, watermark=second.watermark, **declared)
    assert [row["what"] for row in rows] == ["late"]


def test_a_role_that_may_not_see_others_is_told_and_lateness_helps(
    postgres: Postgres, events: str, schema: str, tmp_path: Path
) -> None:
    postgres.run(
        f"CREATE ROLE blind_{schema} LOGIN PASSWORD 'pw'",
        f"GRANT USAGE ON SCHEMA {schema} TO blind_{schema}",
        f"GRANT SELECT ON {events} TO blind_{schema}",
    )
    try:
        url = postgres.url(f"blind_{schema}", "pw")
        declared: dict[str, Any] = {"table": events, "watermark_column": "updated_at"}
        writer = Writer(postgres)
        writer.do("BEGIN", f"INSERT INTO {events} (what) VALUES ('late')")
        postgres.run(f"INSERT INTO {events} (what) VALUES ('early')")
        plain, _ = run(url, tmp_path, **declared)
        lenient, _ = run(url, tmp_path, lateness=3600, **declared)
        assert plain.watermark and plain.watermark["exact"] is False
        assert "pg_read_all_stats" in plain.skipped[0].reason and "lateness" in plain.skipped[0].reason
        writer.do("COMMIT")
        writer.close()
        _, rows = run(url, tmp_path, watermark=lenient.watermark, lateness=3600, **declared)
        assert [row["what"] for row in rows] == ["late"]
        postgres.run(f"GRANT pg_monitor TO blind_{schema}")
        seeing, _ = run(url, tmp_path, **declared)
        assert seeing.watermark and seeing.watermark["exact"] is True and seeing.skipped == ()
    finally:
        postgres.run(f"DROP OWNED BY blind_{schema}", f"DROP ROLE blind_{schema}")


def test_a_watermark_of_another_column_or_table_is_refused(postgres: Postgres, events: str, tmp_path: Path) -> None:
    first, _ = run(postgres.url(), tmp_path, table=events, watermark_column="id")
    with pytest.raises(SourceError, match="--full"):
        run(postgres.url(), tmp_path, watermark=first.watermark, table=events, watermark_column="updated_at")
    with pytest.raises(SourceError, match="--full"):
        run(postgres.url(), tmp_path, watermark={"value": 3}, table=events, watermark_column="updated_at")


def test_after_a_restore_the_old_transaction_ids_are_not_trusted(
    postgres: Postgres, events: str, tmp_path: Path
) -> None:
    postgres.run(f"INSERT INTO {events} (what, updated_at) VALUES ('a', '2031-01-01')")
    first, _ = run(postgres.url(), tmp_path, table=events, watermark_column="updated_at")
    recorded = json.loads(json.dumps(first.watermark))
    recorded["seen"]["server"] = "another/2"
    second, rows = run(postgres.url(), tmp_path, watermark=recorded, table=events, watermark_column="updated_at")
    assert [row["what"] for row in rows] == ["a"]
    assert "restored or failed over" in second.skipped[0].reason


def test_frozen_and_vacuumed_records_are_not_read_again(postgres: Postgres, events: str, tmp_path: Path) -> None:
    postgres.run(f"INSERT INTO {events} (what, updated_at) SELECT 'a', '2031-01-01' FROM generate_series(1, 100)")
    first, _ = run(postgres.url(), tmp_path, table=events, watermark_column="updated_at")
    postgres.run(f"INSERT INTO {events} (what, updated_at) VALUES ('b', '2031-01-01')")
    postgres.run(f"VACUUM (FREEZE, FULL) {events}", f"VACUUM FREEZE {events}")
    _, rows = run(postgres.url(), tmp_path, watermark=first.watermark, table=events, watermark_column="updated_at")
    assert [row["what"] for row in rows] == ["b"]
