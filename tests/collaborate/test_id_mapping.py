"""An ID mapping table tells nothing of pairs that one side or the other does not have."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import Columns, Workshop, iceberg, mapped

from antechamber.collaborate import Room
from antechamber.errors import QueryRefused

ATTACKS: list[str] = YAML(typ="safe").load((Path(__file__).parent / "attacks_id_mapping.yaml").read_text())["queries"]
CONFORMANCE = YAML(typ="safe").load((Path(__file__).parent / "conformance/id_mapping.yaml").read_text())

LEAST = {"column": "email", "count": 2}
ANY = {"custom": {"analyses": ["ANY_QUERY"], "providers": ["acme"]}}
PEOPLE: Columns = {"email": pa.string(), "tier": pa.string(), "age": pa.int64()}
VIEWS: Columns = {"email": pa.string(), "plan": pa.string(), "minutes": pa.int64()}

OVERLAP = [(f"e{number}", f"v{number}") for number in range(6)] + [("e1", "v2"), ("e3", "v2")]
LONELY = [("e7", "v99"), ("e8", "nobody"), ("ghost", "v3"), ("ghost", "v4"), ("x", "y"), ("e1", "v98")]
"""Pairs of which acme has no source, or streamly no target, or both."""

STATEMENTS, MANY = 80, 20_000


@dataclass(frozen=True)
class World:
    """A room's tables, and the same rows in one database, so that a statement costs no files."""

    workshop: Workshop
    connection: duckdb.DuckDBPyConnection

    def room(self, *dimensions: str) -> Room:
        made = self.workshop
        mapping = mapped(made.made["idmt"], dimensions)
        return made.room(made.under("members", ANY), made.under("viewers", ANY), mapping)

    def rows(self, sql: str, *dimensions: str) -> Counter[tuple[object, ...]]:
        return Counter(self.connection.execute(self.room(*dimensions).explain(sql, member="acme").sql).fetchall())


@pytest.fixture(scope="module")
def worlds(standing_of: Callable[[str], Workshop]) -> list[World]:
    """Two rooms that differ in the lonely pairs alone."""
    made = []
    for number, pairs in enumerate((OVERLAP, [*OVERLAP, *LONELY])):
        workshop = standing_of(f"mapping{number}")
        people = [{"email": f"e{n % 10}", "tier": "ab"[n % 2], "age": n} for n in range(12)]
        views = [{"email": f"v{n % 9}", "plan": "xyz"[n % 3], "minutes": n} for n in range(11)]
        rule = {
            "aggregate": [{"columns": ["email"], "function": "COUNT"}],
            "minimum": {"column": "email", "count": 2},
        }
        workshop.table("members", "acme", pa.schema(PEOPLE), people, rule)
        workshop.table("viewers", "streamly", pa.schema(VIEWS), views, rule)
        workshop.made["idmt"] = workshop.mapping("idmt", pairs)
        connection = duckdb.connect()
        for name, table in workshop.made.items():
            rows = iceberg(table).scan().to_arrow()
            connection.from_arrow(rows).create(name)
        made.append(World(workshop, connection))
    return made


def told_alike(worlds: list[World], sql: str, *dimensions: str) -> bool:
    """Whether the query was answered; its answers are then the same in both worlds."""
    try:
        first, second = (world.rows(sql, *dimensions) for world in worlds)
    except QueryRefused:
        return False
    assert first == second, sql
    return True


@pytest.mark.parametrize("sql", ATTACKS)
def test_an_attack_on_a_mapping_is_refused_or_gives_the_same_whatever_pairs_are_lonely(
    worlds: list[World], sql: str
) -> None:
    for dimensions in ((), ("source_id", "target_id")):
        told_alike(worlds, sql, *dimensions)
    with pytest.raises(QueryRefused):
        worlds[0].rows(sql)


def test_whatever_is_allowed_over_a_mapping_gives_the_same_whatever_pairs_are_lonely(worlds: list[World]) -> None:
    rows = [
        row
        for row in CONFORMANCE["queries"]
        if row.get("yes") and all(set(rule) == {"custom"} for rule in row.get("rules", CONFORMANCE["rules"]).values())
    ]
    answered = [told_alike(worlds, row["ask"], *row.get("mapping", ())) for row in rows]
    assert sum(answered) >= 15


def statement(seed: int) -> str:
    """A chain of two to four joins of any kind over the three tables, with conditions of any sort."""
    generator = random.Random(seed)
    pick = generator.choice
    tables = [
        "members a",
        "viewers b",
        "idmt c",
        *generator.sample(["members d", "viewers e"], generator.randrange(2)),
    ]
    generator.shuffle(tables)
    pairs = ["a.email = c.source_id", "b.email = c.target_id"]
    loose = [
        "a.age > b.minutes",
        "a.tier = 'a'",
        "c.source_id > 'e3'",
        "c.target_id = 'v3'",
        "a.email = b.email",
        "TRUE",
    ]
    sql = f"FROM {tables[0]}"
    here = {tables[0][-1]}
    left = list(pairs)
    for table in tables[1:]:
        here.add(table[-1])
        own = table[-1]
        ready = [each for each in left if {each[0], each.partition("= ")[2][0]} <= here]
        left = [each for each in left if each not in ready]
        more = [each for each in loose if all(name in here for name in "abc" if f"{name}." in each)]
        conditions = (ready if generator.random() < 0.9 else []) + generator.sample(more, generator.random() < 0.3)
        if own in "de" and generator.random() < 0.8:
            twin = {"d": "a", "e": "b"}[own]
            conditions += [f"{own}.email = {twin}.email"] if twin in here else []
        kind = pick(
            ["JOIN", "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"]
        )
        word = pick([" AND "] * 5 + [" OR "])
        sql += f" {kind} {table}" + (f" ON {word.join(conditions)}" if conditions else " ON TRUE")
    outputs = pick(
        [
            "COUNT(*)",
            "a.tier, COUNT(*)",
            "a.email, b.plan",
            "b.email, a.age",
            "c.source_id, b.plan",
            "a.tier, c.target_id",
        ]
    )
    grouped = " GROUP BY a.tier" if outputs == "a.tier, COUNT(*)" else ""
    where = pick(["", "", " WHERE a.age > 3", " WHERE c.source_id IS NULL", " WHERE b.email IS NULL"])
    return f"SELECT {outputs} {sql}{where}{grouped}"


def test_random_joins_over_a_mapping_give_the_same_whatever_pairs_are_lonely(worlds: list[World]) -> None:
    many = MANY if os.environ.get("ANTECHAMBER_SOAK") else STATEMENTS
    both = ("source_id", "target_id")
    answered = sum(told_alike(worlds, statement(seed), *(both if seed % 2 else ())) for seed in range(many))
    assert many / 25 < answered < many, "some are allowed, some are not"
