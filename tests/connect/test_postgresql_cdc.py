"""Change capture: what is in the table is what is in the source, whatever changes when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connect.cdc_workspace import Captured
from tests.servers.postgres import Postgres

Capture = Callable[..., Captured]


@pytest.fixture
def capture(postgres: Postgres, schema: str, tmp_path: Path) -> Iterator[Capture]:
    """Makes the table `t` from its columns, and a workspace that captures it."""
    made: list[Captured] = []

    def make(
        columns: str = "id int PRIMARY KEY, name text, score int", *statements: str, **declared: Any
    ) -> Captured:
        postgres.run(f"CREATE TABLE {schema}.t ({columns})", *statements)
        made.append(Captured(tmp_path / "ws", postgres, f"{schema}.t", **declared))
        return made[-1]

    yield make
    for captured in made:
        captured.drop()


def test_inserts_updates_deletes_and_key_changes_arrive_in_one_commit(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    postgres.run(f"INSERT INTO {t} SELECT i, 'n' || i, i FROM generate_series(1, 5) i")
    assert shop.succeed().published == 5
    postgres.run(
        f"INSERT INTO {t} VALUES (6, 'six', 6), (7, 'seven', 7)",
        f"UPDATE {t} SET name = 'two' WHERE id = 2",
        f"DELETE FROM {t} WHERE id = 3",
        f"UPDATE {t} SET id = 40 WHERE id = 4",
        f"DELETE FROM {t} WHERE id = 7",
    )
    record = shop.succeed()
    assert shop.plain() == [(1, "n1", 1), (2, "two", 2), (40, "n4", 4), (5, "n5", 5), (6, "six", 6)]
    assert (record.read, record.published, record.replaced) == (7, 3, 1)
    assert record.dropped == {"deleted at the source": 3}
    assert shop.succeed().status == "nothing new"
