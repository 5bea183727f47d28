"""Change capture through steps: the table is what the steps would make of the source as it is now."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.connect.cdc_workspace import Capture, Captured, capture, in_source
from tests.servers.postgres import Postgres

__all__ = ["capture"]

STEPS = """steps:
  - filter: status = 'on'
  - derive: {label: "upper(name) || '-' || CAST(score * 2 AS VARCHAR)"}
  - lookup: {file: ref.csv, on: {city: code}, take: {town: town}, missing: drop}
"""
COLUMNS = ("id: {type: integer}", "label: {type: string}", "town: {type: string}")
TOWNS = {"b": "Bonn", "o": "Oslo"}
MADE_OF = "id int PRIMARY KEY, name text, score int, status text, city text"


def shop(capture: Capture, **declared: Any) -> Captured:
    made = capture(MADE_OF, columns=COLUMNS, steps=STEPS, **declared)
    (made.root / "ref.csv").write_text("code,town\n" + "".join(f"{code},{town}\n" for code, town in TOWNS.items()))
    return made


def expected(captured: Captured) -> list[tuple[Any, ...]]:
    """What the steps make of the source's records."""
    rows = [
        (id, f"{name.upper()}-{score * 2}", TOWNS[city])
        for id, name, score, status, city in in_source(captured)
        if status == "on" and city in TOWNS
    ]
    return sorted(rows, key=lambda row: tuple(map(str, row)))


def test_a_record_that_a_change_takes_out_of_the_filter_leaves_the_table_and_may_come_back(
    postgres: Postgres, capture: Capture
) -> None:
    captured = shop(capture)
    t = captured.table
    postgres.run(
        f"INSERT INTO {t} VALUES (1, 'ann', 1, 'on', 'b'), (2, 'bo', 2, 'on', 'o'), (3, 'cy', 3, 'off', 'b'), "
        "(4, 'di', 4, 'on', 'x'), (5, 'ed', 5, 'on', 'b')"
    )
    first = captured.succeed()
    assert captured.plain() == [(1, "ANN-2", "Bonn"), (2, "BO-4", "Oslo"), (5, "ED-10", "Bonn")]
    assert first.dropped == {"filter (step 1)": 1, "lookup (step 3)": 1}

    postgres.run(
        f"UPDATE {t} SET status = 'off' WHERE id = 1",  # the filter drops it now
        f"UPDATE {t} SET city = 'x' WHERE id = 2",  # the lookup finds nothing now
        f"UPDATE {t} SET status = 'on' WHERE id = 3",  # it passes now
        f"DELETE FROM {t} WHERE id = 4",  # it never was in the table
        f"DELETE FROM {t} WHERE id = 5",
        f"INSERT INTO {t} VALUES (6, 'flo', 6, 'off', 'b')",
    )
    second = captured.succeed()
    assert captured.plain() == expected(captured) == [(3, "CY-6", "Bonn")]
    assert second.dropped == {"filter (step 1)": 2, "lookup (step 3)": 1, "deleted at the source": 2}
    assert second.updated == 3

    postgres.run(
        f"UPDATE {t} SET status = 'on' WHERE id = 1",
        f"UPDATE {t} SET status = 'off' WHERE id = 3",
        f"UPDATE {t} SET score = 30, status = 'on' WHERE id = 3",
        f"UPDATE {t} SET id = 20, city = 'o' WHERE id = 2",
    )
    captured.succeed()
    assert (
        captured.plain() == expected(captured) == [(1, "ANN-2", "Bonn"), (20, "BO-4", "Oslo"), (3, "CY-60", "Bonn")]
    )


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_the_table_is_what_the_steps_make_of_the_source(
    seed: int, postgres: Postgres, capture: Capture
) -> None:
    chance = random.Random(seed)
    captured = shop(capture, batch_rows=chance.choice([1, 3, 1000]))
    t = captured.table
    for _ in range(6):
        for _ in range(chance.randrange(12)):
            id, score = chance.randrange(12), chance.randrange(100)
            status, city = chance.choice(["on", "on", "off"]), chance.choice("bobox")
            match chance.randrange(6):
                case 0:
                    postgres.run(f"DELETE FROM {t} WHERE id = {id}")
                case 1:
                    postgres.run(f"UPDATE {t} SET status = '{status}', city = '{city}' WHERE id % 3 = {id % 3}")
                case 2 if chance.random() < 0.1:
                    postgres.run(f"TRUNCATE {t}")
                case _:
                    postgres.run(
                        f"INSERT INTO {t} VALUES ({id}, 'n{score}', {score}, '{status}', '{city}') ON CONFLICT (id) "
                        f"DO UPDATE SET name = excluded.name, score = excluded.score, status = excluded.status"
                    )
        captured.run()
        assert captured.plain() == expected(captured)
