"""Small files that are read together give what each gives on its own."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.declare import Csv, JsonLines
from antechamber.errors import FormatError
from antechamber.read import open_reader
from antechamber.read.together import fits_together, read_together
from antechamber.records import LINE

CSV = Csv()
WANTED = ("a", "c")


def alone(text: bytes, format: Csv) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """A file's records and columns as its own reader has them; an error or a malformed record is raised."""
    reader = open_reader(io.BytesIO(text), format, wanted=WANTED, name="x")
    rows = []
    for batch in reader:
        if batch.malformed:
            raise FormatError("malformed")
        rows += batch.batch.to_pylist()
    return rows, reader.columns


def check(texts: list[bytes], format: Csv = CSV) -> tuple[int, ...]:
    """Compare, and give the files that were read together."""
    found = read_together(texts, format, wanted=WANTED)
    assert sorted((*found.files, *found.odd)) == list(range(len(texts)))
    assert sum(found.rows) == found.batch.num_rows
    at = 0
    for file, rows in zip(found.files, found.rows, strict=True):
        expected, columns = alone(texts[file], format)
        assert found.batch.slice(at, rows).to_pylist() == expected
        assert found.columns == columns
        at += rows
    return found.files


def test_sound_files_are_read_together_whatever_their_ends() -> None:
    texts = [
        b"a,b,c\n1,2,3\n",
        b"a,b,c\n",
        b"a,b,c\n4,5,6",
        b'a,b,c\r\n7,"x\r\ny",9\r\n',
        b'a,b,c\n\n"1",,"q""q"\n\n2,,\n',
    ]
    assert check(texts) == (0, 1, 2, 4)
    assert check([b'"a","b","c"\n1,2,3\n', b'"a","b","c"\n1,2,3\n']) == (0, 1)
    assert check([b"1,2,3\n4,5,6", b"7,8,9"], Csv(header=False, names=("a", "b", "c"))) == (0, 1)
    assert read_together([b"a,b,c\n1,2,3\n"] * 2, CSV, wanted=WANTED).batch.column(LINE).to_pylist() == [2, 2]


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"\n",
        b"a,b,c",
        b"a,c\n1,2\n",
        b"a,b,c,d\n1,2,3,4\n",
        b"a,b\n1,2\n",
        b"\xef\xbb\xbfa,b,c\n1,2,3\n",
        b"a,b,c\n1,2\n",
        b"a,b,c\n1,2,3,4\n",
        b'a,b,c\n1,"2,3\n',
        b'a,b,c\n1,"2,3\n4,5"6,7\n',
        b"a,b,c\n1,\xff,3\n",
        b"a,b,c\n1,\x00,3\n",
        b"a,b,c\r1,2,3\r",
        b"a,b,c\n1,2,3\r4,5,6\n",
    ],
)
def test_a_file_with_anything_odd_is_left_to_its_own_reader_and_the_others_are_not(odd: bytes) -> None:
    good, quoted = b"a,b,c\n1,2,3\n", b'a,b,c\n1,"2",3\n4,"5\n6",7\n'
    assert check([good, odd, quoted, odd, good]) == (0, 2, 4)


def test_what_is_not_plain_csv_is_not_read_together() -> None:
    assert fits_together(CSV)
    assert fits_together(Csv(encoding="UTF8", delimiter="|", quote=""))
    for format in (JsonLines(), Csv(encoding="utf-16"), Csv(escape="\\"), Csv(delimiter="€"), Csv(encoding="nope")):
        assert not fits_together(format)
    assert not fits_together(Csv(header=False))


PIECES = st.sampled_from(
    ["a,b,c\n", "1", "22", ",", ",", "\n", "\n", "\r\n", "\r", '"', '"', '""', " ", "é", "\ufeff"]
)
FILES = st.lists(st.lists(PIECES, max_size=24).map(lambda pieces: "".join(("a,b,c\n", *pieces)).encode()), max_size=5)


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_any_files_give_together_what_they_give_alone_or_are_odd(texts: list[bytes]) -> None:
    check(texts)
