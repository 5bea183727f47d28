"""Connections lost in mid-read and servers that restart: the run reads again, and the table is never wrong."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.schedules import Scheduled
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Silent

CONNECTOR = """
connector: people
tenant: acme
source: {{type: {kind}, url: "file:keys/url", table: {table}, batch_rows: 1000, patience: {patience}{more}}}
columns:
  i: {{type: integer}}
  pad: {{type: string}}
table: {{name: people, mode: {mode}}}
"""
ROWS = 60_000
PAD = "repeat('x', 1000)"
"""More than all buffers between a server and its reader hold."""


class Server:
    """One of the two servers, with the table t of a wide column and a number i."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.real: Postgres | MariaDB = Postgres() if kind == "postgresql" else MariaDB()
        self.real.start()
        numbers = f"generate_series(1, {ROWS}) i" if kind == "postgresql" else f"mysql.seq_1_to_{ROWS}"
        self.table = "public.t" if kind == "postgresql" else "mysql.t"
        value = "i" if kind == "postgresql" else "seq AS i"
        self.run(f"CREATE TABLE {self.table} AS SELECT {value}, {PAD} AS pad FROM {numbers}")
        self.run(f"ALTER TABLE {self.table} ADD PRIMARY KEY (i)")

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.real.run(*statements)

    def end_connections(self) -> None:
        """End every connection of the product."""
        if isinstance(self.real, Postgres):
            ends = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity "
            self.run(ends + "WHERE application_name = 'antechamber'")
            return
        for (number,) in self.run("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()"):
            self.run(f"KILL CONNECTION {number}")

    def stop(self) -> None:
        self.real.stop("fast") if isinstance(self.real, Postgres) else self.real.stop()


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "mariadb" and not Path("/usr/sbin/mariadbd").exists() and not shutil.which("mariadbd"):
        pytest.skip("needs Debian's mariadb-server (scripts/need-mariadb)")
    made = Server(request.param)
    yield made
    made.stop()
    shutil.rmtree(made.real.folder, ignore_errors=True)


def workspace(server: Server, root: Path, mode: str = "append", patience: float = 60, more: str = "") -> Scheduled:
    connector = CONNECTOR.format(kind=server.kind, table=server.table, mode=mode, patience=patience, more=more)
    return Scheduled(root, {"keys/url": server.real.url(), "connectors/people.yaml": connector})


def run(workspace: Scheduled, disturb: Callable[[], None]) -> RunRecord:
    """A run in whose midst, once, something happens."""
    at_work, done = threading.Lock(), threading.Event()

    class Disturber(Silent):
        def advance(self, *, rows: int, size: int) -> None:
            with at_work:  # nobody works on meanwhile, so that most records are still to come
                if not done.is_set():
                    done.set()
                    disturb()

    return pipeline.run(load_workspace(workspace.root), "people", watcher=Disturber())


def test_a_connection_that_is_ended_in_mid_read_costs_a_second_read_of_one_new_snapshot(
    server: Server, tmp_path: Path
) -> None:
    def disturb() -> None:
        server.run(f"UPDATE {server.table} SET i = 1000007 WHERE i = 7")
        server.end_connections()

    made = workspace(server, tmp_path)
    record = run(made, disturb)
    assert record.status == "succeeded" and record.read == record.published == ROWS, record.error
    assert "tried 2 times" in " ".join(record.notes)
    there = sorted(server.run(f"SELECT i FROM {server.table}"))
    assert made.rows(["i"]) == [(int(i),) for (i,) in there]
    server.run(f"UPDATE {server.table} SET i = 7 WHERE i = 1000007")


def test_a_server_that_restarts_in_mid_read_is_waited_for(server: Server, tmp_path: Path) -> None:
    starters: list[threading.Thread] = []

    def disturb() -> None:
        server.stop()
        later = threading.Timer(1.0, server.real.start)
        later.start()
        starters.append(later)

    made = workspace(server, tmp_path, mode="upsert, key: i")
    record = run(made, disturb)
    starters[0].join()
    assert record.status == "succeeded" and record.published == ROWS, record.error
    assert made.rows(["i"]) == [(number,) for number in range(1, ROWS + 1)]


def test_a_server_that_stays_away_fails_the_run_and_leaves_the_table_as_it_was(
    server: Server, tmp_path: Path
) -> None:
    made = workspace(server, tmp_path, mode="replace", patience=1)
    made.succeed()
    before = made.rows(["i"])
    record = run(made, server.stop)
    try:
        assert record.status == "failed" and record.snapshot is None and record.error is not None
        assert record.error["error"] == "ConnectionLost" and record.error["remedy"]
        assert made.rows(["i"]) == before
    finally:
        server.real.start()
    assert made.succeed().published == ROWS


def test_a_server_that_is_not_there_yet_is_waited_for(server: Server, tmp_path: Path) -> None:
    made = workspace(server, tmp_path)
    server.stop()
    later = threading.Timer(1.0, server.real.start)
    later.start()
    record = made.succeed()
    later.join()
    assert record.published == ROWS


def test_what_waiting_does_not_mend_is_told_at_once(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waited"))
    made = workspace(server, tmp_path)
    (tmp_path / "keys/url").write_text(server.real.url("nobody", "wrong"))
    record = made.run()
    assert record.status == "failed" and record.error is not None and record.error["error"] == "SourceError"


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_change_capture_that_loses_its_connection_reads_the_same_changes_again(
    server: Server, tmp_path: Path
) -> None:
    more = ", incremental: cdc, cdc: {create: true, slot: lost, publication: lost}"
    made = workspace(server, tmp_path, mode="upsert, key: i", more=more)
    record = run(made, server.end_connections)
    assert record.status == "succeeded" and record.published == ROWS, record.error
    server.run(f"DELETE FROM {server.table} WHERE i <= 1000", f"UPDATE {server.table} SET pad = 'y' WHERE i > 1000")
    record = run(made, server.end_connections)
    assert record.status == "succeeded" and record.published == ROWS - 1000, record.error
    assert made.rows(["i"]) == [(number,) for number in range(1001, ROWS + 1)]
    assert made.succeed().read == 0
    server.run("SELECT pg_drop_replication_slot('lost')::text", "DROP PUBLICATION lost")
