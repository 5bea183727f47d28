"""Whole recipes, made by chance from every step and many column types, and records that they meet."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, get_args

from antechamber.declare import Connector
from antechamber.declare.connector import Identity
from antechamber.declare.step import STEPS

REFERENCE = "code,label\n1,One\n2,Two\n7,Seven\n"
"""The file ref.csv, which lookups read."""

TEXTS = ("email", "phone", "name", "city", "code", "amount", "day", "profile")
"""The source's columns beside `id`, which no two records share."""

Native = dict[str, Any]
Step = Callable[[random.Random], Native]


def records(chance: random.Random, count: int) -> list[dict[str, str | None]]:
    """Records as a CSV file has them; some values are odd, some are missing, many repeat."""

    def some(*values: str) -> str | None:
        return None if chance.random() < 0.08 else chance.choice(values)

    def one() -> dict[str, str | None]:
        number = chance.randrange(40)
        profile = {"city": {"name": chance.choice(["Bonn", "Oslo"])}, "tags": [number], "score": number / 4}
        return {
            "email": some(f"User{number}@Example.com", f" user{number}@example.com", "no mail", "test@test.com"),
            "phone": some(f"(206) 555-01{number:02}", f"+49 30 {number}23456", "call me"),
            "name": some("ann Lee", "José  Núñez", "O'Neil, Bo", "Ümit", "x"),
            "city": some("Bonn, NW", "Seattle, WA", "nowhere", "Straße 5"),
            "code": some("1", "2", "3", "7", " 7", "x"),
            "amount": some(str(number), f"{number}.50", f"-{number}", "1e3", "n/a", "99999999999999999999"),
            "day": some(f"2026-01-{number % 28 + 1:02}", f"{number % 12 + 1}/05/2025", "soon"),
            "profile": some(json.dumps(profile), '{"city": 5}', "not json", "[]"),
        }

    return [{"id": str(place), **one()} for place in range(count)]


def _any(chance: random.Random) -> str:
    return chance.choice(TEXTS[:-1])


def _map(chance: random.Random) -> Native:
    otherwise = chance.choice(["keep", "null", "quarantine", "value"])
    made = {"column": "code", "values": {"1": "one", "2": None, "x": "2"}, "otherwise": otherwise}
    return {**made, "default": "7"} if otherwise == "value" else made


def _filter(chance: random.Random) -> Native:
    conditions = ["amount > 5", "code <> 'x' OR city LIKE 'B%'", "CAST(id AS INTEGER) % 7 <> 3", "name IS NOT NULL"]
    return {"where": chance.choice(conditions), "on_error": chance.choice(["drop", "quarantine"])}


def _derive(chance: random.Random) -> Native:
    sql = chance.choice(
        ["amount * 2", "upper(city) || '/' || code", "CAST(day AS DATE)", "length(name)", "1 / (amount - 3)"]
    )
    return {chance.choice(["made", _any(chance)]): {"sql": sql, "on_error": chance.choice(["null", "quarantine"])}}


def _deduplicate(chance: random.Random) -> Native:
    # The id tells them all apart, so that who stays does not depend on the records' order.
    value = chance.choice(["CAST(id AS INTEGER)", "id", "CAST(id AS INTEGER) % 10 * 1000 - CAST(id AS INTEGER)"])
    by = chance.choice([_any(chance), ["email", "code"], ["city"]])
    return {
        "by": by,
        "keep": {chance.choice(["greatest", "least"]): value},
        "missing": chance.choice(["keep", "equal"]),
    }


MAKERS: dict[str, Step] = {
    "rename": lambda chance: {"name": "full", "full": "name"},
    "replace": lambda chance: {"columns": [_any(chance)], "pattern": r"(\w)(\w)", "put": "${2}-${1}",
                               "which": chance.choice(["all", "first", "whole"])},
    "map": _map,
    "fill": lambda chance: {_any(chance): chance.choice(["7", {"from_column": "code"}])},
    "merge": lambda chance: {"columns": ["name", "city"], "by": ", ", "into": _any(chance),
                             "skip_empty": chance.choice([True, False])},
    "case": lambda chance: {"columns": [_any(chance)],
                            "to": chance.choice(["upper", "lower", "capital", "sentence"])},
    "mask": lambda chance: {"columns": [_any(chance)], "stop": chance.choice([-2, 3]), "keep": ["whitespace"]},
    "hash": lambda chance: {"columns": [_any(chance)], "algorithm": "sha256"},
    "phone_number": lambda chance: {"columns": ["phone"], "region": "US"},
    "drop": lambda chance: {"columns": ["unwanted"]},
    "split": lambda chance: {"column": "city", "by": ", ", "into": ["made", "code"],
                             "from_end": chance.choice([True, False])},
    "extract": lambda chance: {"column": "name", "pattern": r"(?P<made>\w+)",
                               "on_error": chance.choice(["null", "quarantine"])},
    "parse_json": lambda chance: {"column": "profile",
                                  "take": {"city": "city.name", "made": "score", "code": "tags[0]"},
                                  "on_error": chance.choice(["null", "quarantine"])},
    "derive": _derive,
    "filter": _filter,
    "deduplicate": _deduplicate,
    "sample": lambda chance: {"fraction": 0.8, "seed": chance.randrange(9),
                              **chance.choice([{}, {"by": "code"}, {"by": ["email", "city"]}])},
    "lookup": lambda chance: {"file": "ref.csv", "on": {"code": "code"}, "take": {"made": "label"},
                              "missing": chance.choice(["null", "quarantine", "drop"])},
}  # fmt: skip
assert list(STEPS) == list(MAKERS), "a step is not tried here"

COLUMNS: dict[str, list[Native]] = {
    "email": [{"type": "email", "protect": "sha256"}, {"type": "string"}],
    "phone": [{"type": "phone", "protect": "sha256", "region": "US"}, {"type": "string", "protect": "mask"}],
    "name": [{"type": "full_name", "protect": "sha256"}, {"type": "string"}],
    "city": [{"type": "city", "protect": "sha256"}, {"type": "string"}],
    "code": [{"type": "integer"}, {"type": "string", "one_of": ["1", "7", "One"]}, {"type": "id"}],
    "amount": [{"type": "decimal", "precision": 12, "scale": 2}, {"type": "float"}, {"type": "string"}],
    "day": [{"type": "date", "format": ["%Y-%m-%d", "%m/%d/%Y"]}, {"type": "string"}],
    "made": [{"type": "string"}, {"type": "decimal", "precision": 20, "scale": 4}],
}


def connector(chance: random.Random, *, key: bool) -> Connector:
    """Two to six steps and some columns. key: whether the table has one, the id."""
    names = [chance.choice(list(MAKERS)) for _ in range(chance.randint(2, 6))]
    columns: dict[str, Native] = {"id": {"type": "integer"}}
    for name in chance.sample(list(COLUMNS), chance.randint(2, 5)):
        column = {**chance.choice(COLUMNS[name]), "on_invalid": chance.choice(["null", "quarantine", "drop"])}
        if column["type"] == "string" and "protect" not in column:
            column |= {"may_hold": get_args(Identity), "because": "it is compared"}
        columns[name] = column
    return Connector.model_validate(
        {
            "connector": "members",
            "tenant": "acme",
            "source": {"type": "landing", "path": "landing/*.csv", "settle": 0},
            "steps": [{name: MAKERS[name](chance)} for name in names],
            "columns": columns,
            "table": {"name": "members", **({"mode": "upsert", "key": "id"} if key else {})},
        }
    )
