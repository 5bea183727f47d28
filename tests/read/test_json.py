"""JSON documents: the records of an array anywhere in them, in constant memory, judged one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, drain, read

from antechamber.declare.format import FileFormat, Json, JsonLines
from antechamber.declare.path import Match, path_of
from antechamber.errors import FormatError
from antechamber.read import open_reader
from antechamber.read.json import JsonReader
from antechamber.read.jsonl import JsonLinesReader

DOCUMENT = b"""\xef\xbb\xbf
{"meta": {"items": [1, 2, {"items": []}], "note": "a ] \\" } ["},
 "data": {"total": 3, "items": [
    {"id": 0.10, "geo": {"city": "K\\u00f6ln",
        "at": [1, 2.50]}, "tags": [ {"k": "a", "v": "1"}, {"k": "b", "v": null} ]},
    {"id": "x", "geo": null},

    {"id": 12345678901234567890, "geo": {"city": "a,b]}"}}
 ], "more": []}, "next": null}
"""


def test_records_lie_below_a_path_and_values_below_paths_of_their_own() -> None:
    wanted = ("id", "geo.city", "geo.at[1]", "tags[k=b].v", "tags[0].v", "geo")
    records, malformed = read(DOCUMENT, Json(records="data.items"), *wanted)
    assert malformed == []
    assert [[row[name] for name in (*wanted, "__line")] for row in records] == [
        ["0.10", "Köln", "2.50", None, "1", '{"city": "K\\u00f6ln",         "at": [1, 2.50]}', 1],
        ["x", None, None, None, None, None, 2],
        ["12345678901234567890", "a,b]}", None, None, None, '{"city": "a,b]}"}', 3],
    ]


def test_a_record_that_is_none_goes_to_quarantine_with_its_position() -> None:
    data = b'[{"a": 1}, 7, , {"a": 1, "a": 2}, {"a": }, {"a": "x\ny"}, {"a": 5} ,]'
    records, malformed = read(data, Json(), "a")
    assert [(row["a"], row["__line"]) for row in records] == [("1", 1), ("5", 7)]
    assert [(each.line, each.reason, each.raw.strip()) for each in malformed] == [
        (2, "JSON, but not an object", "7"),
        (3, "nothing between two commas", ""),
        (4, "a key that occurs twice", '{"a": 1, "a": 2}'),
        (5, "not JSON, at character 7", '{"a": }'),
        (6, "not JSON, at character 9", '{"a": "x\x0by"}'),
        (8, "nothing between two commas", ""),
    ]


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] \n", b"[\n]"])
def test_an_empty_array_has_no_records(data: bytes) -> None:
    assert read(data, Json(), "a") == ([], [])


BROKEN = {
    "empty": (Json(), b" \n", "the file is empty", "upload it again"),
    "cut off": (Json(), b'[{"a": 1}, {"a"', "ends too early", "upload it again"),
    "cut off behind a record": (Json(), b'[{"a": 1}', "ends too early", "upload it again"),
    "an open quote": (Json(), b'[{"a": "1}, {"b": 2}]', "ends too early", "upload it again"),
    "no JSON": (Json(), b"a,b\n1,2\n", "not a JSON document", "upload it again"),
    "a scalar": (Json(), b"12", "not a JSON document", "upload it again"),
    "JSON Lines": (Json(), b'{"a": 1}\n{"a": 2}\n', "an object, not an array", "format.type: jsonl"),
    "an array a line": (Json(), b'[{"a": 1}]\n[{"a": 2}]\n', "followed by something else", "format.type: jsonl"),
    "text behind it": (Json(), b"[] x", "followed by something else", "upload it again"),
    "another bracket": (Json(), b'[{"a": 1}}', "closed by another bracket", "upload it again"),
    "no path needed": (Json(records="a"), b"[]", "is an array", "remove format.records"),
    "no such key": (Json(records="a.b"), b'{"a": {"c": []}, "b": []}', "no array at 'a.b'", "format.records"),
    "no array there": (Json(records="a.b"), b'{"a": {"b": {}}}', "no array at 'a.b'", "format.records"),
    "a text there": (Json(records="a"), b'{"a": "x", "b": []}', "no array at 'a'", "format.records"),
    "the array twice": (Json(records="a"), b'{"a": [], "a": []}', "'a' occurs twice", "one array"),
    "other brackets": (Json(records="a"), b'{"a": []]', "brackets do not fit", "upload it again"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_says_what_and_what_to_do(case: str) -> None:
    format, data, what, remedy = BROKEN[case]
    for block in (1, 3, 1 << 20):
        with pytest.raises(FormatError) as said:
            drain(JsonReader(Dribble(data, block), format, wanted=["a"], name="in/x.json", block=block))
        assert what in said.value.what
        assert remedy in said.value.remedy
        assert said.value.where == "in/x.json"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", 'q"\\']), inner, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), VALUES, max_size=3), max_size=8)
WAYS = ["a", "a.b", "a[1]", "a[b=x].a", 'b."q""\\"', "b[0].a", "c.d", '"c.d".a', "a[a=1].b"]


def text(value: Any) -> str | None:
    """A value as the readers give it; arrays and objects are compared by what they mean."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def led(record: Any, way: str) -> Any:
    """What a way leads to, in plain Python."""
    if way in record:
        return record[way]
    path = path_of(way)
    if path is None:
        return None
    value = record.get(path.root)
    for step in path.steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif not isinstance(value, list):
            return None
        elif isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            value = next((each for each in value if isinstance(each, dict) and same(each, step)), None)
    return value


def same(entry: dict[str, Any], match: Match) -> bool:
    found = entry.get(match.key)
    return found is not None and not isinstance(found, dict | list) and text(found) == match.value


@settings(max_examples=150, deadline=None)
@given(RECORDS, st.integers(1, 60), st.sampled_from([None, 2]), st.booleans(), st.sampled_from([1, 1000]))
def test_any_document_is_read_as_the_json_module_would(
    records: list[dict[str, Any]], block: int, indent: int | None, ascii: bool, fewest: int
) -> None:
    # One record in three comes again and again, so that shapes repeat.
    records = [each for record in records for each in [record] * (1 + len(records) % 3)]
    document = {"skipped": [records, "]}"], "x": {"rows": records, "y": {"rows": 1}}, "z": records}
    data = json.dumps(document, indent=indent, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    reader = JsonReader(
        Dribble(data, block), Json(records="x.rows", null=()), wanted=WAYS, name="x", block=block, fewest=fewest
    )
    found, malformed = drain(reader)
    assert malformed == []
    lines = "".join(json.dumps(record, ensure_ascii=ascii) + "\n" for record in records).encode("utf-8")
    line_reader = JsonLinesReader(
        Dribble(lines, block), JsonLines(null=()), wanted=WAYS, name="x", block=block, fewest=fewest
    )
    for rows in (found, drain(line_reader)[0]):
        assert len(rows) == len(records)
        for row, record in zip(rows, records, strict=True):
            for way in WAYS:
                value = led(record, way)
                if isinstance(value, dict | list):
                    assert json.loads(row[way]) == value, way
                else:
                    assert row[way] == text(value), way


@pytest.mark.parametrize("format", [JsonLines(), Json()], ids=lambda format: format.type)
def test_a_key_that_occurs_twice_on_a_way_makes_the_record_malformed(format: FileFormat) -> None:
    twice = '{"a": {"b": 1, "b": 2}, "n": 1}'
    lines = ['{"a": {"b": 1, "c": 2}, "n": 1}', twice] * 3
    data = ("[" + ",".join(lines) + "]" if isinstance(format, Json) else "\n".join(lines)).encode()
    for wanted in (["a.b", "n"], ["n"]):
        records, malformed = drain(open_reader(Dribble(data, 7), format, wanted=wanted, name="x"))
        assert len(records) == (3 if "a.b" in wanted else 6)
        assert [(each.reason, each.raw) for each in malformed] == [("a key that occurs twice", twice)] * (
            6 - len(records)
        )


def test_the_columns_told_are_those_that_were_seen() -> None:
    reader = open_reader(
        Dribble(b'{"id": 1, "geo": {"city": null, "zip": 1}}\n{"x": {"y": 2}}', 9),
        JsonLines(),
        wanted=["geo.city", "x.y", "id", "gone.way"],
        name="x",
    )
    drain(reader)
    assert reader.columns == ("id", "geo", "x.y")


def test_a_record_that_is_too_long_is_malformed_and_the_next_is_read() -> None:
    data = b'[{"a": "' + b"x" * 3000 + b'"}, {"a": 1}]'
    found, malformed = drain(JsonReader(Dribble(data, 50), Json(), wanted=["a"], name="x", block=50, longest=1000))
    assert [(row["a"], row["__line"]) for row in found] == [("1", 2)]
    assert [(each.line, each.reason) for each in malformed] == [(1, "longer than 1,000 bytes")]
