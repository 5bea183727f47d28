"""The CSV rules of docs/reference/formats.md, each by example, through the room's door."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from tests.read.streams import Dribble, Failing, drain, read, texts

from antechamber.declare import Csv
from antechamber.errors import SourceError, UnsealError
from antechamber.read import format_of, open_reader
from antechamber.read.csv import CsvReader
from antechamber.records import LINE

AB = ("a", "b")


def test_quoted_fields_keep_delimiters_quotes_and_line_ends() -> None:
    assert texts(b'a,b\n"x,y","say ""hi"""\n"1\r\n2","3\n4"\n', Csv(), AB) == [
        ["x,y", 'say "hi"'],
        ["1\r\n2", "3\n4"],
    ]


def test_a_quote_inside_an_unquoted_field_is_text() -> None:
    assert texts(b'a,b\n5" pipe,x""y\n a "b", "c"\n', Csv(), AB) == [['5" pipe', 'x""y'], [' a "b"', ' "c"']]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_is_a_line_end_and_the_last_may_be_missing(end: bytes) -> None:
    records, malformed = read(end.join([b"a,b", b"1,2", b"", b"3,4", b"5,6"]), Csv(), *AB)
    assert [(record["a"], record[LINE]) for record in records] == [("1", 2), ("3", 4), ("5", 5)]
    assert malformed == []


def test_lines_are_physical_lines_behind_quoted_line_ends() -> None:
    records, malformed = read(b'a,b\n"1\n1\r\n1",2\n3\n\n4,5\n', Csv(), *AB)
    assert [(record["a"], record[LINE]) for record in records] == [("1\n1\r\n1", 2), ("4", 7)]
    assert [(record.line, record.reason, record.raw) for record in malformed] == [
        (5, "expected 2 fields, found 1", "3")
    ]


def test_one_open_quote_costs_one_line() -> None:
    data = b"a,b\n" + b"1,2\n" * 50_000 + b'"open,2\n' + b'3,"4"\n' * 50_000
    records, malformed = read(data, Csv(), *AB)
    assert len(records) == 100_000
    assert [(record.line, record.raw) for record in malformed] == [(50_002, '"open,2')]


def test_empty_and_quoted_empty_are_null_only_where_the_null_texts_say_so() -> None:
    assert texts(b'a,b\n,""\nNULL,"NULL"\n', Csv(), AB) == [[None, None], ["NULL", "NULL"]]
    assert texts(b'a,b\n,""\nNULL,"NULL"\n', Csv(null=("NULL",)), AB) == [["", ""], [None, None]]
    assert texts(b'a,b\n,""\nNULL,x\n', Csv(null=()), AB) == [["", ""], ["NULL", "x"]]


def test_an_escape_character_takes_the_next_one_literally() -> None:
    format = Csv(escape="\\", null=("\\N",))
    assert texts(b'a,b\n"x\\"y",p\\,q\n1\\\n2,"3""4"\n\\\\,\\n\n', format, AB) == [
        ['x"y', "p,q"],
        ["1\n2", '3"4'],
        ["\\", "n"],
    ]


def test_only_wanted_columns_come_in_the_order_they_are_wanted() -> None:
    reader = open_reader(io.BytesIO(b"a,b,c\n1,2,3\n"), Csv(), wanted=("c", "a"), name="x.csv")
    assert reader.columns == ("a", "b", "c")
    (piece,) = reader
    assert piece.batch.schema.names == ["c", "a", LINE]
    assert [str(type) for type in piece.batch.schema.types] == ["string", "string", "int64"]


def test_records_are_checked_in_columns_that_nobody_wants_too() -> None:
    records, malformed = read(b"a,b\n1,\xff\n2,x\0y\n3,4\n", Csv(), "a")
    assert [record["a"] for record in records] == ["3"]
    assert [record.reason for record in malformed] == ["bytes that are not UTF-8", "a NUL character"]


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"a,b", b"a,b\r\n\r\n"])
def test_a_file_without_records_is_no_error(data: bytes) -> None:
    assert read(data, Csv(), *AB) == ([], [])


def test_names_of_an_unwanted_column_may_be_empty_or_double() -> None:
    assert texts(b"a,,b,x,x\n1,2,3,4,5\n", Csv(), AB) == [["1", "3"]]
    assert texts(b"a,\n1,2\n", Csv(), ("a", "")) == [["1", "2"]]


def test_a_header_may_be_quoted_and_span_lines() -> None:
    records, _ = read(b'"a","b ""x""\n2"\n1,2\n', Csv(), 'b "x"\n2')
    assert records == [{'b "x"\n2': "2", LINE: 3}]


def test_a_file_without_header_has_the_declared_names() -> None:
    records, _ = read(b"1,2\n", Csv(header=False, names=AB), *AB)
    assert records == [{"a": "1", "b": "2", LINE: 1}]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("declared", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize("step", [1, 3, 1 << 16])
def test_a_byte_order_mark_decides_and_is_removed(mark: str, declared: str, step: int) -> None:
    text = "a,b\r\nZoë,“€😀”\r\n"
    data = ("\ufeff" + text).encode(mark) if mark.endswith("be") else text.encode(mark)
    records, malformed = drain(open_reader(Dribble(data, step), Csv(encoding=declared), wanted=AB, name="x"))
    assert records == [{"a": "Zoë", "b": "“€😀”", LINE: 2}]
    assert malformed == []


@pytest.mark.parametrize(
    "encoding, value",
    [("latin-1", "Zoë"), ("cp1252", "5 € – “x”"), ("utf-16-le", "Żółć 😀"), ("utf-16", "Ж"), ("shift_jis", "東京")],
)
def test_a_declared_encoding_is_read_without_a_mark(encoding: str, value: str) -> None:
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    assert texts(f"a,b\n{value},2\n".encode(codec), Csv(encoding=encoding), AB) == [[value, "2"]]


@pytest.mark.parametrize(
    "encoding, data, raw",
    [
        ("cp1252", b"a,b\n1,2\nx\x81y,2\n3,4\n", "x\\x81y,2"),
        ("ascii", b"a,b\n1,2\nZo\xeb,2\n3,4\n", "Zo\\xeb,2"),
        ("shift_jis", b"a,b\n1,2\n\x93\x8c\xff,2\n3,4\n", "東\\xff,2"),
        (
            "utf-16-le",
            "a,b\n1,2\n".encode("utf-16-le") + b"\x00\xd8" + ",2\n3,4\n".encode("utf-16-le"),
            "\\x00\\xd8,2",
        ),
    ],
)
def test_bytes_that_the_encoding_lacks_make_their_record_malformed(encoding: str, data: bytes, raw: str) -> None:
    records, malformed = read(data, Csv(encoding=encoding), *AB)
    assert [record["a"] for record in records] == ["1", "3"]
    assert [(record.line, record.reason, record.raw) for record in malformed] == [
        (3, f"bytes that are not {encoding.upper()}", raw)
    ]


def test_tsv_and_other_delimiters() -> None:
    assert texts(b"a\tb\n1\t2,5\n", format_of("export.TSV"), AB) == [["1", "2,5"]]
    for delimiter in (";", "|", " ", "\x01", "^", "-", "]", "§", "→"):
        data = f'a{delimiter}b\n1{delimiter}"2{delimiter}3"\n'.encode()
        assert texts(data, Csv(delimiter=delimiter), AB) == [["1", f"2{delimiter}3"]]


def test_without_quotes_a_quote_is_text() -> None:
    assert texts(b'a,b\n"1,2"\n', Csv(quote=""), AB) == [['"1', '2"']]


def test_a_line_beyond_the_limit_is_malformed_and_held_in_part_only() -> None:
    class Endless(io.RawIOBase):
        left = 200 << 20

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    parts: list[io.RawIOBase | io.BytesIO] = [io.BytesIO(b"a,b\n1,2\n"), Endless(), io.BytesIO(b"\r\n3,4\n")]

    class Chain(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            while parts:
                if piece := parts[0].read(size):
                    return piece
                parts.pop(0)
            return b""

    tracemalloc.start()
    records, malformed = drain(open_reader(Chain(), Csv(), wanted=AB, name="x"))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(record["a"], record[LINE]) for record in records] == [("1", 2), ("3", 4)]
    assert [(record.line, record.reason, len(record.raw)) for record in malformed] == [
        (3, "longer than 16,777,216 bytes: a quote may be open", 65_536)
    ]
    assert peak < 150 << 20


def test_a_quoted_record_beyond_the_limit_costs_its_first_line() -> None:
    data = b'a,b\n"' + b"line,x\n" * 10 + b'",2\n3,4\n'
    reader = CsvReader(io.BytesIO(data), Csv(), wanted=AB, name="x", longest=40)
    records, malformed = drain(reader)
    assert [record[LINE] for record in records] == [*range(3, 12), 13]
    assert [record.line for record in malformed] == [2, 12]


@pytest.mark.parametrize("error", [SourceError("gone"), UnsealError("tampered"), OSError("broken pipe")])
def test_what_the_stream_raises_comes_through_unchanged(error: Exception) -> None:
    reader = CsvReader(Failing(b"a,b\n" + b"1,2\n" * 1000, 2000, error), Csv(), wanted=AB, name="x", block=500)
    with pytest.raises(type(error)) as caught:
        drain(reader)
    assert caught.value is error


def test_a_batch_has_a_bounded_number_of_rows_and_each_malformed_record_comes_once() -> None:
    data = b"a\n" + b"1\n" * 300_000 + b"1,2\n" + b"1\n" * 300_000
    pieces = list(open_reader(io.BytesIO(data), Csv(), wanted=("a",), name="x"))
    assert max(piece.batch.num_rows for piece in pieces) <= 131_072
    assert sum(piece.batch.num_rows for piece in pieces) == 600_000
    assert [record.line for piece in pieces for record in piece.malformed] == [300_002]
