"""Broken and strange statements: each is refused in words, or runs; none makes the room fail in another way."""

from __future__ import annotations

import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import Workshop, ask_here

from antechamber.collaborate import Policy, Room
from antechamber.errors import QueryRefused

HERE = Path(__file__).parent
STATEMENTS = 600
MANY = 100_000
ANY: dict[str, Any] = {"analyses": ["ANY_QUERY"], "providers": ["acme"]}
CONTROLS: dict[str, dict[str, Any]] = {
    "free": {},
    "threshold": {"threshold": {"identity": "email", "count": 3}},
    "private": {"differential_privacy": {"user": "email"}},
}


def asked() -> list[list[str]]:
    """The words of every statement of the tests of custom rules."""
    files = [*sorted((HERE / "conformance").glob("*.yaml")), HERE / "attacks_custom.yaml"]
    told = [YAML(typ="safe").load(file.read_text())["queries"] for file in files]
    return [re.findall(r"\w+|'[^']*'|[^\w\s]", row["ask"]) for rows in told for row in rows]


def mutated(chance: random.Random, statements: list[list[str]]) -> str:
    """A statement with some words left out, put in, exchanged, or taken from another."""
    words = list(chance.choice(statements))
    for _ in range(chance.randrange(1, 4)):
        other = chance.choice(statements)
        place, kind = chance.randrange(len(words) + 1), chance.random()
        if kind < 0.3:
            del words[place : place + 1]
        elif kind < 0.8:
            words[place : place + (kind > 0.6)] = [chance.choice(other)]
        else:
            start = chance.randrange(len(other))
            words[place:place] = other[start : start + chance.randrange(1, 8)]
    return " ".join(words)


def judged(rooms: list[Room], numbers: range) -> int:
    """How many of the statements were allowed; each of those ran."""
    statements, allowed = asked(), 0
    for number in numbers:
        chance = random.Random(number)
        sql = mutated(chance, statements)
        room = chance.choice(rooms)
        try:
            room.explain(sql, member="acme")
        except QueryRefused:
            continue
        allowed += 1
        try:
            ask_here(room, sql)
        except duckdb.InvalidInputException as error:
            # As in Spark: a subquery that stands for one value gave several.
            assert "More than one row returned by a subquery" in str(error)
    return allowed


@pytest.fixture
def rooms(standing: Workshop) -> list[Room]:
    found = []
    for control in CONTROLS.values():
        members = standing.under("members", {"custom": {**ANY, **control}})
        room = standing.room(members, standing.under("viewers", {"custom": ANY}))
        found.append(replace(room, privacy={"acme": Policy(10, lambda epsilon: None)}))
    return found


def test_a_strange_statement_is_refused_or_runs(rooms: list[Room]) -> None:
    assert judged(rooms, range(STATEMENTS)) > 0


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("ANTECHAMBER_SOAK"), reason="runs in make soak")
def test_many_strange_statements_are_refused_or_run(rooms: list[Room]) -> None:
    judged(rooms, range(STATEMENTS, MANY))
