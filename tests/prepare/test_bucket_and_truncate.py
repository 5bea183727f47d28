"""Buckets and truncation: exact at every bound, the same whatever the batch."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pyarrow as pa
import pytest

from antechamber.prepare import Recipe
from antechamber.prepare.protections.truncate import network

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]


def out(recipe: MakeRecipe, batch: MakeBatch, declared: dict[str, Any], values: list[Any]) -> list[Any]:
    made = recipe({"v": declared}).apply(batch(v=values))
    assert not made.rejected
    return list(made.batch.column("v").to_pylist())


AGES = {"type": "integer", "protect": "bucket", "buckets": [18, 25, 26, 65]}
SPENT = {"type": "decimal", "precision": 38, "scale": 2, "protect": "bucket", "buckets": [0, 9.995, 100]}


@pytest.mark.parametrize(
    ("declared", "values", "expected"),
    [
        (AGES, ["-9223372036854775808", "17", "18", "24", "25", "26", "64", "65", "9223372036854775807", ""],
         ["<18", "<18", "18-24", "18-24", "25", "26-64", "26-64", "65+", "65+", None]),
        (SPENT, ["-0.01", "0.00", "9.99", "10.00", "99.99", "100", "9" * 36 + ".99", None],
         ["<0", "0-<9.995", "0-<9.995", "9.995-<100", "9.995-<100", "100+", "100+", None]),
        ({"type": "float", "protect": "bucket", "buckets": [0.1, 0.3]},
         ["0.1", "0.09999999999999999", "0.30000000000000004", "0.3", "0.29999999999999999", "1e308", "-1e-320"],
         ["0.1-<0.3", "<0.1", "0.3+", "0.3+", "0.3+", "0.3+", "<0.1"]),
        ({"type": "integer", "protect": "bucket", "bucket_width": 10},
         ["0", "9", "10", "-1", "-10", "-11", "9223372036854775807", "-9223372036854775808"],
         ["0-9", "0-9", "10-19", "-10 to -1", "-10 to -1", "-20 to -11",
          "9223372036854775800-9223372036854775809", "-9223372036854775810 to -9223372036854775801"]),
        ({"type": "integer", "protect": "bucket", "bucket_width": 1}, ["-1", "7"], ["-1", "7"]),
        ({"type": "decimal", "scale": 2, "protect": "bucket", "bucket_width": 0.1},
         ["0.30", "0.29", "-0.01", "0.00", "1"], ["0.3-<0.4", "0.2-<0.3", "-0.1 to <0", "0-<0.1", "1-<1.1"]),
        ({"type": "float", "protect": "bucket", "bucket_width": 0.1}, ["0.3", "0.7", "0.1"],
         ["0.3-<0.4", "0.7-<0.8", "0.1-<0.2"]),
        ({"type": "date", "protect": "bucket", "buckets": [18, 65], "as_of": "2026-03-01"},
         ["2008-03-01", "2008-03-02", "2008-02-29", "1961-03-01", "1961-03-02", "2030-01-01"],
         ["18-64", "<18", "18-64", "65+", "18-64", "<18"]),
        ({"type": "date", "protect": "bucket", "bucket_width": 10, "as_of": "2025-02-28"},
         ["2004-02-29", "2005-02-28", "2005-03-01"], ["20-29", "20-29", "10-19"]),
    ],
)  # fmt: skip
def test_a_bucket_holds_its_lower_bound_and_not_its_upper_one(
    recipe: MakeRecipe, batch: MakeBatch, declared: dict[str, Any], values: list[str], expected: list[str]
) -> None:
    assert out(recipe, batch, declared, values) == expected


@pytest.mark.parametrize("seed", range(5))
def test_buckets_are_those_of_exact_arithmetic(recipe: MakeRecipe, batch: MakeBatch, seed: int) -> None:
    chance = random.Random(seed)
    scale = chance.randint(0, 6)
    bounds = sorted({chance.randint(-(10**6), 10**6) / 10 ** chance.randint(0, 4) for _ in range(6)})
    exact = [Decimal(repr(bound)) for bound in bounds]
    values = [Decimal(chance.randint(-(10**9), 10**9)).scaleb(-scale) for _ in range(500)]
    values += [bound.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR) for bound in exact]
    declared = {"type": "decimal", "scale": scale, "protect": "bucket", "buckets": bounds}
    labels = out(recipe, batch, declared, [f"{value:f}" for value in values])
    place = [sum(value >= bound for bound in exact) for value in values]
    assert len({(at, label) for at, label in zip(place, labels, strict=True)}) == len(set(place)) == len(set(labels))
    width = {"type": "decimal", "scale": scale, "protect": "bucket", "bucket_width": bounds[-1] or 1}
    if bounds[-1] > 0:
        by_width = out(recipe, batch, width, [f"{value:f}" for value in values])
        counts = [(value / exact[-1]).to_integral_value(ROUND_FLOOR) for value in values]
        pairs = set(zip(counts, by_width, strict=True))
        assert len(pairs) == len(set(counts)) == len(set(by_width))


def test_truncated_dates_stay_dates_and_timestamps_stay_timestamps(recipe: MakeRecipe, batch: MakeBatch) -> None:
    days = ["2024-05-31", "0001-01-01", "1969-12-31", "9999-12-31", None]
    month = {"type": "date", "protect": "truncate", "truncate_to": "month"}
    assert out(recipe, batch, month, days) == [
        date(2024, 5, 1), date(1, 1, 1), date(1969, 12, 1), date(9999, 12, 1), None,
    ]  # fmt: skip
    quarter = {"type": "date", "protect": "truncate", "truncate_to": "quarter"}
    assert out(recipe, batch, quarter, days) == [
        date(2024, 4, 1), date(1, 1, 1), date(1969, 10, 1), date(9999, 10, 1), None,
    ]  # fmt: skip
    year = {"type": "timestamp", "protect": "truncate", "truncate_to": "year"}
    moments = ["2024-12-31T23:30:00-01:00", "1969-12-31T23:59:59.999999Z"]
    assert out(recipe, batch, year, moments) == [datetime(2025, 1, 1, tzinfo=UTC), datetime(1969, 1, 1, tzinfo=UTC)]
    made = recipe({"v": month, "w": {"type": "timestamp", "protect": "truncate", "truncate_to": "day"}})
    assert made.schema.types == [pa.date32(), pa.timestamp("us", tz="UTC")]


def test_a_truncated_text_keeps_its_first_code_points(recipe: MakeRecipe, batch: MakeBatch) -> None:
    postal = {"type": "postal_code", "protect": "truncate", "truncate_to": 3}
    assert out(recipe, batch, postal, ["SW1A 1AA", "98101-1234", "1", None]) == ["sw1", "981", "1", None]
    text = {"type": "string", "protect": "truncate", "truncate_to": 2}
    assert out(recipe, batch, text, ["e\u0301x", "\U0001f600\U0001f600\U0001f600"]) == ["e\u0301", "\U0001f600" * 2]


def test_an_ip_address_leaves_as_its_network() -> None:
    assert network("192.0.2.77") == "192.0.2.0/24"
    assert network("2001:db8:1:2::7") == "2001:db8:1::/48"
    assert network("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert network("nothing") is None


def test_identities_are_truncated_in_their_own_ways(recipe: MakeRecipe, batch: MakeBatch) -> None:
    born = {"type": "date_of_birth", "protect": "truncate", "truncate_to": "year", "format": "%d.%m.%Y"}
    assert out(recipe, batch, born, ["31.12.1980", "nothing", None]) == [date(1980, 1, 1), None, None]
    address = {"type": "ip_address", "protect": "truncate"}
    assert out(recipe, batch, address, ["192.0.2.77", "2001:DB8:1:2::7", "nothing"]) == [
        "192.0.2.0/24", "2001:db8:1::/48", None,
    ]  # fmt: skip


def test_the_plan_names_the_buckets(recipe: MakeRecipe) -> None:
    (plan,) = recipe({"v": AGES}).describe()
    assert "falls into <18, 18-24, 25, 26-64, 65+" in plan.sentence
