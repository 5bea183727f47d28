"""The table of hand-derived cases of each standard, each case by itself and all in one batch."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.prepare import Recipe

CASES = list(csv.DictReader((Path(__file__).parent / "conformance/aws_entity_resolution.csv").open(encoding="utf-8")))
CALLING_CODES = {
    "us", "ca", "mx", "gb", "fr", "de", "it", "es", "nl", "in", "jp", "au", "sa", "ae", "tr", "se", "be", "pl", "sg",
}  # fmt: skip


def declared(case: dict[str, str], *, country_from: str = "") -> dict[str, Any]:
    column = {"type": case["type"], "protect": "none", "because": "it is compared"}
    if case["type"] == "phone":
        return {**column, "region_from": country_from} if country_from else {**column, "region": case["country"]}
    if case["type"] == "address":
        return {**column, "country_from": country_from} if country_from else {**column, "country": case["country"]}
    return column


@pytest.mark.parametrize("case", CASES, ids=[f"{n} {case['type']}" for n, case in enumerate(CASES, 2)])
def test_a_value_becomes_what_the_standard_makes_of_it(
    case: dict[str, str], recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]
) -> None:
    result = recipe({"v": declared(case)}).apply(batch(v=[case["value"]]))
    assert result.batch.column("v").to_pylist() == [case["expected"] or None], case["why"]
    assert bool(result.nulled) == (case["expected"] == "")


def test_all_cases_of_a_type_in_one_batch_come_out_the_same(
    recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]
) -> None:
    by_type = defaultdict(list)
    for case in CASES:
        by_type[case["type"]].append(case)
    for cases in by_type.values():
        column = declared(cases[0], country_from="theirs")
        fields = batch(v=[case["value"] for case in cases], theirs=[case["country"] for case in cases])
        result = recipe({"v": column}).apply(fields)
        assert result.batch.column("v").to_pylist() == [case["expected"] or None for case in cases]


def test_the_table_covers_every_type_and_every_calling_code() -> None:
    assert len(CASES) >= 80
    kinds = {case["type"] for case in CASES}
    assert kinds >= {
        "email",
        "phone",
        "first_name",
        "last_name",
        "address",
        "city",
        "state",
        "postal_code",
        "country",
    }
    assert {case["country"].lower() for case in CASES if case["type"] == "phone"} >= CALLING_CODES
