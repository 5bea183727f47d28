"""The block-wise CSV reader against a slow and obvious one, on text as dirty as hypothesis can make it."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.read import reference_csv
from tests.read.streams import Dribble

from antechamber.declare import Csv
from antechamber.read.csv import CsvReader
from antechamber.records import LINE

WIDE_OPEN = 1 << 24


def read_all(
    data: bytes, format: Csv, *, block: int, longest: int = WIDE_OPEN, dribble: int = 1 << 20
) -> reference_csv.Expected:
    """All that the reader gives, in the reference's form."""
    names = format.names or ("c0", "c1", "c2")
    reader = CsvReader(Dribble(data, dribble), format, wanted=names, name="x.csv", block=block, longest=longest)
    got = reference_csv.Expected(columns=reader.columns)
    for piece in reader:
        for record in piece.batch.to_pylist():
            got.records.append((record.pop(LINE), list(record.values())))
        got.malformed += [(record.line, record.reason, record.raw) for record in piece.malformed]
    return got


def dirty(*special: str) -> st.SearchStrategy[bytes]:
    """Bytes in which every kind of trouble is likely next to every other."""
    tokens = [
        b'"',
        b'""',
        b'"',
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"a",
        b"b c",
        b"",
        b" ",
        b"\0",
        b"\\",
        b"\\\\",
    ]
    tokens += ["é".encode(), "€".encode(), "😀".encode(), b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf"]
    tokens += [
        b'"a"',
        b'"a,b"',
        b'"a\nb"',
        b"x,y,z\n",
        b'"x","y","z"\n',
        b'"x""y",,\n',
        b'5" p,q,r\n',
        b'"open,1,2\n',
    ]
    tokens += [text.encode() for text in special] * 3
    return st.lists(st.sampled_from(tokens), max_size=40).map(b"".join)


FORMATS = [
    Csv(header=False, names=("c0", "c1", "c2")),
    Csv(header=False, names=("c0",)),
    Csv(header=False, names=("c0", "c1"), null=()),
    Csv(header=False, names=("c0", "c1", "c2"), quote=""),
    Csv(header=False, names=("c0", "c1", "c2"), escape="\\", null=("", "a", "\\N")),
    Csv(header=False, names=("c0", "c1"), quote="", escape="\\"),
    Csv(header=False, names=("c0", "c1"), escape='"'),
    Csv(header=False, names=("c0", "c1"), quote="'", delimiter="|"),
    Csv(header=False, names=("c0", "c1"), delimiter="^", escape="]"),
]


@pytest.mark.parametrize("format", FORMATS, ids=str)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_record_is_read_or_malformed_exactly_as_the_reference_says(format: Csv, data: st.DataObject) -> None:
    text = data.draw(dirty(format.delimiter, format.quote, format.escape), label="text")
    block = data.draw(st.sampled_from([1, 2, 3, 5, 8, 13, 33, 64, 65, 200, 4096]), label="block")
    longest = data.draw(st.sampled_from([WIDE_OPEN, WIDE_OPEN, 1, 4, 9, 20, 64, 70]), label="longest")
    dribble = data.draw(st.sampled_from([1, 7, 1 << 20]), label="dribble")
    if text.startswith(b"\xef\xbb\xbf"):
        text = b"a" + text  # a byte order mark is another test's matter
    got = read_all(text, format, block=block, longest=longest, dribble=dribble)
    expected = reference_csv.read(text, format, longest)
    if longest < WIDE_OPEN:  # how much of the text is kept is another test's matter
        for side in (got, expected):
            side.malformed = [(line, why, "") for line, why, _ in side.malformed]
    assert got == expected


@settings(max_examples=150, deadline=None)
@given(text=dirty(), block=st.sampled_from([1, 4, 16, 4096]))
@example(text=b"\r", block=1)
@example(text=b"\r\n\r\n", block=1)
def test_a_header_changes_nothing_but_the_count_of_lines(text: bytes, block: int) -> None:
    text = b'\r\n\n"c0",c1,"c2"\r\n' + text
    assert read_all(text, Csv(), block=block) == reference_csv.read(text, Csv(), WIDE_OPEN)


@pytest.mark.parametrize("delimiter, quote", [("§", '"'), (",", "“"), ("€", "é")])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_delimiters_and_quotes_beyond_ascii_follow_the_same_rules(
    delimiter: str, quote: str, data: st.DataObject
) -> None:
    format = Csv(delimiter=delimiter, quote=quote, header=False, names=("c0", "c1"), null=("\x1f",))
    text = data.draw(dirty(delimiter, quote, "\x1f", "\x1e", "§"))
    if text.startswith(b"\xef\xbb\xbf"):
        text = b"a" + text
    assert read_all(text, format, block=data.draw(st.sampled_from([1, 16, 4096]))) == reference_csv.read(
        text, format, WIDE_OPEN
    )


@pytest.mark.parametrize("inch_marks", [3, 3000])
def test_a_large_dirty_file_is_read_alike_in_blocks_of_every_size(inch_marks: int) -> None:
    rng = random.Random(7)
    kinds = {
        "{0},plain,é{0}": 40,
        '"{0}","quoted ""so""","a,b"': 20,
        '"{0}","two\r\nlines",x': 5,
        '{0},5" pipe,"x"': inch_marks,
        '{0},"open,x': 1,
        '{0},"shut"x,y': 1,
        "{0},too,many,fields": 1,
        "": 2,
        "{0},\udcff,x": 1,
    }
    lines = rng.choices(list(kinds), list(kinds.values()), k=8_000)
    text = "\n".join(line.format(number) for number, line in enumerate(lines))
    data = text.encode("utf-8", "surrogateescape")
    format = Csv(header=False, names=("c0", "c1", "c2"))
    expected = reference_csv.read(data, format, WIDE_OPEN)
    assert expected.records and expected.malformed
    for block in (1_000, 65_536, 1 << 23):
        assert read_all(data, format, block=block) == expected
