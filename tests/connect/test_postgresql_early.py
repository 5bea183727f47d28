"""The first connection is opened while the run is busy elsewhere: nothing is lost by it, nothing left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.connect.postgres_table import read_all, source
from tests.servers.postgres import Postgres

from antechamber.connect.postgresql import horizon
from antechamber.connect.postgresql.session import Session
from antechamber.errors import SourceError
from antechamber.records import Progress


@pytest.fixture
def events(postgres: Postgres, schema: str) -> str:
    table = f"{schema}.events"
    postgres.run(f"CREATE TABLE {table} (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now())")
    return table


def connections(postgres: Postgres) -> list[tuple[Any, ...]]:
    return postgres.run("SELECT pid FROM pg_stat_activity WHERE application_name = 'antechamber'")


def take(
    postgres: Postgres, folder: Path, table: str, mark: Any, between: Callable[[], None] = lambda: None
) -> tuple[Any, list[Any]]:
    """A run as the pipeline has it: the watermark that it records, and the ids that it reads."""
    made = source(postgres.url(), folder, table=table, watermark="updated_at")
    try:
        made.expect()
        made.columns()
        between()
        listing = made.list(Progress(watermark=mark))
        parts = read_all(made, listing.partitions)
        return listing.watermark, [number for part in parts.values() for number in part["id"].to_pylist()]
    finally:
        made.close()


@pytest.mark.parametrize("begun", ["before the connection", "before the listing"])
def test_what_is_still_open_when_the_run_lists_is_read_by_the_next(
    postgres: Postgres, events: str, tmp_path: Path, begun: str
) -> None:
    postgres.run(f"INSERT INTO {events} VALUES (1)")
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:

        def begin() -> None:
            cursor.execute("BEGIN")
            cursor.execute(f"INSERT INTO {events} VALUES (2)")
            postgres.run(f"INSERT INTO {events} VALUES (3)")  # later, and committed before

        if begun == "before the connection":
            begin()
            mark, first = take(postgres, tmp_path, events, None)
        else:
            mark, first = take(postgres, tmp_path, events, None, between=begin)
        cursor.execute("COMMIT")
    mark, second = take(postgres, tmp_path, events, mark)
    assert (sorted(first), second) == ([1, 3], [2])
    assert take(postgres, tmp_path, events, mark)[1] == []


def test_the_wait_for_the_clock_is_over_when_enough_time_has_passed(
    postgres: Postgres, events: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(horizon, "SETTLE_S", 0.6)
    asked: list[str] = []
    rows = Session.rows

    def noted(self: Session, query: str) -> list[tuple[Any, ...]]:
        asked.append(query)
        return rows(self, query)

    monkeypatch.setattr(Session, "rows", noted)
    take(postgres, tmp_path, events, None)
    take(postgres, tmp_path, events, None, between=lambda: time.sleep(0.7))
    assert len([query for query in asked if "pg_sleep" in query]) == 1


def test_a_connection_that_nobody_asks_for_is_closed(postgres: Postgres, events: str, tmp_path: Path) -> None:
    made = source(postgres.url(), tmp_path, table=events, watermark="updated_at")
    made.expect()
    made.close()
    assert connections(postgres) == []


def test_a_server_that_was_not_there_at_first_is_connected_to_when_it_is_needed(
    postgres: Postgres, events: str, tmp_path: Path
) -> None:
    made = source("postgresql://nobody@127.0.0.1:1/none", tmp_path, table=events, watermark="updated_at")
    made.expect()
    with pytest.raises(SourceError):
        made.list(Progress())
    made.expect()
    time.sleep(0.2)
    (tmp_path / "url").write_text(postgres.url())
    assert made.list(Progress()).watermark is not None
    made.close()


def test_a_role_of_one_connection_is_enough_for_one_part(postgres: Postgres, events: str, tmp_path: Path) -> None:
    postgres.run(
        "CREATE ROLE single LOGIN PASSWORD 'x' CONNECTION LIMIT 1",
        "GRANT pg_read_all_data, pg_read_all_stats TO single",
        f"INSERT INTO {events} VALUES (7)",
    )
    made = source(postgres.url("single", "x"), tmp_path, table=events, watermark="updated_at")
    try:
        made.expect()
        assert list(made.columns()) == ["id", "updated_at"]
        (part,) = read_all(made, made.list(Progress()).partitions).values()
        assert part["id"].to_pylist() == [7]
    finally:
        made.close()
        postgres.run("DROP ROLE single")
