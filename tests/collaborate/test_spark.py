"""Allowed expressions mean here what they mean in Spark, the engine of AWS Clean Rooms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import Columns, Workshop, ask_here

from antechamber.collaborate import SCALAR_FUNCTIONS, Room
from antechamber.declare.rules.sharing import SCALAR_FUNCTIONS as DECLARED

SPARK = YAML(typ="safe").load((Path(__file__).parent / "spark.yaml").read_text())

TYPES: Columns = {
    "t": pa.string(),
    "n": pa.int32(),
    "d": pa.decimal128(8, 3),
    "f": pa.float64(),
    "day": pa.date32(),
    "ts": pa.timestamp("us"),
    "b": pa.bool_(),
}
READ: dict[str, Callable[[Any], Any]] = {
    "d": Decimal,
    "f": float,
    "day": date.fromisoformat,
    "ts": datetime.fromisoformat,
}


@pytest.fixture(scope="module")
def same_rows(standing_of: Callable[[str], Workshop]) -> Room:
    """Every row of spark.yaml for two people, so that each makes a group that appears."""
    rows = [
        {
            "id": number,
            "person": person,
            **{
                name: READ.get(name, lambda it: it)(v) if v is not None else None
                for name, v in zip(TYPES, row, strict=True)
            },
        }
        for number, row in enumerate(SPARK["rows"])
        for person in ("one", "two")
    ]
    columns: Columns = {"id": pa.int32(), "person": pa.string(), **TYPES}
    schema = pa.schema(columns)
    workshop = standing_of("spark")
    rule = {
        "aggregate": [{"columns": ["person"], "function": "COUNT"}],
        "dimensions": ["id", *TYPES],
        "scalar_functions": SCALAR_FUNCTIONS,
        "minimum": {"column": "person", "count": 2},
    }
    workshop.table("x", "acme", schema, rows, rule)
    return workshop.room()


def printed(value: Any) -> str | None:
    """As in spark.yaml; numbers to nine digits, whatever their type."""
    if value is None:
        return None
    try:
        return f"{float(str(value)):.9g}"
    except ValueError:
        return str(value)


# DuckDB's UPPER maps one letter to one letter, so that ß becomes a capital ß and not SS.
KNOWN = {("UPPER(t)", "straße")}


CONDITIONS = [
    each for each, said in SPARK["says"].items() if set(said) <= {"True", "False", None} and "CAST" not in each
]


@pytest.mark.parametrize("expression", [each for each in SPARK["says"] if each not in CONDITIONS])
def test_a_function_gives_what_spark_gives(same_rows: Room, expression: str) -> None:
    found = dict(
        row[:2]
        for row in ask_here(same_rows, f"SELECT id, {expression}, COUNT(person) FROM x GROUP BY id, {expression}")
    )
    said = dict(enumerate(SPARK["says"][expression]))
    for number, row in enumerate(SPARK["rows"]):
        if (expression, row[0]) not in KNOWN:
            assert printed(found[number]) == printed(said[number]), (expression, row)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_holds_where_it_holds_in_spark(same_rows: Room, condition: str) -> None:
    found = {row[0] for row in ask_here(same_rows, f"SELECT id, COUNT(person) FROM x WHERE {condition} GROUP BY id")}
    assert found == {number for number, truth in enumerate(SPARK["says"][condition]) if truth == "True"}


def test_declarations_accept_the_functions_that_queries_know() -> None:
    assert set(DECLARED) == set(SCALAR_FUNCTIONS)
