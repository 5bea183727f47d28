"""Random schedules of writers, runs and crashes by watermark, against a real PostgreSQL and a real MariaDB.

Records are marked as deleted, which every run takes over, and deleted outright, which the next full run does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.end_to_end.schedules import Scheduled, schedules
from tests.servers.mariadb import MariaDB, mariadb
from tests.servers.postgres import Postgres, postgres

__all__ = ["mariadb", "postgres"]

STEPS = 36
WRITERS = 3
KEYS = 30
MARKS = {"boolean": ("false", "true"), "int": ("0", "2"), "time": ("NULL", "now()")}
"""The kinds of column that mark deleted records → (there, deleted)."""

CONNECTOR = """
connector: people
tenant: acme
source:
  type: {kind}
  url: "file:keys/url"
  table: {table}
  watermark: updated_at
  deleted: gone
  batch_rows: 7
columns:
  id: {{type: integer}}
  name: {{type: string}}
  score: {{type: integer}}
table: {{name: people, mode: upsert, key: id}}
"""

_numbers = count()


class Session(Protocol):
    """A connection of a writer."""

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement; its rows."""

    def close(self) -> None:
        """End it."""


class Shop:
    """A table that is written to, in a database of one of the two kinds."""

    def __init__(self, kind: str, server: Postgres | MariaDB, mark: str) -> None:
        self.kind, self.server = kind, server
        self.place = f"schedule_{next(_numbers)}"
        self.table = f"{self.place}.t"
        self.there, self.gone = MARKS[mark]
        type_of = {"time": "timestamptz" if kind == "postgresql" else "timestamp(6) NULL"}.get(mark, mark)
        now = "timestamptz DEFAULT now()" if kind == "postgresql" else "timestamp(6) NOT NULL DEFAULT now(6)"
        space = "SCHEMA" if kind == "postgresql" else "DATABASE"
        self.run(
            f"CREATE {space} {self.place}",
            f"CREATE TABLE {self.table} (id int PRIMARY KEY, name text, score int, "
            f"gone {type_of} DEFAULT {self.there}, updated_at {now})",
            f"INSERT INTO {self.table} (id, name, score) VALUES {', '.join(f'({i}, {i}, {i})' for i in range(60))}",
        )

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.run(*statements)

    def session(self) -> Session:
        return _OfPostgres(self.server) if isinstance(self.server, Postgres) else _OfMariadb(self.server)

    def put(self, key: int, name: str, score: int) -> str:
        """Insert a record, or bring it back."""
        ends = (
            "ON CONFLICT (id) DO UPDATE SET" if self.kind == "postgresql" else "ON DUPLICATE KEY UPDATE"
        ) + f" name = {name}, score = {score}, gone = {self.there}, updated_at = {self.now}"
        return f"INSERT INTO {self.table} (id, name, score) VALUES ({key}, {name}, {score}) {ends}"

    @property
    def now(self) -> str:
        return "now()" if self.kind == "postgresql" else "now(6)"

    def records(self) -> list[tuple[Any, ...]]:
        """What is in the source and not marked as deleted, by id."""
        is_there = f"gone = {self.there}" if self.there != "NULL" else "gone IS NULL"
        return sorted(self.run(f"SELECT id, name, score FROM {self.table} WHERE {is_there}"))

    def keys(self) -> set[int]:
        """The ids in the source, of marked records too."""
        return {int(row[0]) for row in self.run(f"SELECT id FROM {self.table}")}

    def drop(self) -> None:
        self.run(f"DROP SCHEMA {self.place}" + (" CASCADE" if self.kind == "postgresql" else ""))


class _OfPostgres:
    def __init__(self, server: Postgres) -> None:
        self._connection = adbc.connect(server.url(), autocommit=True)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self._connection.close()


class _OfMariadb:
    def __init__(self, server: MariaDB) -> None:
        self._connection = server.connect()
        self.run("SET tx_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = 5")

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def close(self) -> None:
        self._connection.close()


class Writer:
    """A session that works on keys of its own, so that no two wait for each other, and commits when it likes."""

    def __init__(self, shop: Shop, number: int, chance: random.Random, *, outright: bool) -> None:
        """outright: whether records are also deleted, in place of only being marked."""
        self._shop, self._number, self._chance, self._outright = shop, number, chance, outright
        self._session = shop.session()
        self._is_open = False

    def step(self) -> None:
        """Begin, change something, or end."""
        if not self._is_open:
            self._session.run("BEGIN")
            self._is_open = True
            return
        ending = self._chance.random()
        if ending < 0.3:
            self.end("ROLLBACK" if ending < 0.08 else "COMMIT")
            return
        statements = [self._change() for _ in range(self._chance.randint(1, 4))]
        if self._chance.random() < 0.4:
            ends = self._chance.choice(["RELEASE SAVEPOINT s", "ROLLBACK TO SAVEPOINT s"])
            statements = ["SAVEPOINT s", *statements, ends]
        for statement in statements:
            self._session.run(statement)

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK."""
        if self._is_open:
            self._session.run(how)
            self._is_open = False

    def close(self) -> None:
        self._session.close()

    def _change(self) -> str:
        shop, chance = self._shop, self._chance
        key, score = chance.randrange(KEYS) * WRITERS + self._number, chance.randint(0, 999)
        kind = chance.random()
        if kind < 0.4:
            return shop.put(key, f"repeat('{score}', 3000)" if chance.random() < 0.3 else f"'{score}'", score)
        if kind < 0.6:
            return f"UPDATE {shop.table} SET gone = {shop.gone}, updated_at = {shop.now} WHERE id = {key}"
        if kind < 0.7 and self._outright:
            return f"DELETE FROM {shop.table} WHERE id = {key}"
        return f"UPDATE {shop.table} SET score = {score}, updated_at = {shop.now} WHERE id = {key}"


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The table of a schedule: its kind of database and of mark are the test's."""
    kind, seed = request.getfixturevalue("kind"), request.getfixturevalue("seed")
    server = request.getfixturevalue("postgres" if kind == "postgresql" else "mariadb")
    made = Shop(kind, server, list(MARKS)[seed % len(MARKS)])
    yield made
    made.drop()


SEEDS = [(kind, seed) for kind in ("postgresql", "mariadb") for seed in schedules(2)]


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "seed"), SEEDS)
def test_every_schedule_of_changes_deletions_runs_and_kills_ends_as_the_source(
    shop: Shop, kind: str, seed: int, tmp_path: Path
) -> None:
    chance = random.Random(f"watermark {kind} {seed}")
    workspace = Scheduled(
        tmp_path,
        {"keys/url": shop.server.url(), "connectors/people.yaml": CONNECTOR.format(kind=kind, table=shop.table)},
    )
    outright = chance.random() < 0.5
    writers = [Writer(shop, number, chance, outright=outright) for number in range(WRITERS)]

    def run_and_compare(*, full: bool = False) -> None:
        # What is committed now is all that there is: nobody writes while the run is at work.
        workspace.succeed(full=full)
        found = workspace.rows(("id", "name", "score"))
        if not full:
            there = shop.keys()
            assert outright or {row[0] for row in found} <= there
            found = [row for row in found if row[0] in there]
        assert found == shop.records()

    kills = 0
    try:
        run_and_compare()
        for _ in range(STEPS):
            kind_of_step = chance.random()
            if kind_of_step < 0.08 and kills < 2:
                workspace.killed(chance, full=chance.random() < 0.2)
                kills += 1
            elif kind_of_step < 0.16:
                run_and_compare(full=chance.random() < 0.2)
            else:
                chance.choice(writers).step()
        for writer in writers:
            writer.end("COMMIT")
    finally:
        for writer in writers:
            writer.close()
    if kills == 0:
        workspace.killed(chance)
    run_and_compare()
    assert workspace.succeed().read == 0
    if outright:
        run_and_compare(full=True)
    assert workspace.rows(("id", "name", "score")) == shop.records()
