"""Random schedules of writers, runs and kills by change capture, against a real PostgreSQL: the table equals it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.connect.cdc_workspace import Captured, in_source
from tests.end_to_end.schedules import killed, schedules
from tests.servers.postgres import Postgres, postgres

__all__ = ["postgres"]

STEPS = 36
WRITERS = 3
KEYS = 30
COLUMNS = ("id: {type: integer}", "name: {type: string}", "score: {type: integer}", "updated_at: {type: timestamp}")

_numbers = count()


class Writer:
    """A session that works on keys of its own, so that no two wait for each other, and commits when it likes."""

    def __init__(self, postgres: Postgres, table: str, number: int, chance: random.Random) -> None:
        self._connection = adbc.connect(postgres.url(), autocommit=True)
        self._table, self._number, self._chance = table, number, chance
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
        if kind < 0.45:
            return (
                f"INSERT INTO {table} (id, name, score) VALUES ({key}, {name}, {score}) ON CONFLICT (id) DO UPDATE "
                f"SET name = {name}, score = {score}, updated_at = now()"
            )
        if kind < 0.7:
            return f"DELETE FROM {table} WHERE id = {key}"
        if kind < 0.85:
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
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Captured]:
    schema = f"schedule_{next(_numbers)}"
    table = f"{schema}.t"
    postgres.run(
        f"CREATE SCHEMA {schema}",
        f"CREATE TABLE {table} (id int PRIMARY KEY, name text, score int, updated_at timestamptz DEFAULT now())",
        f"ALTER TABLE {table} ALTER name SET STORAGE EXTERNAL",
        f"INSERT INTO {table} SELECT i, 'n' || i, i FROM generate_series(0, 59) i",
    )
    made = Captured(tmp_path / "ws", postgres, table, columns=COLUMNS, batch_rows=7)
    yield made
    made.drop()
    postgres.run(f"DROP SCHEMA {schema} CASCADE")


def _published(shop: Captured) -> list[tuple[object, ...]]:
    return sorted(shop.plain(), key=lambda row: int(str(row[0])))


def _in_source(shop: Captured) -> list[tuple[object, ...]]:
    return sorted(in_source(shop), key=lambda row: int(str(row[0])))


@pytest.mark.soak
@pytest.mark.parametrize("seed", schedules(4))
def test_every_schedule_of_changes_runs_and_crashes_ends_as_the_source(
    postgres: Postgres, shop: Captured, seed: int
) -> None:
    chance = random.Random(f"cdc {seed}")
    shop.succeed()
    assert _published(shop) == _in_source(shop)
    writers = [Writer(postgres, shop.table, number, chance) for number in range(WRITERS)]
    crashes = 0
    try:
        for _ in range(STEPS):
            kind = chance.random()
            if kind < 0.08 and crashes < 2:
                killed(shop.root, chance)
                crashes += 1
            elif kind < 0.16:
                # What is committed now is all that there is: nobody writes while the run is at work.
                shop.succeed(full=chance.random() < 0.1)
                assert _published(shop) == _in_source(shop)
            elif kind < 0.18 and not any(writer.is_open for writer in writers):
                postgres.run(f"TRUNCATE {shop.table}")
            else:
                chance.choice(writers).step()
        for writer in writers:
            writer.end("COMMIT")
    finally:
        for writer in writers:
            writer.close()
    if crashes == 0:
        killed(shop.root, chance)
    shop.succeed()
    assert _published(shop) == _in_source(shop)
    assert shop.succeed().read == 0
