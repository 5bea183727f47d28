"""Paths into columns: one syntax for every format that has columns within columns."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.declare.path import Match, Path, path_of
from antechamber.errors import FormatError
from antechamber.read.nested import Wanted
from antechamber.read.nested_text import json_text

SPELLED = {
    "geo.country": Path("geo", ("country",)),
    "items[0].item_id": Path("items", (0, "item_id")),
    "event_params[key=page_location].value.string_value": Path(
        "event_params", (Match("key", "page_location"), "value", "string_value")
    ),
    'a[key="x]=y"].b': Path("a", (Match("key", "x]=y"), "b")),
    '"a.b"."c""d"': Path("a.b", ('c"d',)),
    '"a.b"': Path("a.b", ()),
    'a["k.1"=v]': Path("a", (Match("k.1", "v"),)),
    "a[k=]": Path("a", (Match("k", ""),)),
    "First Name.x y": Path("First Name", ("x y",)),
}
PLAIN = ["email", "", ".", "a.", "a..b", "a[", "a[b]", "a[-1]", "a]", '"a', "a[=x]", "a[0", "a.b[k=v", ' "a"']


@pytest.mark.parametrize("name", SPELLED)
def test_a_path_is_read_as_it_is_spelled(name: str) -> None:
    assert path_of(name) == SPELLED[name]


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_no_path_is_a_name(name: str) -> None:
    assert path_of(name) is None


def walked(value: Any, path: Path) -> Any:
    """What a path leads to in plain Python values."""
    for step in path.steps:
        if value is None:
            return None
        if isinstance(step, Match):
            value = next((entry for entry in value if entry and str(entry[step.key]) == step.value), None)
        elif isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            value = value[step]
    return value


KIND = pa.struct(
    [
        ("a", pa.struct([("b", pa.int64())])),
        ("l", pa.list_(pa.struct([("k", pa.string()), ("n", pa.int32()), ("v", pa.list_(pa.int64()))]))),
    ]
)
NUMBERS = st.none() | st.integers(-3, 3)
ROWS = st.lists(
    st.none()
    | st.fixed_dictionaries(
        {
            "a": st.none() | st.fixed_dictionaries({"b": NUMBERS}),
            "l": st.none()
            | st.lists(
                st.none()
                | st.fixed_dictionaries(
                    {
                        "k": st.none() | st.sampled_from(["x", "y"]),
                        "n": NUMBERS,
                        "v": st.none() | st.lists(NUMBERS, max_size=3),
                    }
                ),
                max_size=4,
            ),
        }
    ),
    max_size=12,
)
WAYS = ["r.a.b", "r.l[0].k", "r.l[2].n", "r.l[k=x].n", "r.l[n=1].k", "r.l[k=y].v[1]", "r.l[k=x].v", "r.a", "r.l", "r"]


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, 4), st.sampled_from(["list", "large", "dictionary"]))
def test_a_path_leads_to_what_plain_steps_lead_to(rows: list[Any], cut: int, kind: str) -> None:
    column = pa.array(rows, KIND)
    if kind == "large":
        column = column.cast(pa.struct([KIND.field(0), ("l", pa.large_list(KIND.field(1).type.value_type))]))
    batch = pa.RecordBatch.from_arrays([column], ["r"]).slice(cut)
    found = Wanted.of(batch.schema, WAYS, where="x").take(batch)
    for way in WAYS:
        path = path_of(way) or Path("r", ())
        expected = [walked(row, path) for row in rows[cut:]]
        values = found[way].to_pylist()
        if pa.types.is_string(found[way].type) and not way.endswith("k"):
            values = [None if text is None else json.loads(text) for text in values]
        assert values == expected, way


def test_a_map_is_stepped_into_by_its_keys() -> None:
    rows = [[("c", 9)], [("a", 1), ("b", 2)], [], None, [("b", None)]]
    batch = pa.RecordBatch.from_arrays([pa.array(rows, pa.map_(pa.string(), pa.int64()))], ["m"]).slice(1)
    found = Wanted.of(batch.schema, ["m.b", "m[key=a].value", "m"], where="x").take(batch)
    assert found["m.b"].to_pylist() == [2, None, None, None]
    assert found["m[key=a].value"].to_pylist() == [1, None, None, None]
    assert found["m"].to_pylist() == ['{"a":1,"b":2}', "{}", None, '{"b":null}']


def test_a_column_of_exactly_that_name_counts_before_a_path() -> None:
    batch = pa.RecordBatch.from_pydict({"a.b": [1], "a": [{"b": 2}]})
    wanted = Wanted.of(batch.schema, ["a.b", '"a.b"', "a"], where="x")
    assert {name: values.to_pylist() for name, values in wanted.take(batch).items()} == {
        "a.b": [1],
        '"a.b"': [1],
        "a": ['{"b":2}'],
    }


def test_columns_are_told_by_the_paths_that_lead_into_them() -> None:
    schema = pa.schema([("id", pa.int64()), ("geo", pa.struct([("c", pa.string()), ("d", pa.string())]))])
    assert Wanted.of(schema, ["geo.d", "geo.c"], where="x").found(schema.names) == ("id", "geo.d", "geo.c")
    assert Wanted.of(schema, ["geo.d", "geo"], where="x").found(schema.names) == ("id", "geo", "geo.d")


def test_a_missing_root_is_a_missing_column() -> None:
    schema = pa.schema([("event_params", pa.list_(pa.struct([("key", pa.string())])))])
    with pytest.raises(FormatError, match="no column 'event_parms") as said:
        Wanted.of(schema, ["event_parms[key=x].key"], where="x")
    assert "did you mean 'event_params'" in said.value.remedy


def test_nested_values_come_as_exact_json() -> None:
    day = datetime.datetime(2026, 11, 24, 1, 2, 3, tzinfo=datetime.UTC)
    kind = pa.struct(
        [
            ("i", pa.uint64()),
            ("d", pa.decimal128(38, 2)),
            ("f", pa.float32()),
            ("g", pa.float64()),
            ("t", pa.timestamp("us", "Europe/Berlin")),
            ("n", pa.timestamp("ns")),
            ("b", pa.binary()),
            ("s", pa.string()),
            ("day", pa.date32()),
            ("y", pa.bool_()),
        ]
    )
    value = {
        "i": 2**64 - 1,
        "d": decimal.Decimal("123456789012345678901234567890123456.10"),
        "f": 0.1,
        "g": float("nan"),
        "t": day,
        "n": None,
        "b": b"\x00\xff",
        "s": 'é"\n\U0001f600',
        "day": day.date(),
        "y": False,
    }
    (text,) = json_text(pa.array([value], kind)).to_pylist()
    assert text == (
        '{"i":18446744073709551615,"d":123456789012345678901234567890123456.10,"f":0.1,"g":"NaN",'
        '"t":"2026-11-24T01:02:03.000000Z","n":null,"b":"AP8=","s":"é\\"\\n\U0001f600","day":"2026-11-24","y":false}'
    )
