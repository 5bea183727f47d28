"""Random schedules of writers, runs and crashes against a real PostgreSQL: the table always equals the source."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.connect.cdc_workspace import Captured, in_source
from tests.end_to_end.test_crash import STAGES
from tests.servers.postgres import Postgres, postgres

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.operate.watch import Silent

__all__ = ["postgres"]

SCHEDULES = {"cdc": 200, "watermark": 200} if os.environ.get("ANTECHAMBER_SOAK") else {"cdc": 8, "watermark": 4}
STEPS = 36
WRITERS = 3
KEYS = 30
COLUMNS = ("id: {type: integer}", "name: {type: string}", "score: {type: integer}", "updated_at: {type: timestamp}")

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["antechamber.pipeline", "antechamber.connect.postgresql"])

_numbers = count()


class Writer:
    """A session that works on keys of its own, so that no two wait for each other, and commits when it likes."""

    def __init__(self, postgres: Postgres, table: str, number: int, chance: random.Random, *, deletes: bool) -> None:
        self._connection = adbc.connect(postgres.url(), autocommit=True)
        self._table, self._number, self._chance, self._deletes = table, number, chance, deletes
        self.is_open = False

    def step(self) -> None:
        """Begin, change something, or end."""
        if not self.is_open:
            self._do("BEGIN")
            self.is_open = True
            return
        ending = self._chance.random()
        if ending < 0.3:
            self.end("ROLLBACK" if ending < 0.08 else "COMMIT")
            return
        statements = [self._change() for _ in range(self._chance.randint(1, 4))]
        if self._chance.random() < 0.4:
            statements = ["SAVEPOINT s", *statements, self._chance.choice(["RELEASE s", "ROLLBACK TO s"])]
        self._do(*statements)

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK."""
        if self.is_open:
            self._do(how)
            self.is_open = False

    def close(self) -> None:
        self._connection.close()

    def _change(self) -> str:
        table, key, score = self._table, self._key(), self._chance.randint(0, 999)
        long = self._chance.random() < 0.3
        name = f"repeat('{score}', 3000)" if long else f"'n{score}'"
        kind = self._chance.random()
        if kind < 0.45 or (not self._deletes and kind < 0.7):
            return (
                f"INSERT INTO {table} (id, name, score) VALUES ({key}, {name}, {score}) ON CONFLICT (id) DO UPDATE "
                f"SET name = {name}, score = {score}, updated_at = now()"
            )
        if kind < 0.7:
            return f"DELETE FROM {table} WHERE id = {key}"
        if kind < 0.85 or not self._deletes:
            return f"UPDATE {table} SET score = {score}, updated_at = now() WHERE id = {key}"
        new = self._key()
        return (
            f"UPDATE {table} SET id = {new} WHERE id = {key} AND NOT EXISTS (SELECT 1 FROM {table} WHERE id = {new})"
        )

    def _key(self) -> int:
        return self._chance.randrange(KEYS) * WRITERS + self._number

    def _do(self, *statements: str) -> None:
        with self._connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture
def shop(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[Captured]:
    """A workspace of a mode: `cdc` or `watermark`."""
    mode = request.getfixturevalue("mode")
    schema = f"schedule_{next(_numbers)}"
    table = f"{schema}.t"
    postgres.run(
        f"CREATE SCHEMA {schema}",
        f"CREATE TABLE {table} (id int PRIMARY KEY, name text, score int, updated_at timestamptz DEFAULT now())",
        f"ALTER TABLE {table} ALTER name SET STORAGE EXTERNAL",
        f"INSERT INTO {table} SELECT i, 'n' || i, i FROM generate_series(0, 59) i",
    )
    made = Captured(tmp_path / "ws", postgres, table, columns=COLUMNS, batch_rows=7)
    if mode == "watermark":
        connector = made.root / "connectors/people.yaml"
        lines = [line for line in connector.read_text().splitlines() if not line.startswith("  cdc:")]
        connector.write_text("\n".join(lines).replace("incremental: cdc", "watermark: updated_at"))
    yield made
    made.drop()
    postgres.run(f"DROP SCHEMA {schema} CASCADE")


def _published(shop: Captured) -> list[tuple[object, ...]]:
    return sorted(shop.plain(), key=lambda row: int(str(row[0])))


def _in_source(shop: Captured) -> list[tuple[object, ...]]:
    return sorted(in_source(shop), key=lambda row: int(str(row[0])))


def _seeds() -> list[tuple[str, int]]:
    return [(mode, seed) for mode, seeds in SCHEDULES.items() for seed in range(seeds)]


@pytest.mark.soak
@pytest.mark.parametrize(("mode", "seed"), _seeds())
def test_every_schedule_of_changes_runs_and_crashes_ends_as_the_source(
    postgres: Postgres, shop: Captured, mode: str, seed: int
) -> None:
    chance = random.Random(f"{mode} {seed}")
    shop.succeed()
    assert _published(shop) == _in_source(shop)
    writers = [Writer(postgres, shop.table, number, chance, deletes=mode == "cdc") for number in range(WRITERS)]
    crashes = 0
    try:
        for _ in range(STEPS):
            kind = chance.random()
            if kind < 0.08 and crashes < 2:
                _killed(shop, chance.choice(STAGES))
                crashes += 1
            elif kind < 0.16:
                # What is committed now is all that there is: nobody writes while the run is at work.
                shop.succeed(full=chance.random() < 0.1)
                assert _published(shop) == _in_source(shop)
            elif kind < 0.18 and mode == "cdc" and not any(writer.is_open for writer in writers):
                postgres.run(f"TRUNCATE {shop.table}")
            else:
                chance.choice(writers).step()
        for writer in writers:
            writer.end("COMMIT")
    finally:
        for writer in writers:
            writer.close()
    if crashes == 0:
        _killed(shop, chance.choice(STAGES))
    shop.succeed()
    assert _published(shop) == _in_source(shop)
    assert shop.succeed().read == 0


def _killed(shop: Captured, stage: str) -> None:
    """A run in a process of its own that dies at a stage, unless it ends before, as there is nothing new."""
    child = PROCESSES.Process(target=_run_and_die, args=(str(shop.root), stage))
    child.start()
    child.join(60)
    assert child.exitcode in (-signal.SIGKILL, 0), child.exitcode


def _run_and_die(root: str, stage: str) -> None:
    class Killer(Silent):
        def stage(self, name: str) -> None:
            if name == stage:
                os.kill(os.getpid(), signal.SIGKILL)

    pipeline.run(load_workspace(Path(root)), "people", watcher=Killer())
