"""JSON Lines: every scalar as the text that the sender wrote."""

from __future__ import annotations

import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, drain, read, texts

from antechamber.declare import JsonLines
from antechamber.read import open_reader
from antechamber.read.jsonl import JsonLinesReader
from antechamber.records import LINE

AB = ("a", "b")


@pytest.mark.parametrize(
    "number", ["0", "-0", "0.10", "1e5", "1E+05", "12345678901234567890123", "-1.500", "3.141592653589793238462643"]
)
def test_numbers_keep_their_exact_text(number: str) -> None:
    assert texts(f'{{"a":{number},"b":[{number}]}}'.encode(), JsonLines(), AB) == [[number, f"[{number}]"]]


def test_strings_are_unescaped_and_other_values_are_as_written() -> None:
    line = rb'{"a": "Zo\u00eb \"x\" \ud83d\ude00\/\n", "b": {"x": [1,  2.0, "\u00e9"], "y": null}}'
    assert texts(line, JsonLines(), AB) == [['Zoë "x" 😀/\n', r'{"x": [1,  2.0, "\u00e9"], "y": null}']]
    assert texts(b'{"a": true, "b": false}', JsonLines(), AB) == [["true", "false"]]
    assert texts(b' { "b" : null , "a" : { } } \r\n', JsonLines(), AB) == [["{ }", None]]


def test_a_record_without_the_key_has_null_and_columns_grow() -> None:
    reader = open_reader(io.BytesIO(b'{"a":1}\n{"b":2}\n\n{"c":3}'), JsonLines(), wanted=AB, name="x")
    records, malformed = drain(reader)
    assert [(row["a"], row["b"], row[LINE]) for row in records] == [("1", None, 1), (None, "2", 2), (None, None, 4)]
    assert malformed == []
    assert reader.columns == ("a", "b", "c")


def test_null_texts_are_null() -> None:
    assert texts(b'{"a":"","b":"NULL"}', JsonLines(null=("", "NULL")), AB) == [[None, None]]
    assert texts(b'{"a":"","b":"NULL"}', JsonLines(null=()), AB) == [["", "NULL"]]


def test_a_separator_that_unicode_calls_a_line_end_is_text() -> None:
    assert texts('{"a":"x\u2028y\x85","b":1}\n'.encode(), JsonLines(), AB) == [["x\u2028y\x85", "1"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_encodings_and_byte_order_marks_are_honoured(encoding: str) -> None:
    assert texts('{"a":"é","b":1}\n'.encode(encoding), JsonLines(encoding=encoding), AB) == [["é", "1"]]


@pytest.mark.parametrize("data", [b"", b"\n\n", b" \t\r\n", b"\xef\xbb\xbf"])
def test_a_file_without_records_is_no_error(data: bytes) -> None:
    assert read(data, JsonLines(), *AB) == ([], [])


def test_a_line_beyond_the_limit_is_malformed() -> None:
    data = b'{"a":1}\n{"a":"' + b"x" * 100 + b'"}\n{"a":3}\n{"a":"' + b"x" * 100
    for block in (1, 7, 50, 1000):
        reader = JsonLinesReader(io.BytesIO(data), JsonLines(), wanted=["a"], name="x", block=block, longest=60)
        records, malformed = drain(reader)
        assert [(row["a"], row[LINE]) for row in records] == [("1", 1), ("3", 3)]
        assert [(record.line, record.reason) for record in malformed] == [(n, "longer than 60 bytes") for n in (2, 4)]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
DIRT = st.sampled_from(
    ["", " ", "{", '{"a":}', "[]", '{"a":1}{"b":2}', '"', "\udcff", '{"a":"\udcc3"}', '{"a":"\\"}']
)


def spelled(value: object, rng: random.Random) -> str:
    return json.dumps(value, ensure_ascii=rng.random() < 0.5, separators=rng.choice([(",", ":"), (", ", ": ")]))


def expected_text(value: object, written: str) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else written


@settings(max_examples=200, deadline=None)
@given(
    objects=st.lists(st.dictionaries(st.sampled_from(["a", "b", "c\n"]), VALUES, max_size=3) | DIRT, max_size=12),
    seed=st.integers(0, 99),
    block=st.sampled_from([1, 5, 30, 4096]),
)
def test_every_line_is_a_record_or_malformed_or_blank(
    objects: list[dict[str, object] | str], seed: int, block: int
) -> None:
    rng = random.Random(seed)
    lines, expected, broken = [], [], []
    for number, item in enumerate(objects, 1):
        if isinstance(item, str):
            lines.append(item)
            if item.strip():
                broken.append(number)
            continue
        members = {key: spelled(value, rng) for key, value in item.items()}
        lines.append("{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in members.items()) + "}")
        values = [expected_text(item.get(name), members.get(name, "")) for name in AB]
        expected.append((number, *values))
    data = "\n".join(lines).encode("utf-8", "surrogateescape")
    reader = JsonLinesReader(Dribble(data, 1 + seed), JsonLines(), wanted=AB, name="x", block=block)
    records, malformed = drain(reader)
    assert [(row[LINE], row["a"], row["b"]) for row in records] == expected
    assert [record.line for record in malformed] == broken
