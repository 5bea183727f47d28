"""Plain types: what each accepts, from text and from typed columns, and what becomes of the rest."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from antechamber.errors import RecipeError
from antechamber.prepare import Recipe
from antechamber.records import LINE

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]
REFUSED = object()
UTC = dt.UTC


def moment(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


TEXTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("id", {}, {" C-1 ": "C-1", "007": "007", "": None, " \t": None, "\u00a0x\u2003": "x"}),
    ("id", {"one_of": ["a"]}, {"a ": "a", "b": REFUSED, "A": REFUSED}),
    ("string", {}, {" as is ": " as is ", "": None, " ": " ", "\x00": "\x00"}),
    ("string", {"one_of": ["gold"]}, {"gold": "gold", "Gold": REFUSED, "gold ": REFUSED, "": None}),
    (
        "integer",
        {},
        {
            "7": 7, "+7": 7, "-7": -7, " 007 ": 7, "-0": 0, "1.0": REFUSED, "1,000": REFUSED, "1_000": REFUSED,
            "٣": REFUSED, "0x1": REFUSED, "1e3": REFUSED, "--1": REFUSED, "+": REFUSED, " ": None,
            "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63), "9223372036854775808": REFUSED,
        },
    ),
    (
        "decimal",
        {"precision": 5, "scale": 2},
        {
            "1.2": Decimal("1.20"), "+1.20000": Decimal("1.20"), "-.5": Decimal("-0.50"), "5.": Decimal("5.00"),
            "0000999.99": Decimal("999.99"), "1000": REFUSED, "1.005": REFUSED, "1,00": REFUSED, "1e2": REFUSED,
            "NaN": REFUSED, ".": REFUSED, "-": REFUSED, "": None, "0" * 60 + "1": Decimal("1.00"),
            "1." + "0" * 60: Decimal("1.00"), "1." + "0" * 60 + "1": REFUSED,
        },
    ),
    (
        "decimal",
        {"precision": 38, "scale": 0},
        {"9" * 38: Decimal("9" * 38), "-" + "9" * 38: Decimal("-" + "9" * 38), "9" * 39: REFUSED, "1.0": Decimal(1)},
    ),
    (
        "decimal",
        {"precision": 38, "scale": 38},
        {"0." + "9" * 38: Decimal("0." + "9" * 38), "1": REFUSED, "0": Decimal(0), "." + "1" * 39: REFUSED},
    ),
    ("decimal", {}, {"0.1": Decimal("0.10"), "1" * 36 + ".12": Decimal("1" * 36 + ".12"), "1" * 37: REFUSED}),
    (
        "float",
        {},
        {
            "1": 1.0, " .5 ": 0.5, "1e5": 1e5, "-1.": -1.0, "0.1": 0.1, "inf": REFUSED, "NaN": REFUSED,
            "1e999": REFUSED,
            "1_0": REFUSED, "0x1p3": REFUSED, "1,5": REFUSED, "": None,
        },
    ),
    (
        "boolean",
        {},
        {"TRUE": True, " y": True, "1": True, "F": False, "No": False, "0": False, "2": REFUSED, "ja": REFUSED,
        " ": None},
    ),
    (
        "date",
        {},
        {
            "2024-02-29": dt.date(2024, 2, 29), "20240229": dt.date(2024, 2, 29), " 0001-01-01 ": dt.date(1, 1, 1),
            "9999-12-31": dt.date(9999, 12, 31), "2023-02-29": REFUSED, "0000-01-01": REFUSED, "2024-2-1": REFUSED,
            "2024-13-01": REFUSED, "2024-01-01T00:00": REFUSED, "+2024-01-01": REFUSED, "12024-01-01": REFUSED,
            "": None,
        },
    ),
    (
        "date",
        {"format": "%m/%d/%Y"},
        {
            "02/29/2024": dt.date(2024, 2, 29), "2/9/2024": dt.date(2024, 2, 9), "02/30/2024": REFUSED,
            "13/01/2024": REFUSED, "02/29/24": REFUSED, " 1/ 2/2024": REFUSED, "01/02/+024": REFUSED,
            "01/02/0000": REFUSED, "2024-02-29": REFUSED, "٠١/٠٢/٢٠٢٤": REFUSED,
        },
    ),
    (
        "date",
        {"format": ["%d.%m.%y", "%b %d, %Y", "%B %d, %Y", "%Y%m%d", "%Y-%j"]},
        {
            "01.02.68": dt.date(2068, 2, 1), "01.02.69": dt.date(1969, 2, 1), "29.02.00": dt.date(2000, 2, 29),
            "JAN 5, 2024": dt.date(2024, 1, 5), "January 5, 2024": dt.date(2024, 1, 5), "20240105": dt.date(2024, 1,
            5),
            "2024115": REFUSED, "2024-366": dt.date(2024, 12, 31), "2023-366": REFUSED, "Janu 5, 2024": REFUSED,
        },
    ),
    (
        "date",
        {"format": ["%m/%d/%Y", "%d/%m/%Y"]},
        {"01/02/2024": dt.date(2024, 1, 2), "13/02/2024": dt.date(2024, 2, 13)},
    ),
    (
        "timestamp",
        {},
        {
            "2024-01-02T03:04:05Z": moment(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04": moment(2024, 1, 2, 3, 4),
            "2024-01-02": moment(2024, 1, 2), "2024-01-02T03:04:05.123456789": moment(2024, 1, 2, 3, 4, 5, 123456),
            "2024-01-02T03:04:05,5+02": moment(2024, 1, 2, 1, 4, 5, 500000),
            "2024-01-02T03:04-03:30": moment(2024, 1, 2, 6, 34), "2024-01-02T03:04:05-0330": moment(2024, 1, 2, 6,
            34, 5),
            "1969-12-31T23:59:59.9999999Z": moment(1969, 12, 31, 23, 59, 59, 999999),
            "0001-01-01T00:00:00Z": moment(1, 1, 1), "0001-01-01T00:00:00+01:00": REFUSED,
            "9999-12-31T23:59:59-01:00": REFUSED, "2024-01-02T24:00": REFUSED, "2024-01-02T03:04:60": REFUSED,
            "2024-02-30T00:00": REFUSED, "2024-01-02T03": REFUSED, "2024-01-02T03:04+25:00": REFUSED, "now": REFUSED,
        },
    ),
    (
        "timestamp",
        {"timezone": "America/New_York"},
        {
            "2024-07-01T12:00:00": moment(2024, 7, 1, 16), "2024-07-01T12:00:00Z": moment(2024, 7, 1, 12),
            # Clocks went forward at 02:00: there was no 02:30.
            "2024-03-10T02:30:00": REFUSED, "2024-03-10T03:00:00": moment(2024, 3, 10, 7),
            # Clocks went back at 02:00: 01:30 came twice; the earlier is meant.
            "2024-11-03T01:30:00": moment(2024, 11, 3, 5, 30), "2024-11-03T01:30:00-05:00": moment(2024, 11, 3, 6,
            30),
        },
    ),
    (
        "timestamp",
        {"format": ["%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %I:%M %p", "%Y%m%d%H%M%S.%f"]},
        {
            "10/Oct/2000:13:55:36 -0700": moment(2000, 10, 10, 20, 55, 36),
            "10/Oct/2000:13:55:36 +00:30": moment(2000, 10, 10, 13, 25, 36),
            "10/Oct/2000:13:55:36 Z": moment(2000, 10, 10, 13, 55, 36),
            "2024-01-02 12:04 am": moment(2024, 1, 2, 0, 4), "2024-01-02 03:04 PM": moment(2024, 1, 2, 15, 4),
            "2024-01-02 15:04 PM": REFUSED, "20240102030405.25": moment(2024, 1, 2, 3, 4, 5, 250000),
        },
    ),
    (
        "timestamp",
        {"format": "epoch_s", "timezone": "Asia/Tokyo"},
        {
            "0": moment(1970, 1, 1), " +1700000000 ": moment(2023, 11, 14, 22, 13, 20),
            "-1": moment(1969, 12, 31, 23, 59, 59), "-0.25": moment(1969, 12, 31, 23, 59, 59, 750000),
            "1700000000.1234567": moment(2023, 11, 14, 22, 13, 20, 123456),
            "-62135596800": moment(1, 1, 1), "-62135596801": REFUSED,
            "253402300799": moment(9999, 12, 31, 23, 59, 59), "253402300800": REFUSED, "1700000000000": REFUSED,
            "9" * 30: REFUSED, "1e9": REFUSED, "1,7": REFUSED, "1.": REFUSED, "2024-01-02": REFUSED, "٣": REFUSED,
            "": None, " ": None,
        },
    ),
    (
        "timestamp",
        {"format": "epoch_ms"},
        {
            "1700000000123": moment(2023, 11, 14, 22, 13, 20, 123000),
            "1700000000123.5": moment(2023, 11, 14, 22, 13, 20, 123500),
            "-1": moment(1969, 12, 31, 23, 59, 59, 999000),
            "253402300799999": moment(9999, 12, 31, 23, 59, 59, 999000), "253402300800000": REFUSED,
        },
    ),
    (
        "timestamp",
        {"format": ["epoch_us", "%Y-%m-%d %H:%M"]},
        {
            "1700000000123456": moment(2023, 11, 14, 22, 13, 20, 123456), "0.5": REFUSED,
            "-62135596800000000": moment(1, 1, 1), "-62135596800000001": REFUSED,
            "253402300799999999": moment(9999, 12, 31, 23, 59, 59, 999999), "253402300800000000": REFUSED,
            "2024-01-02 03:04": moment(2024, 1, 2, 3, 4),
        },
    ),
    (
        "date",
        {"format": ["epoch_s", "%d.%m.%Y"]},
        {
            "86399": dt.date(1970, 1, 1), "86400": dt.date(1970, 1, 2), "-1": dt.date(1969, 12, 31),
            "-62135596801": REFUSED, "253402300800": REFUSED, "24.11.2026": dt.date(2026, 11, 24),
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "declared", "cases"), TEXTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_text_has_the_declared_meaning_or_its_record_is_rejected(
    kind: str, declared: dict[str, Any], cases: dict[str, Any], recipe: MakeRecipe, batch: MakeBatch
) -> None:
    result = recipe({"v": {"type": kind, **declared}}).apply(batch(v=list(cases)))
    kept = [value for value in cases.values() if value is not REFUSED]
    assert result.batch.column("v").to_pylist() == kept
    refused = [text for text, value in cases.items() if value is REFUSED]
    assert [json.loads(one.raw)["v"] for one in result.rejected] == refused
    assert all(one.column == "v" and one.reason for one in result.rejected)
    # The same with on_invalid: null, where nothing is rejected.
    lenient = recipe({"v": {"type": kind, "on_invalid": "null", **declared}}).apply(batch(v=list(cases)))
    assert lenient.batch.column("v").to_pylist() == [None if value is REFUSED else value for value in cases.values()]
    assert sum(lenient.nulled.values()) == len(refused) + kept.count(None)


BEFORE_1970 = moment(1969, 12, 31, 23, 59, 59, 999999)

TYPED: list[tuple[dict[str, Any], pa.Array[Any], Sequence[Any]]] = [
    ({"type": "id"}, pa.array([1, None, 2**62]), ["1", None, str(2**62)]),
    ({"type": "id"}, pa.array([1.0, float("nan"), 1e20, 0.5]), ["1", None, "100000000000000000000", "0.5"]),
    ({"type": "id"}, pa.array([Decimal("7.00")], pa.decimal128(10, 2)), ["7"]),
    ({"type": "string"}, pa.array([Decimal("7.00")], pa.decimal128(10, 2)), ["7.00"]),
    ({"type": "string"}, pa.array([1e-7, -0.0, 0.1]), ["0.0000001", "0", "0.1"]),
    ({"type": "string"}, pa.array([0.1], pa.float32()), ["0.1"]),
    ({"type": "string"}, pa.array([True, None]), ["true", None]),
    ({"type": "string"}, pa.array([dt.date(2024, 1, 2)]), ["2024-01-02"]),
    ({"type": "string"}, pa.array([1], pa.timestamp("us", "Europe/Paris")), ["1970-01-01T00:00:00.000001Z"]),
    ({"type": "string"}, pa.array([1, 3_723_000_000], pa.time64("us")), ["00:00:00.000001", "01:02:03"]),
    ({"type": "string"}, pa.array(["a", None, "", "a"]).dictionary_encode(), ["a", None, None, "a"]),
    ({"type": "string"}, pa.array(["a", None], pa.string_view()), ["a", None]),
    ({"type": "string"}, pa.array([b"a", None]), ["a", None]),
    ({"type": "string"}, pa.nulls(2), [None, None]),
    ({"type": "id"}, pa.array([uuid.UUID(int=5).bytes], pa.binary(16)).cast(pa.uuid()), [str(uuid.UUID(int=5))]),
    ({"type": "phone", "region": "US"}, pa.array([2067093100.0, None]), ["12067093100", None]),
    ({"type": "phone", "region": "US"}, pa.array([2067093100]), ["12067093100"]),
    ({"type": "postal_code"}, pa.array([98101], pa.int32()), ["98101"]),
    ({"type": "first_name"}, pa.array([None, None], pa.string()), [None, None]),
    ({"type": "first_name"}, pa.array(["José", "b"] * 9).dictionary_encode(), ["jose", "b"] * 9),
    ({"type": "integer"}, pa.array([1, None], pa.int8()), [1, None]),
    ({"type": "integer"}, pa.array([2**63, 5], pa.uint64()), [REFUSED, 5]),
    ({"type": "integer"}, pa.array([1.0, 1.5, 1e20, float("nan")]), [1, REFUSED, REFUSED, None]),
    ({"type": "integer"}, pa.array([Decimal("7.00"), Decimal("7.50")], pa.decimal128(9, 2)), [7, REFUSED]),
    ({"type": "decimal"}, pa.array([0.1, 12.345, 1e20]), [Decimal("0.10"), REFUSED, Decimal(10**20)]),
    ({"type": "decimal", "precision": 3}, pa.array([1, 10]), [Decimal("1.00"), REFUSED]),
    ({"type": "decimal"}, pa.array([Decimal("1.25")], pa.decimal256(50, 2)), [Decimal("1.25")]),
    (
        {"type": "decimal", "precision": 5},
        pa.array([Decimal("1.2300"), Decimal("1.2345")], pa.decimal128(20, 4)),
        [Decimal("1.23"), REFUSED],
    ),
    ({"type": "float"}, pa.array([1.5, float("nan"), float("inf")]), [1.5, None, REFUSED]),
    ({"type": "float"}, pa.array([2, None]), [2.0, None]),
    ({"type": "boolean"}, pa.array([1, 0, 2]), [True, False, REFUSED]),
    ({"type": "boolean"}, pa.array([True, None]), [True, None]),
    ({"type": "date"}, pa.array([dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3)]), [dt.date(2024, 1, 2),
     REFUSED]),
    ({"type": "date", "format": "%Y%m%d"}, pa.array([20240102]), [dt.date(2024, 1, 2)]),
    ({"type": "date"}, pa.array([dt.date(2024, 1, 2)], pa.date64()), [dt.date(2024, 1, 2)]),
    ({"type": "date"}, pa.array([-800_000, 0], pa.int32()).cast(pa.date32()), [REFUSED, dt.date(1970, 1, 1)]),
    ({"type": "timestamp"}, pa.array([1_999, -1], pa.timestamp("ns")), [moment(1970, 1, 1, 0, 0, 0, 1), BEFORE_1970]),
    ({"type": "timestamp", "timezone": "Asia/Tokyo"}, pa.array([0], pa.timestamp("s")), [moment(1969, 12, 31, 15)]),
    ({"type": "timestamp", "timezone": "Asia/Tokyo"}, pa.array([0], pa.timestamp("s", "+02:00")), [moment(1970, 1,
     1)]),
    ({"type": "timestamp", "timezone": "Asia/Tokyo"}, pa.array([dt.date(1970, 1, 1)]), [moment(1969, 12, 31, 15)]),
    ({"type": "timestamp", "format": "epoch_us"}, pa.array([1, -1, None, 2**63 - 1, -(2**63)]),
     [moment(1970, 1, 1, 0, 0, 0, 1), moment(1969, 12, 31, 23, 59, 59, 999999), None, REFUSED, REFUSED]),
    ({"type": "timestamp", "format": "epoch_ms"}, pa.array([2**64 - 1, 1], pa.uint64()),
     [REFUSED, moment(1970, 1, 1, 0, 0, 0, 1000)]),
    ({"type": "timestamp", "format": "epoch_s"}, pa.array([1700000000.25, 1e9, 1e300]),
     [moment(2023, 11, 14, 22, 13, 20, 250000), moment(2001, 9, 9, 1, 46, 40), REFUSED]),
    ({"type": "timestamp", "format": "epoch_s"}, pa.array([Decimal("1700000000.123456")]),
     [moment(2023, 11, 14, 22, 13, 20, 123456)]),
    ({"type": "timestamp", "format": "epoch_s"}, pa.array([dt.date(1970, 1, 2)]), [moment(1970, 1, 2)]),
    ({"type": "timestamp", "format": "epoch_s"}, pa.array([True]), [REFUSED]),
    ({"type": "date", "format": "epoch_ms"}, pa.array([86_400_000, 86_399_999], pa.int64()),
     [dt.date(1970, 1, 2), dt.date(1970, 1, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "values", "expected"), TYPED, ids=[f"{d['type']} of {v.type}" for d, v, _ in TYPED]
)
def test_a_typed_column_keeps_its_exact_value_or_is_refused(
    declared: dict[str, Any], values: pa.Array[Any], expected: Sequence[Any], recipe: MakeRecipe, batch: MakeBatch
) -> None:
    extra = {"protect": "none", "because": "it is compared", "on_invalid": "quarantine"}
    result = recipe({"v": {**declared, **extra}}).apply(batch(v=values))
    assert result.batch.column("v").to_pylist() == [value for value in expected if value is not REFUSED]
    assert [one.line - 2 for one in result.rejected] == [n for n, value in enumerate(expected) if value is REFUSED]


def test_a_source_column_that_the_batch_lacks_is_null(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": {"type": "email", "protect": "sha256"}, "n": {"type": "integer", "source": "Count"}})
    result = made.apply(batch(v=["a@b.com"]))
    assert result.batch.column("n").to_pylist() == [None]
    assert result.nulled == {("n", "empty"): 1}
    assert made.source_columns == ("v", "Count")


MANIFOLD = [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.duration("s"), pa.binary(3)]


@pytest.mark.parametrize("kind", MANIFOLD)
def test_a_column_that_holds_no_single_value_is_refused_by_name(
    kind: pa.DataType, recipe: MakeRecipe, batch: MakeBatch
) -> None:
    with pytest.raises(RecipeError, match="'v'") as refused:
        recipe({"v": {"type": "string"}}).apply(batch(v=pa.array([None], kind)))
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        ({"type": "date", "format": "%Q"}, "'%Q'"),
        ({"type": "date", "format": "%m/%d"}, "no year"),
        ({"type": "date", "format": "%Y-%m-%d %H:%M"}, "no place in a date"),
        ({"type": "timestamp", "format": "%Y-%m-%d %H"}, "hours and minutes"),
        ({"type": "timestamp", "format": "%Y-%m-%d %I:%M"}, "'%I' and '%p'"),
        ({"type": "timestamp", "format": "%z %Y-%m-%d %H:%M"}, "'%z'"),
        ({"type": "timestamp", "timezone": "Mars/Olympus"}, "'Mars/Olympus' is not a time zone"),
        ({"type": "string", "protect": "hmac-sha256"}, "needs a key"),
        ({"type": "string", "protect": "drop"}, "nothing to publish"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused_before_any_data(
    declared: dict[str, Any], what: str, recipe: MakeRecipe
) -> None:
    with pytest.raises(RecipeError) as refused:
        recipe({"v": declared})
    assert what in refused.value.what
    assert refused.value.where.startswith("members")
    assert refused.value.remedy


def test_the_schema_is_that_of_the_declared_columns_in_their_order(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe(
        {
            "z": {"type": "decimal", "precision": 12, "scale": 3},
            "gone": {"type": "email", "protect": "drop"},
            "a": {"type": "timestamp"},
            "n": {"type": "integer", "protect": "sha256"},
            "d": {"type": "date"},
        }
    )
    types: dict[str, pa.DataType] = {
        "z": pa.decimal128(12, 3),
        "a": pa.timestamp("us", "UTC"),
        "n": pa.large_string(),
        "d": pa.date32(),
    }
    assert made.schema == pa.schema(types)
    assert made.source_columns == ("z", "a", "n", "d")
    empty = batch(z=["1"]).slice(0, 0)
    assert made.apply(empty).batch.schema == made.schema
    assert LINE not in made.apply(batch(z=["1"])).batch.schema.names
