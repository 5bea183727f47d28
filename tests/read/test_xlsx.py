"""Excel: each cell by its own type, rows by Excel's own numbers."""

from __future__ import annotations

import datetime
import io
import math
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Failing, Forward, drain, read

from antechamber.declare.format import Xlsx
from antechamber.errors import FormatError, UnsealError
from antechamber.read import format_of, open_reader
from antechamber.read.xlsx import XlsxReader

DAY = datetime.date(2026, 11, 24)
NOON = datetime.datetime(2026, 11, 24, 12, 30)


def book(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(number, place, value)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


NAMES = ["id", "zip", "n", "day", "at", "mixed", "flag", "time", "length"]
ROWS: list[list[Any]] = [
    [*NAMES],
    [1, "01234", 1.5, DAY, NOON, DAY, True, datetime.time(3, 4, 5), datetime.timedelta(hours=30, seconds=5)],
    [],
    [2, "x y ", 1e21, None, DAY, "soon", False, None, None],
    [3, None, 1e-7, DAY, None, NOON, None, None, None],
]
DATA = book(("People", ROWS), ("Other", [["a"], ["only here"]]))


@pytest.mark.parametrize("stream", [io.BytesIO(DATA), Forward(DATA)], ids=type)
def test_cells_come_as_what_they_are(stream: io.BytesIO) -> None:
    reader = open_reader(stream, format_of("x.XLSX"), wanted=NAMES, name="x")
    assert reader.columns == tuple(NAMES)
    (piece,) = reader
    assert [str(kind) for kind in piece.batch.schema.types] == [
        "string", "string", "string", "date32[day]", "timestamp[us]", "string", "string", "string", "string", "int64",
    ]  # fmt: skip
    assert [list(row.values()) for row in piece.batch.to_pylist()] == [
        ["1", "01234", "1.5", DAY, NOON, "2026-11-24", "true", "03:04:05", "30:00:05", 2],
        ["2", "x y ", "1" + "0" * 21, None, datetime.datetime(2026, 11, 24), "soon", "false", None, None, 4],
        ["3", None, "0.0000001", DAY, None, "2026-11-24T12:30:00", None, None, None, 5],
    ]


def test_a_sheet_is_found_by_its_name_and_a_header_by_its_row() -> None:
    assert read(DATA, Xlsx(sheet="Other"), "a")[0] == [{"a": "only here", "__line": 2}]
    titled = book(("S", [["Report of November"], [], [None, "a", "b"], [None, 1, 2]]))
    assert read(titled, Xlsx(header=3), "b")[0] == [{"b": "2", "__line": 4}]


def test_a_value_beside_the_header_makes_a_row_malformed() -> None:
    rows, malformed = read(book(("S", [["a", "b"], [1, 2, None, "ä"], [3, 4]])), Xlsx(), "a")
    assert rows == [{"a": "3", "__line": 3}]
    assert [(each.line, each.reason, each.raw) for each in malformed] == [
        (2, "a value beside the columns that the header names", '[1,2,"","ä"]')
    ]


def test_texts_may_mean_no_value() -> None:
    rows, _ = read(book(("S", [["a"], ["N/A"], ["x"]])), Xlsx(null=("N/A",)), "a")
    assert [row["a"] for row in rows] == [None, "x"]


def flipped(member: str) -> bytes:
    """The workbook with one bit of a member wrong."""
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        at = archive.getinfo(member).header_offset + 30 + len(member) + 100
    return DATA[:at] + bytes([DATA[at] ^ 4]) + DATA[at + 1 :]


BROKEN = {
    "empty": (b"", Xlsx(), "not an .xlsx file"),
    "CSV": (b"a,b\n1,2\n", Xlsx(), "not an .xlsx file"),
    "a few bytes": (b"PK\x03\x04junk", Xlsx(), "not an .xlsx file, or it is cut off"),
    "cut off": (DATA[:-100], Xlsx(), "not an .xlsx file, or it is cut off"),
    "damaged": (flipped("xl/worksheets/sheet1.xml"), Xlsx(), "damaged"),
    "a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Xlsx(), "an old .xls file, or a workbook with"),
    "no such sheet": (DATA, Xlsx(sheet="Persons"), "there is no sheet 'Persons'"),
    "no such column": (DATA, Xlsx(), "there is no column 'a'"),
    "a column twice": (book(("S", [["a", "a"], [1, 2]])), Xlsx(), "there are 2 columns 'a'"),
    "no header": (book(("S", [])), Xlsx(), "there is no column 'a'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_workbook_says_what_is_wrong(case: str, tmp_path: Path) -> None:
    data, format, what = BROKEN[case]
    with pytest.raises(FormatError, match=what) as said:
        read(data, format, "a", name="in/x.xlsx")
    (tmp_path / "x.xlsx").write_bytes(data)
    with (tmp_path / "x.xlsx").open("rb") as file, pytest.raises(FormatError, match=what):
        list(open_reader(file, format, wanted=["a"], name="in/x.xlsx"))
    assert said.value.where == "in/x.xlsx"
    if case == "no such sheet":
        assert "People, Other" in said.value.remedy


def test_a_workbook_too_large_to_hold_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antechamber.read.xlsx.LARGEST", 5000)
    with pytest.raises(FormatError, match="bytes, more than 5,000") as said:
        read(DATA, Xlsx(), "id")
    assert said.value.remedy == "ask the sender for CSV"


def test_what_the_stream_raises_comes_through_unchanged() -> None:
    error = UnsealError("tampered")
    with pytest.raises(UnsealError) as caught:
        drain(XlsxReader(Failing(DATA, 30, error), Xlsx(), wanted=["id"], name="x"))
    assert caught.value is error


CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(-1e15, 1e15).map(lambda number: float(f"{number:.15g}"))
    | st.text(
        st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs"]), min_size=1, max_size=6
    ).filter(lambda text: text.strip() and not text.startswith("=") and not text.startswith("#"))
    | st.dates(datetime.date(1901, 1, 1), datetime.date(9999, 12, 31))
)


def shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return str(int(value)) if float(value).is_integer() else None
    return str(value.isoformat())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_any_cells_are_read_as_they_were_written(rows: list[tuple[Any, Any]]) -> None:
    data = book(("S", [["a", "b", "stop"], *[[*row, "."] for row in rows]]))
    pieces = list(open_reader(io.BytesIO(data), Xlsx(), wanted=["a", "b"], name="x"))
    found = [row for piece in pieces for row in piece.batch.to_pylist()]
    assert [row["__line"] for row in found] == list(range(2, len(rows) + 2))
    for place, name in enumerate(("a", "b")):
        column = [row[place] for row in rows]
        dates = any(value is not None for value in column) and all(
            value is None or isinstance(value, datetime.date) for value in column
        )
        for value, row in zip(column, found, strict=True):
            if dates:
                assert row[name] == value
            elif isinstance(value, float) and not value.is_integer():
                assert math.isclose(float(row[name]), value, rel_tol=1e-15) and "e" not in row[name]
            else:
                assert row[name] == shown(value)
    assert pa.types.is_string(pieces[0].batch.schema.field("a").type) or found if pieces else not rows
