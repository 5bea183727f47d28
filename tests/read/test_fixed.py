"""Fixed width: every column at its place, or the line goes to quarantine."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, drain, read

from antechamber.declare.format import FixedWidth, Slice
from antechamber.errors import FormatError
from antechamber.read.fixed import FixedWidthReader

AB = FixedWidth(columns={"a": 3, "b": 4})


def test_widths_follow_each_other_and_places_are_taken_as_they_are_said() -> None:
    format = FixedWidth(
        columns={"id": 3, "city": Slice(start=10, width=4), "next": 2, "again": Slice(start=1, width=1)}
    )
    assert format.slices == {"id": (0, 3), "city": (9, 13), "next": (13, 15), "again": (0, 1)}
    records, malformed = read(b"001......Rome42\r\n002......Oslo7 ", format, "next", "city", "again", "id")
    assert malformed == []
    assert [[row["next"], row["city"], row["again"], row["id"]] for row in records] == [
        ["42", "Rome", "0", "001"],
        ["7", "Oslo", "0", "002"],
    ]


def test_a_line_of_another_length_goes_to_quarantine_with_its_line_and_text() -> None:
    records, malformed = read(b"1  ann \n2  bo\n\n3  carla\n4  dora\n", AB, "a", "b")
    assert [(row["a"], row["b"], row["__line"]) for row in records] == [("1", "ann", 1), ("4", "dora", 5)]
    assert [(each.line, each.reason, each.raw) for each in malformed] == [
        (2, "expected 7 characters, found 5", "2  bo"),
        (4, "expected 7 characters, found 8", "3  carla"),
    ]


def test_a_short_line_may_be_said_to_stand_for_a_padded_one_and_a_long_one_to_have_more() -> None:
    padded = FixedWidth(columns={"a": 3, "b": 4}, pad=True)
    assert [row["b"] for row in read(b"1  bo\n2\n", padded, "b")[0]] == ["bo", None]
    assert len(read(b"1  carla\n", padded, "b")[1]) == 1
    longer = FixedWidth(columns={"a": 3, "b": 4}, length=9)
    assert [row["b"] for row in read(b"1  carlaX\n", longer, "b")[0]] == ["carl"]


@pytest.mark.parametrize(("trim", "expected"), [("both", "x"), ("left", "x "), ("right", " x"), ("none", " x ")])
def test_spaces_are_trimmed_where_it_is_said(trim: Any, expected: str) -> None:
    assert read(b" x \n", FixedWidth(columns={"a": 3}, trim=trim), "a")[0][0]["a"] == expected


def test_null_texts_are_compared_after_trimming() -> None:
    records, _ = read(b"  -   \n  x   \n      \n", FixedWidth(columns={"a": 6}, null=("-",)), "a")
    assert [row["a"] for row in records] == [None, "x", ""]


def test_lines_before_the_first_record_are_neither_read_nor_malformed() -> None:
    format = FixedWidth(columns={"a": 3}, skip=2)
    records, malformed = read(b"HEADER of any length\n\n1  \nxx\n", format, "a")
    assert [(row["a"], row["__line"]) for row in records] == [("1", 3)]
    assert [each.line for each in malformed] == [4]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "cp1252", "cp037"])
def test_places_are_characters_in_any_encoding(encoding: str) -> None:
    data = "é1 Zoë \nöö2Ämy \n".encode(encoding)
    records, malformed = read(data, FixedWidth(columns={"a": 3, "b": 4}, encoding=encoding), "a", "b")
    assert ([(row["a"], row["b"]) for row in records], malformed) == ([("é1", "Zoë"), ("öö2", "Ämy")], [])


@pytest.mark.parametrize("encoding", ["utf-8", "shift_jis", "euc-jp", "latin-1"])
def test_places_may_be_bytes_of_the_encoding(encoding: str) -> None:
    names = ["é", "Zo"] if encoding == "latin-1" else ["東京", "ab"]
    lines = [name.encode(encoding).ljust(6) + b"12" for name in names]
    format = FixedWidth(columns={"name": 6, "n": 2}, unit="bytes", encoding=encoding)
    records, malformed = read(b"\n".join([*lines, b"short"]), format, "name", "n")
    assert [(row["name"], row["n"]) for row in records] == [(names[0], "12"), (names[1], "12")]
    assert [each.reason for each in malformed] == ["expected 8 bytes, found 5"]


def test_bytes_that_are_no_text_cost_their_line_only() -> None:
    records, malformed = read(b"1  ann \n2  b\xff  \n3  cy  \n", AB, "b")
    assert [row["b"] for row in records] == ["ann", "cy"]
    assert [(each.line, each.reason, each.raw) for each in malformed] == [
        (2, "bytes that are not UTF-8", "2  b\\xff  ")
    ]
    cut = FixedWidth(columns={"a": 2, "b": 3}, unit="bytes")
    records, malformed = read("a\u20ac1\nxyzzy\n".encode(), cut, "a")
    assert ([row["a"] for row in records], [each.line for each in malformed]) == (["xy"], [1])


def test_what_cannot_be_is_refused() -> None:
    for format, wanted, what in (
        (AB, "c", "there is no column 'c'"),
        (FixedWidth(columns={"a": 3}, length=2), "a", "a column ends behind the line's end"),
        (FixedWidth(columns={"a": 3}, unit="bytes", encoding="utf-16"), "a", "utf-16 cannot be counted in bytes"),
        (FixedWidth(columns={"a": 3}, encoding="utf-9"), "a", "'utf-9' is not an encoding"),
    ):
        with pytest.raises(FormatError, match=what):
            read(b"abc\n", format, wanted)


TEXT = st.text(st.sampled_from("aé \u20ac\U0001f600-\t\r"), max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXT, max_size=12), st.integers(1, 40), st.booleans(), st.sampled_from(["", "\n"]))
def test_any_lines_are_read_as_plain_slices_would(lines: list[str], block: int, pad: bool, end: str) -> None:
    format = FixedWidth(columns={"a": 2, "b": Slice(start=2, width=3)}, pad=pad)
    data = ("\n".join(lines) + end).encode()
    reader = FixedWidthReader(Dribble(data, block), format, wanted=["a", "b"], name="x", block=block, longest=10_000)
    records, malformed = drain(reader)
    expected, wrong = [], []
    for number, line in enumerate(data.decode().split("\n"), 1):
        line = line.removesuffix("\r")
        if not line:
            continue
        if len(line) > 4 or (len(line) < 4 and not pad):
            wrong.append((number, line))
            continue
        expected.append({"a": line[:2].strip(" ") or None, "b": line[1:4].strip(" ") or None, "__line": number})
    assert records == expected
    assert [(each.line, each.raw) for each in malformed] == wrong


def test_a_line_without_end_is_one_malformed_line() -> None:
    data = b"1  ann \n" + b"x" * 5000 + b"\n2  bob \n"
    reader = FixedWidthReader(Dribble(data, 64), AB, wanted=["b"], name="x", block=64, longest=1000)
    records, malformed = drain(reader)
    assert [row["b"] for row in records] == ["ann", "bob"]
    assert [(each.line, each.reason) for each in malformed] == [(2, "longer than 1,000 bytes")]
    assert drain(FixedWidthReader(io.BytesIO(b""), AB, wanted=["b"], name="x")) == ([], [])
