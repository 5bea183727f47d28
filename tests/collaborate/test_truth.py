"""What comes out is what plain Python computes, and every row rests on enough people.

Random allowed queries over small random tables, evaluated a second time without any SQL: rows joined in nested
loops, three-valued logic, groups in dictionaries.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.collaborate.workshop import (
    MEMBERS,
    VIEWERS,
    Workshop,
    ask_here,
    members_rule,
    some_members,
    some_viewers,
    viewers_rule,
)

from antechamber.collaborate import Room

Row = dict[str, Any]
Truth = bool | None

DIMENSIONS: dict[str, Callable[[Row], Any]] = {
    "m.tier": lambda row: row["m.tier"],
    "m.zip": lambda row: row["m.zip"],
    "m.age": lambda row: row["m.age"],
    "m.active": lambda row: row["m.active"],
    "UPPER(TRIM(m.tier))": lambda row: row["m.tier"] and row["m.tier"].strip(" ").upper(),
    "SUBSTRING(m.zip, 1, 2)": lambda row: row["m.zip"][:2],
    "EXTRACT(MONTH FROM m.signup)": lambda row: row["m.signup"].month,
    "TRUNC(m.seen)": lambda row: row["m.seen"].date(),
    "COALESCE(m.tier, 'none')": lambda row: "none" if row["m.tier"] is None else row["m.tier"],
    "CAST(m.age AS STRING)": lambda row: None if row["m.age"] is None else str(row["m.age"]),
    "CAST(m.score AS INT)": lambda row: None if row["m.score"] is None else math.trunc(row["m.score"]),
}
VIEWED: dict[str, Callable[[Row], Any]] = {"v.plan": lambda row: row["v.plan"]}

AGGREGATES = {
    "COUNT(DISTINCT m.email)": ("m.email", lambda values: len(set(values))),
    "COUNT(m.email)": ("m.email", len),
    "COUNT(m.visits)": ("m.visits", len),
    "SUM(m.ltv)": ("m.ltv", lambda values: sum(values, Decimal(0)) if values else None),
    "SUM(m.visits)": ("m.visits", lambda values: sum(values) if values else None),
    "SUM(DISTINCT m.visits)": ("m.visits", lambda values: sum(set(values)) if values else None),
    "AVG(m.visits)": ("m.visits", lambda values: sum(values) / len(values) if values else None),
    "AVG(m.ltv)": ("m.ltv", lambda values: float(sum(values)) / len(values) if values else None),
}
VIEWED_AGGREGATES = {
    "COUNT(DISTINCT v.phone)": ("v.phone", lambda values: len(set(values))),
    "SUM(v.minutes)": ("v.minutes", lambda values: sum(values) if values else None),
}

JOINS: dict[str, Callable[[Row], Truth]] = {
    "m.email = v.email": lambda row: equal(row["m.email"], row["v.email"]),
    "v.phone = m.phone": lambda row: equal(row["m.phone"], row["v.phone"]),
    "m.email = v.email AND m.phone = v.phone": lambda row: both(
        equal(row["m.email"], row["v.email"]), equal(row["m.phone"], row["v.phone"])
    ),
    "(m.email = v.email OR m.phone = v.phone)": lambda row: either(
        equal(row["m.email"], row["v.email"]), equal(row["m.phone"], row["v.phone"])
    ),
    "m.email = v.email AND (m.phone = v.phone OR m.email = v.phone)": lambda row: both(
        equal(row["m.email"], row["v.email"]),
        either(equal(row["m.phone"], row["v.phone"]), equal(row["m.email"], row["v.phone"])),
    ),
}

CONDITIONS: dict[str, Callable[[Row], Truth]] = {
    "m.tier = 'gold'": lambda row: equal(row["m.tier"], "gold"),
    "m.tier <> 'gold'": lambda row: negation(equal(row["m.tier"], "gold")),
    "m.age >= 20": lambda row: compared(row["m.age"], lambda age: age >= 20),
    "m.age * 2 - 1 > 40": lambda row: compared(row["m.age"], lambda age: age * 2 - 1 > 40),
    "m.age / 2 < 10": lambda row: compared(row["m.age"], lambda age: age / 2 < 10),
    "m.age % 3 = 0": lambda row: compared(row["m.age"], lambda age: age % 3 == 0),
    "m.zip LIKE '1%'": lambda row: row["m.zip"].startswith("1"),
    "m.tier NOT LIKE '%e%'": lambda row: compared(row["m.tier"], lambda tier: "e" not in tier),
    "m.tier IS NULL": lambda row: row["m.tier"] is None,
    "m.active IS NOT NULL": lambda row: row["m.active"] is not None,
    "m.active = TRUE": lambda row: row["m.active"],
    "m.tier IN ('gold', 'silver')": lambda row: compared(row["m.tier"], lambda tier: tier in ("gold", "silver")),
    "m.signup < '2026-02-01'": lambda row: row["m.signup"] < date(2026, 2, 1),
    "TRIM(UPPER(m.tier)) = 'BRONZE'": lambda row: compared(row["m.tier"], lambda tier: tier.strip() == "Bronze"),
    "m.score > -1": lambda row: compared(row["m.score"], lambda score: score > -1),
}


def compared(value: Any, holds: Callable[[Any], bool]) -> Truth:
    return None if value is None else holds(value)


def equal(left: Any, right: Any) -> Truth:
    return None if left is None or right is None else left == right


def negation(truth: Truth) -> Truth:
    return None if truth is None else not truth


def both(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: Truth, right: Truth) -> Truth:
    return negation(both(negation(left), negation(right)))


@dataclass
class Asked:
    """A random query: its text, and the same in Python."""

    sql: str
    rows: list[tuple[Any, ...]]
    smallest: int


def condition(generator: random.Random, depth: int = 0) -> tuple[str, Callable[[Row], Truth]]:
    choice = generator.random()
    if depth > 2 or choice < 0.5:
        text = generator.choice(list(CONDITIONS))
        return text, CONDITIONS[text]
    left, first = condition(generator, depth + 1)
    if choice < 0.65:
        return f"NOT ({left})", lambda row: negation(first(row))
    right, second = condition(generator, depth + 1)
    word, meaning = generator.choice([("AND", both), ("OR", either)])
    return f"({left} {word} {right})", lambda row: meaning(first(row), second(row))


def ask(generator: random.Random, members: list[Row], viewers: list[Row]) -> Asked:
    joined = generator.random() < 0.6
    dimensions, aggregates = DIMENSIONS, AGGREGATES
    source, rows = "members m", [named("m", row) for row in members]
    if joined:
        dimensions, aggregates = {**DIMENSIONS, **VIEWED}, {**AGGREGATES, **VIEWED_AGGREGATES}
        on = generator.choice(list(JOINS))
        source = f"members m JOIN viewers v ON {on}"
        pairs = ({**one, **named("v", other)} for one in rows for other in viewers)
        rows = [row for row in pairs if JOINS[on](row)]
    sql_where = ""
    if generator.random() < 0.7:
        text, holds = condition(generator)
        sql_where = f" WHERE {text}"
        rows = [row for row in rows if holds(row)]
    keys = generator.sample(list(dimensions), generator.randrange(4))
    measures = generator.sample(list(aggregates), generator.randint(1, 3))
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(dimensions[key](row) for key in keys)].append(row)
    having, floor = "", None
    if generator.random() < 0.3:
        floor = generator.randrange(12)
        having = f" HAVING COUNT(m.email) > {floor}"
    kept, smallest = [], 10**9
    for key, group in groups.items():
        people = {row["m.email"] for row in group} - {None}
        seen = {row["v.email"] for row in group} - {None} if joined else set[str]()
        if len(people) < 3 or (joined and len(seen) < 2):
            continue
        if floor is not None and len([row for row in group if row["m.email"] is not None]) <= floor:
            continue
        smallest = min(smallest, len(people))
        kept.append((*key, *(measure(aggregates[each], group) for each in measures)))
    by = f" GROUP BY {', '.join(keys)}" if keys else ""
    return Asked(f"SELECT {', '.join([*keys, *measures])} FROM {source}{sql_where}{by}{having}", kept, smallest)


def measure(aggregate: tuple[str, Callable[[list[Any]], Any]], group: list[Row]) -> Any:
    column, compute = aggregate
    return compute([row[column] for row in group if row[column] is not None])


def named(alias: str, row: Row) -> Row:
    return {f"{alias}.{column}": value for column, value in row.items()}


def rounded(rows: Iterable[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows)


@pytest.fixture(scope="module")
def small(standing_of: Callable[..., Workshop]) -> tuple[Room, list[Row], list[Row]]:
    members, viewers = some_members(60, 11), some_viewers(50, 12)
    workshop = standing_of("truth")
    workshop.table("members", "acme", MEMBERS, members, members_rule())
    workshop.table("viewers", "streamly", VIEWERS, viewers, viewers_rule())
    return workshop.room(), members, viewers


@pytest.mark.parametrize("block", range(6))
def test_answers_are_what_plain_python_computes(small: tuple[Room, list[Row], list[Row]], block: int) -> None:
    room, members, viewers = small
    answered = 0
    for seed in range(block * 50, block * 50 + 50):
        asked = ask(random.Random(seed), members, viewers)
        found = ask_here(room, asked.sql)
        assert rounded(found) == rounded(asked.rows), asked.sql
        assert asked.smallest >= 3
        answered += bool(found)
    assert answered > 20, "most of the queries give rows, or nothing is shown"
