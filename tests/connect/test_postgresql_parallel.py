"""Parallel reading: every record once, all of one moment, in parts of about the same size."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.connect.postgres_table import read_all, source
from tests.servers.postgres import Postgres

from antechamber.records import Progress

ROWS = 320_000


@pytest.fixture(scope="module")
def keyed(postgres: Postgres) -> str:
    """A table whose every column has another kind of skew."""
    postgres.run(
        f"CREATE TABLE keyed AS SELECT i AS id, (power(random(), 6) * 1e9)::bigint AS skewed, "
        "CASE WHEN i % 10 < 4 THEN 7 ELSE i END AS heavy, CASE WHEN i % 5 > 0 THEN i END AS gaps, "
        "date '2020-01-01' + (sqrt(random()) * 2000)::int AS day, "
        "timestamptz '2026-01-01' + i::bigint * i * interval '1 us' AS moment, md5(i::text)::uuid AS uid, "
        "'user' || i || '@example.com' AS email, "
        f"(random() * 100)::numeric(9,4) AS amount, "
        f"('x' || i % 97)::varchar(9) AS code FROM generate_series(1, {ROWS}) i",
        "ANALYZE keyed",
        "CREATE TABLE keyed_blind AS TABLE keyed",  # no statistics
        "ALTER TABLE keyed_blind SET (autovacuum_enabled = off)",
    )
    return "keyed"


@pytest.mark.parametrize(
    "key", ["id", "skewed", "heavy", "gaps", "day", "moment", "uid", "email", "amount", "code", None]
)
@pytest.mark.parametrize(
    "declared", [{"table": "keyed"}, {"table": "keyed_blind"}, {"query": "TABLE keyed"}], ids=str
)
def test_the_parts_hold_every_record_once_and_are_balanced(
    postgres: Postgres, keyed: str, tmp_path: Path, declared: dict[str, Any], key: str | None
) -> None:
    table = source(postgres.url(), tmp_path, partition_on=key, max_connections=2, **declared)
    parts = read_all(table, table.list(Progress()).partitions)
    table.close()
    ids = pa.concat_tables([part.select(["id"]) for part in parts.values()]).sort_by("id")["id"]
    assert ids.to_pylist() == list(range(1, ROWS + 1))
    if key is None and "query" in declared:
        assert list(parts) == ["query#1/1"]
        return
    assert len(parts) >= 4
    largest = max(part.num_rows for part in parts.values())
    assert largest <= (0.5 if key in ("heavy", "gaps") else 0.36) * ROWS
    name = "query" if "query" in declared else f"public.{declared['table']}"
    assert sorted(parts) == [f"{name}#{number}/{len(parts)}" for number in range(1, len(parts) + 1)]


def test_a_whole_table_is_read_in_the_order_in_which_it_lies_whatever_the_key(
    postgres: Postgres, keyed: str, tmp_path: Path
) -> None:
    table = source(postgres.url(), tmp_path, table=keyed, partition_on="skewed", max_connections=2)
    parts = read_all(table, table.list(Progress()).partitions)
    table.close()
    steps = [pc.pairwise_diff(part["id"].combine_chunks()).drop_null().unique() for part in parts.values()]
    assert all(step.to_pylist() == [1] for step in steps)


def test_all_parts_show_the_same_moment_while_others_write(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    accounts = 200_000
    postgres.run(
        f"CREATE TABLE {schema}.accounts AS SELECT i AS id, 100 AS balance FROM generate_series(1, {accounts}) i",
        f"ALTER TABLE {schema}.accounts ADD PRIMARY KEY (id)",
        f"ANALYZE {schema}.accounts",
    )
    stop, moved = threading.Event(), 0

    def move_money() -> None:
        nonlocal moved
        chance = random.Random(5)
        with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                a, b = chance.randint(1, accounts), chance.randint(1, accounts)
                amount = chance.randint(1, 50)
                cursor.execute(
                    f"UPDATE {schema}.accounts SET balance = balance + CASE id WHEN {a} THEN {amount} "
                    f"ELSE -{amount} END WHERE id IN ({a}, {b}) AND {a} <> {b}"
                )
                moved += 1

    writer = threading.Thread(target=move_money)
    writer.start()
    try:
        for key in ("id", None):
            table = source(postgres.url(), tmp_path, table=f"{schema}.accounts", partition_on=key, max_connections=2)
            partitions = table.list(Progress()).partitions
            assert len(partitions) == 4
            total = count = 0
            for some in (partitions[:2], partitions[2:]):  # both connections at work, and each of them twice
                before = moved
                while moved < before + 20:
                    assert writer.is_alive()
                    stop.wait(0.001)
                for part in read_all(table, some, threads=2).values():
                    total += pc.sum(part["balance"]).as_py()
                    count += part.num_rows
            table.close()
            assert (total, count) == (100 * accounts, accounts)
    finally:
        stop.set()
        writer.join()


def test_the_table_cannot_be_emptied_under_the_readers(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(f"CREATE TABLE {schema}.t AS SELECT i FROM generate_series(1, 10) i")
    table = source(postgres.url(), tmp_path, table=f"{schema}.t")
    listing = table.list(Progress())
    blocked = []

    def truncate() -> None:
        postgres.run(f"TRUNCATE {schema}.t")
        blocked.append(False)

    other = threading.Thread(target=truncate, daemon=True)
    other.start()
    other.join(0.3)
    assert not blocked
    assert read_all(table, listing.partitions)[listing.partitions[0].id].num_rows == 10
    table.close()
    other.join(10)
    assert blocked


def test_no_more_connections_are_open_than_declared_and_none_after_close(
    postgres: Postgres, keyed: str, tmp_path: Path
) -> None:
    def connections() -> list[tuple[Any, ...]]:
        return postgres.run("SELECT pid FROM pg_stat_activity WHERE application_name = 'antechamber'")

    table = source(postgres.url(), tmp_path, table=keyed, max_connections=3)
    listing = table.list(Progress())
    seen = 0
    readers = [threading.Thread(target=lambda p=p: list(table.read(p))) for p in listing.partitions]
    for reader in readers:
        reader.start()
    while any(reader.is_alive() for reader in readers):
        seen = max(seen, len(connections()))
    assert 2 <= seen <= 4  # three readers and the one that holds the snapshot
    table.close()
    table.close()
    assert connections() == []
