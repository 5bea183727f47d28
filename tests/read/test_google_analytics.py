"""The Google Analytics 4 export of BigQuery, as Parquet, Avro and JSON Lines: one declaration reads all three.

Its layout: https://support.google.com/analytics/answer/7029846 (event_params and user_properties are arrays of
records of a key and a value, the value a record with one field a type).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.read.streams import Forward, drain

from antechamber.read import format_of, open_reader

VALUE: list[tuple[str, pa.DataType]] = [
    ("string_value", pa.string()),
    ("int_value", pa.int64()),
    ("float_value", pa.float64()),
    ("double_value", pa.float64()),
]
PARAMS = pa.list_(pa.struct([("key", pa.string()), ("value", pa.struct(VALUE))]))
PROPERTIES = pa.list_(
    pa.struct([("key", pa.string()), ("value", pa.struct([*VALUE, ("set_timestamp_micros", pa.int64())]))])
)
COLUMNS: list[tuple[str, pa.DataType]] = [
    ("event_date", pa.string()),
    ("event_timestamp", pa.int64()),
    ("event_name", pa.string()),
    ("event_params", PARAMS),
    ("user_id", pa.string()),
    ("user_pseudo_id", pa.string()),
    ("user_properties", PROPERTIES),
    ("device", pa.struct([("category", pa.string()), ("web_info", pa.struct([("browser", pa.string())]))])),
    ("geo", pa.struct([("country", pa.string()), ("city", pa.string())])),
    ("ecommerce", pa.struct([("purchase_revenue", pa.float64()), ("transaction_id", pa.string())])),
    ("items", pa.list_(pa.struct([("item_id", pa.string()), ("price", pa.float64())]))),
]
SCHEMA = pa.schema(COLUMNS)


def value(field: str, content: Any, **more: Any) -> dict[str, Any]:
    return {**dict.fromkeys((name for name, _ in VALUE)), field: content, **more}


def event(number: int) -> dict[str, Any]:
    bought = number % 3 == 0
    return {
        "event_date": "20261124",
        "event_timestamp": 1795000000000000 + number,
        "event_name": "purchase" if bought else "page_view",
        "event_params": [
            {"key": "ga_session_id", "value": value("int_value", 9_007_199_254_740_993 + number)},
            {"key": "page_location", "value": value("string_value", f"https://shop.example/é?p={number}")},
            *([{"key": "value", "value": value("double_value", 12.5)}] if bought else []),
        ],
        "user_id": None if number % 5 == 0 else f"u{number}",
        "user_pseudo_id": f"{number}.7",
        "user_properties": [
            {"key": "email", "value": value("string_value", f"u{number}@example.com", set_timestamp_micros=1)}
        ]
        if number % 2
        else [],
        "device": {"category": "mobile", "web_info": {"browser": "Safari"}},
        "geo": None if number % 7 == 0 else {"country": "Germany", "city": "Köln"},
        "ecommerce": {"purchase_revenue": 12.5, "transaction_id": f"t{number}"} if bought else None,
        "items": [{"item_id": "a", "price": 1.5}, {"item_id": "b", "price": None}] if bought else [],
    }


EVENTS = [event(number) for number in range(3000)]


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(EVENTS, SCHEMA), sink, row_group_size=700)
    return sink.getvalue()


def avro_type(kind: Any, name: str) -> Any:
    """As BigQuery exports: every column may be null, arrays may not."""
    if pa.types.is_list(kind):
        return {"type": "array", "items": avro_type(kind.value_type, name)[1]}
    if pa.types.is_struct(kind):
        fields = [{"name": each.name, "type": avro_type(each.type, f"{name}_{each.name}")} for each in kind]
        return ["null", {"type": "record", "name": name, "fields": fields}]
    return ["null", {"string": "string", "int64": "long", "double": "double"}[str(kind)]]


def avro() -> bytes:
    sink = io.BytesIO()
    fields = [{"name": each.name, "type": avro_type(each.type, each.name)} for each in SCHEMA]
    fastavro.writer(sink, {"type": "record", "name": "Root", "fields": fields}, EVENTS, codec="deflate")
    return sink.getvalue()


def json_lines() -> bytes:
    """As BigQuery exports: 64-bit integers as text, nulls left out."""

    def exported(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: exported(inner) for key, inner in each.items() if inner is not None}
        if isinstance(each, list):
            return [exported(inner) for inner in each]
        return str(each) if isinstance(each, int) else each

    return "".join(json.dumps(exported(each), ensure_ascii=False) + "\n" for each in EVENTS).encode()


WANTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "event_name": lambda each: each["event_name"],
    "event_timestamp": lambda each: each["event_timestamp"],
    "event_params[key=page_location].value.string_value": lambda each: each["event_params"][1]["value"][
        "string_value"
    ],
    "event_params[key=ga_session_id].value.int_value": lambda each: each["event_params"][0]["value"]["int_value"],
    "event_params[key=value].value.double_value": lambda each: 12.5 if each["ecommerce"] else None,
    "event_params[key=campaign].value.string_value": lambda each: None,
    "user_properties[key=email].value.string_value": lambda each: (
        each["user_properties"][0]["value"]["string_value"] if each["user_properties"] else None
    ),
    "geo.country": lambda each: each["geo"] and each["geo"]["country"],
    "device.web_info.browser": lambda each: "Safari",
    "ecommerce.transaction_id": lambda each: each["ecommerce"] and each["ecommerce"]["transaction_id"],
    "items[1].item_id": lambda each: "b" if each["items"] else None,
    "items[0].price": lambda each: 1.5 if each["items"] else None,
}


@pytest.mark.parametrize("kind", ["parquet", "avro", "jsonl"])
def test_the_same_paths_read_every_export(kind: str) -> None:
    data = {"parquet": parquet, "avro": avro, "jsonl": json_lines}[kind]()
    reader = open_reader(Forward(data), format_of(f"events.{kind}"), wanted=list(WANTED), name="events")
    rows, malformed = drain(reader)
    assert malformed == []
    assert [row["__line"] for row in rows] == list(range(1, len(EVENTS) + 1))
    for name, of in WANTED.items():
        expected = [of(each) for each in EVENTS]
        if kind == "jsonl":
            expected = [None if each is None else str(each) for each in expected]
        assert [row[name] for row in rows] == expected, name


def test_a_column_named_whole_is_the_same_json_from_parquet_and_avro() -> None:
    found = []
    for kind, data in (("parquet", parquet()), ("avro", avro())):
        rows, _ = drain(
            open_reader(io.BytesIO(data), format_of(f"x.{kind}"), wanted=["event_params", "geo"], name="x")
        )
        found.append(rows)
        assert [json.loads(row["event_params"]) for row in rows] == [each["event_params"] for each in EVENTS]
    assert found[0] == found[1]
