"""The published rows are those of an independent, slow reference."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from tests.prepare import reference
from tests.prepare.conftest import connector
from tests.prepare.records_made import record

from antechamber.declare.connector import Identity
from antechamber.prepare import compile_recipe
from antechamber.records import LINE
from antechamber.secrets import Secrets

RECORDS = 1_000_000 if os.environ.get("ANTECHAMBER_SOAK") else 120_000
"""How many records are compared; make soak compares a million."""

CHUNK = 12_500
KEY = "a key of some length"
TIERS = ["gold", "silver", "bronze"]

AS_IT_IS = {"may_hold": get_args(Identity), "because": "what values look like is another promise"}
IDENTITIES: dict[str, dict[str, Any]] = {
    "email": {"type": "email", "protect": "sha256"},
    "phone": {"type": "phone", "protect": "sha256", "region": "US"},
    "phone_abroad": {"type": "phone", "protect": "none", "because": "shown", "region_from": "phone_country"},
    "first_name": {"type": "first_name", "protect": "sha256"},
    "last_name": {"type": "last_name", "protect": "hmac-sha256", "secret": "file:key"},
    "address": {"type": "address", "protect": "none", "because": "shown", "country_from": "country"},
    "city": {"type": "city", **AS_IT_IS},
    "state": {"type": "state", **AS_IT_IS},
    "zip": {"type": "postal_code", **AS_IT_IS},
    "country": {"type": "country", **AS_IT_IS},
}
PLAIN: dict[str, dict[str, Any]] = {
    "customer_id": {"type": "id", **AS_IT_IS},
    "tier": {"type": "string", "one_of": TIERS, "on_invalid": "null"},
    "signup_date": {"type": "date", "format": "%m/%d/%Y"},
    "ltv": {"type": "decimal", "precision": 12, "scale": 2},
    "visits": {"type": "integer"},
    "score": {"type": "float"},
    "consent": {"type": "boolean"},
    "note": {"type": "string", **AS_IT_IS},
}
COLUMNS = {**PLAIN, **IDENTITIES}
SOURCES = [*COLUMNS, "phone_country"]


@pytest.mark.soak
def test_published_rows_equal_those_of_an_independent_reference(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    chunks = [(seed, min(CHUNK, RECORDS - start), tmp_path) for seed, start in enumerate(range(0, RECORDS, CHUNK))]
    context = multiprocessing.get_context("spawn")  # Polars' threads do not survive a fork
    with context.Pool(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2) as pool:
        results = pool.starmap(compare, chunks)
    differences = [difference for _, difference in results if difference]
    counts = sum((count for count, _ in results), Counter[str]())
    assert differences == []
    assert counts["read"] == RECORDS
    assert counts["published"] + counts["quarantined"] == RECORDS
    # The dirt is there, and does not swallow the rest.
    assert RECORDS * 0.005 < counts["quarantined"] < RECORDS * 0.2


def compare(seed: int, count: int, root: Path) -> tuple[Counter[str], str]:
    """Make records, prepare them both ways; what was counted, and the first difference ("" when there is none)."""
    chance = random.Random(seed)
    records = [record(chance) for _ in range(count)]
    made, rejected, nulled = prepared(records, root, random.Random(seed + 1))
    expected_rows, expected_rejected, expected_nulled = by_reference(records)
    difference = ""
    for column in COLUMNS:
        values = made.column(column).to_pylist()
        if values != expected_rows[column]:
            place = next(
                i for i, pair in enumerate(zip(values, expected_rows[column], strict=False)) if len({*pair}) > 1
            )
            difference = f"seed {seed}: {column}: {values[place]!r} instead of {expected_rows[column][place]!r}"
    if rejected != expected_rejected:
        difference = f"seed {seed}: rejected: {sorted(rejected ^ expected_rejected)[:3]}"
    if nulled != expected_nulled:
        difference = f"seed {seed}: nulled: {nulled - expected_nulled} {expected_nulled - nulled}"
    return Counter(read=count, published=made.num_rows, quarantined=len(rejected)), difference


def prepared(
    records: list[dict[str, Any]], root: Path, chance: random.Random
) -> tuple[pa.Table, set[tuple[int, str]], Counter[str]]:
    """By the product, in batches of random sizes."""
    recipe = compile_recipe(connector(COLUMNS), secrets=Secrets(root))
    batches, rejected, nulled = [], set(), Counter[str]()
    start = 0
    while start < len(records):
        stop = start + chance.choice([1, 100, 3_000, 8_000])
        part = records[start:stop]
        fields = {name: pa.array([one[name] for one in part], pa.string()) for name in SOURCES}
        lines = pa.array(range(start, start + len(part)), pa.int64())
        result = recipe.apply(pa.RecordBatch.from_pydict({**fields, LINE: lines}))
        batches.append(result.batch)
        for one in result.rejected:
            assert json.loads(one.raw) == {name: records[one.line][name] for name in SOURCES}
            rejected.add((one.line, one.column))
        nulled.update(_by_column(result.nulled))
        start = stop
    return pa.Table.from_batches(batches, recipe.schema), rejected, nulled


def _by_column(nulled: Any) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (column, _), count in nulled.items():
        counts[column] += count
    return counts


def by_reference(
    records: list[dict[str, Any]],
) -> tuple[dict[str, list[Any]], set[tuple[int, str]], Counter[str]]:
    """By the reference: kept rows as columns, rejected (record, column), nulls by column."""
    rows: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    rejected: set[tuple[int, str]] = set()
    nulled: Counter[str] = Counter()
    for line, one in enumerate(records):
        made: dict[str, Any] = {}
        for column, declared in COLUMNS.items():
            try:
                made[column] = of_reference(one, column, declared)
            except reference.Invalid:
                rejected.add((line, column))
                break
        else:
            for column, value in made.items():
                rows[column].append(value)
                nulled[column] += value is None
    return rows, rejected, +nulled


def of_reference(one: dict[str, Any], column: str, declared: dict[str, Any]) -> Any:
    text = one[column]
    if column in PLAIN:
        try:
            return reference.plain(declared["type"], text, declared)
        except reference.Invalid:
            if declared.get("on_invalid") == "null":
                return None
            raise
    country = "us" if declared.get("region") else ""
    if of := declared.get("region_from") or declared.get("country_from"):
        country = reference.country(one[of] or "")
    value = reference.identity(declared["type"], text, country)
    if declared.get("protect") == "sha256":
        return reference.sha256(value, text)
    if declared.get("protect") == "hmac-sha256":
        return reference.hmac_sha256(value, KEY, text)
    return value


@pytest.mark.parametrize("seed", [1, 2])
def test_the_generated_records_hold_what_they_are_meant_to(seed: int) -> None:
    records = [record(random.Random(seed * 100_000 + n)) for n in range(20_000)]
    for column in SOURCES:
        values = [one[column] for one in records]
        assert None in values
        assert any(value is not None and not value.strip() for value in values)
        assert any(value and not value.isascii() for value in values)
