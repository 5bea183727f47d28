"""What a custom query gives is what plain Python computes, and every row rests on enough people.

Random queries with joins, subqueries, groups, DISTINCT and UNION over small tables, evaluated a second time with the
identities that every row was made of (lineage.py).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from tests.collaborate.lineage import Queries, Table
from tests.collaborate.workshop import Columns, Workshop, ask_here

from antechamber.collaborate import Room

ANY = {"analyses": ["ANY_QUERY"], "providers": ["acme"]}
LEAST = {"people": 3, "views": 2}
STATEMENTS = 100
MANY = 20_000

PEOPLE: Columns = {"id": pa.string(), "tier": pa.string(), "age": pa.int64()}
VIEWS: Columns = {"id": pa.string(), "plan": pa.string(), "minutes": pa.int64()}


def some(names: Columns, count: int, identities: int, seed: int) -> list[dict[str, Any]]:
    generator = random.Random(seed)
    text, number = list(names)[1:]
    return [
        {
            "id": generator.choice([None, *(f"e{n}" for n in range(identities))]),
            text: generator.choice(["a", "b", "c", None]),
            number: generator.choice([None, 0, 1, 2, 3]),
        }
        for _ in range(count)
    ]


TABLES = {
    "people": (PEOPLE, some(PEOPLE, 22, 12, 1), "acme"),
    "views": (VIEWS, some(VIEWS, 18, 9, 2), "streamly"),
    "own": (VIEWS, some(VIEWS, 10, 12, 3), "acme"),
}


@pytest.fixture(scope="module")
def marked(standing_of: Callable[[str], Workshop]) -> Room:
    """people and views have thresholds, own has none."""
    workshop = standing_of("lineage")
    shared = []
    for name, (names, records, owner) in TABLES.items():
        columns = list(names)
        rule = {"aggregate": [{"columns": ["id"], "function": "COUNT"}], "minimum": {"column": "id", "count": 2}}
        workshop.table(name, owner, pa.schema(names), records, {**rule, "dimensions": columns[1:]})
        threshold = {"threshold": {"identity": "id", "count": LEAST[name]}} if name in LEAST else {}
        shared.append(workshop.under(name, {"custom": {**ANY, **threshold}}))
    return workshop.room(*shared)


def tables() -> list[Table]:
    kinds = ("id", "text", "int")
    return [
        Table(name, tuple(zip(names, kinds, strict=True)), records, "id" if name in LEAST else "")
        for name, (names, records, _) in TABLES.items()
    ]


def compared(room: Room, seeds: range) -> tuple[int, int]:
    """How many statements gave what they must, and how many rows they gave."""
    rows = 0
    for seed in seeds:
        sql, expected = Queries(seed, tables()).statement(LEAST)
        found = ask_here(room, sql)
        assert Counter(found) == Counter(expected), f"{seed}: {sql}"
        rows += len(found)
    return len(seeds), rows


def test_every_row_is_true_and_rests_on_enough_people(marked: Room) -> None:
    statements, rows = compared(marked, range(STATEMENTS))
    assert statements == STATEMENTS
    assert rows > STATEMENTS, "most statements give rows, or nothing was shown"


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("ANTECHAMBER_SOAK"), reason="runs in make soak")
def test_every_row_of_many_statements_is_true_and_rests_on_enough_people(marked: Room) -> None:
    compared(marked, range(STATEMENTS, MANY))
