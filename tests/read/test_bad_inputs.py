"""Inputs that cannot be read: each is named with its place, its cause and what to do; nothing of them is guessed."""

from __future__ import annotations

import io
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.read.streams import Forward, drain, read

from antechamber.declare import Csv, JsonLines, Parquet
from antechamber.errors import FormatError
from antechamber.read import format_of, open_reader
from antechamber.read.parquet import ParquetReader

Format = Csv | JsonLines | Parquet
NAME = "landing/2026-11-22.csv"


def parquet(table: pa.Table | None = None) -> bytes:
    sink = io.BytesIO()
    table = table or pa.table({"email": ["a@example.com"] * 5000, "id": range(5000)})
    pq.write_table(table, sink, compression="none", row_group_size=1000)
    return sink.getvalue()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([byte ^ 0xFF for byte in data[at : at + 40]]) + data[at + 40 :]


def nested() -> bytes:
    return parquet(pa.table({"email": [["a"], []], "geo": [{"country": "x"}, None]}))


def encrypted() -> bytes:
    return b"PARE" + parquet()[4:-4] + b"PARE"


FILES: dict[str, tuple[Format, bytes, str, str]] = {
    "a column that the header lacks": (
        Csv(), b"id,e_mail,phone\n1,2,3\n", "there is no column 'email'", "did you mean 'e_mail'",
    ),
    "the columns found are told": (
        Csv(), b"id,mail,email2\n1,2,3\n", "there is no column 'email'", "(columns found: id, mail, email2)",
    ),
    "a value between the columns found is not told": (
        Csv(), b"id,ann@example.com,+4915112345\n1,2,3\n", "there is no column 'email'",
        "(columns found: id, and 2 more)",
    ),
    "a header where there is none": (
        Csv(), b"77,ann@example.com\n78,bob@example.com\n", "no columns 'email', 'id'", "format.header: false",
    ),
    "another delimiter": (Csv(), b"email;id\na;b\n", "there are no columns", 'set format.delimiter: ";"'),
    "a column twice": (
        Csv(), b"email,id,email\n1,2,3\n", "there are 2 columns 'email' (number 1, 3)", "a name of its own",
    ),
    "UTF-16 read as UTF-8": (
        Csv(), "email,id\n1,2\n".encode("utf-16-le"), "the header holds NUL characters", "format.encoding: utf-16",
    ),
    "a header that is not UTF-8": (
        Csv(), b"email,id,\xe9t\xe9\n", "the header holds bytes that are not UTF-8", "set format.encoding",
    ),
    "a header with an open quote": (
        Csv(), b'email,"id\n1,2\n', "the header has a quote that is never closed", "check format.quote",
    ),
    "a header with text after a quote": (
        Csv(), b'"email"x,id\n1,2\n', "the header has text after a closing quote", "check format.quote",
    ),
    "an encoding that is none": (
        Csv(encoding="utf-9"), b"email,id\n", "'utf-9' is not an encoding", "set format.encoding",
    ),
    "an encoding that is not of text": (
        JsonLines(encoding="base64"), b"{}", "'base64' is not an encoding", "set format.encoding",
    ),
    "delimiter and quote alike": (
        Csv(delimiter='"'), b"email,id\n", "must be different characters", "correct format.delimiter",
    ),
    "a line end as delimiter": (Csv(delimiter="\n"), b"email,id\n", "a line end or NUL cannot be", "correct format"),
    "neither header nor names": (
        Csv(header=False), b"1,2\n", "neither a header nor names", "list the columns in format.names",
    ),
    "both header and names": (
        Csv(names=("email", "id")), b"1,2\n", "both a header and names", "format.header: false",
    ),
    "names that lack a column": (
        Csv(header=False, names=("mail", "id")), b"1,2\n", "there is no column 'email'", "did you mean 'mail'",
    ),
    "an empty Parquet file": (Parquet(), b"", "the file is empty", "upload it again"),
    "CSV called Parquet": (Parquet(), b"email,id\n1,2\n" * 9, "not a Parquet file", "check format.type"),
    "Parquet cut off": (Parquet(), parquet()[:-700], "is cut off after", "upload it again"),
    "Parquet with a damaged footer": (
        Parquet(), flipped(parquet(), len(parquet()) - 300), "the Parquet file is damaged", "upload it again",
    ),
    "Parquet with a damaged page": (Parquet(), flipped(parquet(), 4), "Parquet file is damaged", "upload it again"),
    "Parquet encrypted inside": (Parquet(), encrypted(), "encrypted inside", "seal the whole file"),
    "a path into a Parquet column that is no record": (
        Parquet(), nested(), "the path 'email[0].x' leads nowhere: 'x' is looked for in a value of type string",
        "column[key=text].field",
    ),
    "a path to a field that is not there": (
        Parquet(), nested(), "the path 'geo.city' leads nowhere: there is no 'city' among country", "column.field",
    ),
    "a Parquet column that is not there": (
        Parquet(), parquet(pa.table({"Email": ["a"], "id": [1]})), "no column 'email'", "did you mean 'Email'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read_says_where_what_and_what_to_do(case: str) -> None:
    format, data, what, remedy = FILES[case]
    path = re.search(r"the path '(.*?)'", what)
    wanted = [path[1]] if path else ["email"] if case.startswith("a Parquet column") else ["email", "id"]
    with pytest.raises(FormatError) as caught:
        drain(open_reader(io.BytesIO(data), format, wanted=wanted, name=NAME))
    assert caught.value.where == NAME
    assert what in caught.value.what
    assert remedy in caught.value.remedy
    assert "example.com" not in str(caught.value), "a message holds no data"


RECORDS: dict[str, tuple[Csv | JsonLines, bytes, str]] = {
    "too few fields": (Csv(), b"3", "expected 2 fields, found 1"),
    "too many fields": (Csv(), b"3,4,5", "expected 2 fields, found 3"),
    "text after a closing quote": (Csv(), b'"3"x,4', "text after a closing quote"),
    "a space after a closing quote": (Csv(), b'"3" ,4', "text after a closing quote"),
    "an open quote": (Csv(), b'3,"4', "a quote that is never closed"),
    "not UTF-8": (Csv(), b"3,\xe9", "bytes that are not UTF-8"),
    "a surrogate in UTF-8": (Csv(), b"3,\xed\xa0\x80", "bytes that are not UTF-8"),
    "an overlong form": (Csv(), b"3,\xc0\xaf", "bytes that are not UTF-8"),
    "NUL": (Csv(), b"3,\x00", "a NUL character"),
    "no JSON": (JsonLines(), b'{"a": 3,', "not JSON, at character 9"),
    "a bare word": (JsonLines(), b'{"a": 3, "b": yes}', "not JSON, at character 15"),
    "single quotes": (JsonLines(), b"{'a': 3}", "not JSON, at character 2"),
    "a trailing comma": (JsonLines(), b'{"a": 3,}', "not JSON, at character 9"),
    "a leading zero": (JsonLines(), b'{"a": 03, "b": 1}', "not JSON, at character 8"),
    "a control character": (JsonLines(), b'{"a": "x\ty", "b": 1}', "not JSON, at character 9"),
    "a bad escape": (JsonLines(), b'{"a": "\\x", "b": 1}', "not JSON, at character 8"),
    "an array": (JsonLines(), b"[3, 4]", "JSON, but not an object"),
    "a number": (JsonLines(), b"3", "JSON, but not an object"),
    "two objects": (JsonLines(), b'{"a": 3} {"a": 4}', "more than one JSON value"),
    "NaN": (JsonLines(), b'{"a": NaN, "b": 4}', "NaN and Infinity are not JSON"),
    "minus infinity": (JsonLines(), b'{"a": -Infinity, "b": 4}', "NaN and Infinity are not JSON"),
    "half a pair": (JsonLines(), b'{"a": "\\ud83d", "b": 4}', "half of a surrogate pair"),
    "half a pair in a key": (JsonLines(), b'{"a\\udc00": 3, "b": 4}', "half of a surrogate pair"),
    "a key twice": (JsonLines(), b'{"a": 3, "b": 4, "a": 5}', "a key that occurs twice"),
    "JSON that is not UTF-8": (JsonLines(), b'{"a": "\xff", "b": 4}', "bytes that are not UTF-8"),
    "a deep hole": (JsonLines(), b'{"a": ' + b"[" * 20_000 + b"]" * 20_000 + b', "b": 1}', "nested too deeply"),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_malformed_record_is_set_aside_with_its_line_and_the_others_go_on(case: str) -> None:
    format, record, reason = RECORDS[case]
    before, after = (b"a,b\n1,2", b"5,6\n") if isinstance(format, Csv) else (b'\n{"a":1,"b":2}', b'{"a":5,"b":6}\n')
    records, malformed = read(b"\n".join([before, record, after]), format, "a", "b")
    assert [(row["a"], row["b"]) for row in records] == [("1", "2"), ("5", "6")]
    (rejected,) = malformed
    assert (rejected.line, rejected.reason) == (3, reason)
    assert rejected.raw == record.decode("utf-8", "backslashreplace")[: 1 << 16]


@pytest.mark.parametrize("name", ["export.xls", "export", "a.csv/part-0", "x.xml", "x.csv.unknown"])
def test_a_name_that_tells_no_format_is_an_error(name: str) -> None:
    with pytest.raises(FormatError, match="tells no format") as caught:
        format_of(name)
    assert caught.value.where == name
    assert "format.type" in caught.value.remedy


def test_a_sealed_parquet_file_beyond_memory_is_refused() -> None:
    with pytest.raises(FormatError, match="a sealed Parquet file of more than 1,000 bytes") as caught:
        ParquetReader(Forward(parquet()), Parquet(), wanted=["email"], name=NAME, in_memory=1000)
    assert "have the sender split it" in caught.value.remedy
