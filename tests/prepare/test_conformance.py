"""The table of cases of each standard, each case by itself and all in one batch."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.prepare import Recipe
from antechamber.prepare.standards import STANDARDS

TABLES = {
    path.stem.replace("_", "-"): list(csv.DictReader(path.open(encoding="utf-8")))
    for path in sorted((Path(__file__).parent / "conformance").glob("*.csv"))
}
CASES = [
    pytest.param(standard, case, id=f"{standard} {line} {case['type']}")
    for standard, cases in TABLES.items()
    for line, case in enumerate(cases, 2)
]
COUNTRIES = {"US", "CA", "GB", "DE", "FR", "IT", "ES", "IN", "JP", "AU", "BR", "MX", "NL", "SE", "CH"}
CALLING_CODES = {
    "us", "ca", "mx", "gb", "fr", "de", "it", "es", "nl", "in", "jp", "au", "sa", "ae", "tr", "se", "be", "pl", "sg",
}  # fmt: skip
OF_A_COUNTRY = ("address", "city", "state", "postal_code")


def declared(standard: str, case: dict[str, str], *, country_from: str = "") -> dict[str, Any]:
    column = {"type": case["type"], "standard": standard, "protect": "none", "because": "it is compared"}
    if case["type"] == "phone":
        return {**column, "region_from": country_from} if country_from else {**column, "region": case["country"]}
    if case["type"] in OF_A_COUNTRY:
        return {**column, "country_from": country_from} if country_from else {**column, "country": case["country"]}
    return column


@pytest.mark.parametrize(("standard", "case"), CASES)
def test_a_value_becomes_what_the_standard_makes_of_it(
    standard: str, case: dict[str, str], recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]
) -> None:
    result = recipe({"v": declared(standard, case)}).apply(batch(v=[case["value"]]))
    assert result.batch.column("v").to_pylist() == [case["expected"] or None], case.get("why") or case.get("source")
    assert bool(result.nulled) == (case["expected"] == "")


@pytest.mark.parametrize("standard", TABLES)
def test_all_cases_of_a_type_in_one_batch_come_out_the_same(
    standard: str, recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]
) -> None:
    by_type = defaultdict(list)
    for case in TABLES[standard]:
        by_type[case["type"]].append(case)
    for cases in by_type.values():
        column = declared(standard, cases[0], country_from="theirs")
        fields = batch(v=[case["value"] for case in cases], theirs=[case["country"] for case in cases])
        result = recipe({"v": column}).apply(fields)
        assert result.batch.column("v").to_pylist() == [case["expected"] or None for case in cases]


@pytest.mark.parametrize("standard", TABLES)
def test_every_standard_has_eighty_cases_over_fifteen_countries(standard: str) -> None:
    assert standard in STANDARDS
    assert len(TABLES[standard]) >= 80
    assert {case["country"].upper() for case in TABLES[standard] if case["type"] == "phone"} >= COUNTRIES


def test_the_table_covers_every_type_and_every_calling_code() -> None:
    cases = TABLES["aws-entity-resolution"]
    kinds = {case["type"] for case in cases}
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
    assert {case["country"].lower() for case in cases if case["type"] == "phone"} >= CALLING_CODES
