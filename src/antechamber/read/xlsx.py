"""One sheet of an Excel workbook → Arrow.

A cell's type is the cell's own, not the column's: a number is a number and a date is a date only where Excel says so.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from antechamber.declare.format import Xlsx
from antechamber.errors import FormatError, MissingExtra
from antechamber.read.columns import check_wanted
from antechamber.read.encoding import RAW
from antechamber.read.reader import Reader, batches
from antechamber.read.whole import Whole
from antechamber.read.xlsx_cells import Kind, as_column, as_json, as_text
from antechamber.records import ReadBatch, Rejected

LARGEST = 512 << 20
"""Bytes that a workbook may have once it is decompressed: for its ten million cells less than 1 GB is held."""

_ROWS = 1 << 15
_SEALED = b"\xd0\xcf\x11\xe0"  # a compound file: an old .xls, or a workbook with a password
_AGAIN = "ask the sender to upload it again"


class XlsxReader(Reader):
    """One sheet. LINE is the row's number, as Excel shows it; rows without any value are no records.

    A column whose cells are all dates comes as dates or timestamps, any other as text. The sheet is held in memory.

    Raises FormatError on opening: no workbook, one with a password, damaged, too large, no such sheet, a wanted
    column that the header lacks or names twice; MissingExtra without the package python-calamine.
    """

    def __init__(self, stream: BinaryIO, format: Xlsx, *, wanted: Sequence[str], name: str) -> None:
        try:
            from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound
        except ImportError:
            raise MissingExtra("excel", needed_for="reading Excel") from None
        self._format, self._null = format, frozenset(format.null)
        self._wanted = tuple(dict.fromkeys(wanted))
        whole = Whole(stream, kind="Excel", name=name)
        _check(whole)
        try:
            book = CalamineWorkbook.from_filelike(whole)
            sheet = book.get_sheet_by_name(format.sheet) if format.sheet else book.get_sheet_by_index(0)
            header: list[Any] = next(itertools.islice(sheet.iter_rows(), format.header - 1, None), [])
        except PasswordError:
            whole.refuse("the workbook has a password", "ask the sender to save it without one, and seal it with PGP")
        except WorksheetNotFound:
            raise FormatError(
                f"there is no sheet '{format.sheet}'",
                where=name,
                remedy=f"set format.sheet to one of: {', '.join(book.sheet_names)}",
            ) from None
        except (CalamineError, OSError, ValueError, IndexError):
            whole.refuse("the workbook is damaged", _AGAIN)
        self._sheet = sheet
        names = [as_text(cell) or "" for cell in header]
        self._columns = tuple(names[: max((place for place, each in enumerate(names, 1) if each), default=0)])
        hint = (
            "" if self._columns else f"row {format.header} has no names: set format.header to the row that has them"
        )
        self._indices = check_wanted(self._columns, self._wanted, where=name, hint=hint)

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        kinds = [Kind() for _ in self._indices]
        for _, row in self._records():
            for kind, index in zip(kinds, self._indices, strict=True):
                kind.see(row[index])
        records = self._records()
        while some := list(itertools.islice(records, _ROWS)):
            malformed = [self._rejected(number, row) for number, row in some if self._beyond(row)]
            sound = [(number, row) for number, row in some if not self._beyond(row)]
            columns: dict[str, pa.Array[Any]] = {
                name: as_column([row[index] for _, row in sound], kind, self._null)
                for name, index, kind in zip(self._wanted, self._indices, kinds, strict=True)
            }
            yield from batches(columns, np.array([number for number, _ in sound], np.int64), malformed)

    def _records(self) -> Iterator[tuple[int, list[Any]]]:
        """The rows behind the header that have a value, with their numbers."""
        rows = itertools.islice(self._sheet.iter_rows(), self._format.header, None)
        for number, row in enumerate(rows, self._format.header + 1):
            if any(cell != "" for cell in row):
                yield number, row

    def _beyond(self, row: list[Any]) -> bool:
        return any(cell != "" for cell in row[len(self._columns) :])

    @staticmethod
    def _rejected(number: int, row: list[Any]) -> Rejected:
        raw = "[" + ",".join(map(as_json, row)) + "]"
        return Rejected(number, "a value beside the columns that the header names", raw[:RAW])


def _check(whole: Whole) -> None:
    if whole.at(0, 4) == _SEALED:
        whole.refuse(
            "this is an old .xls file, or a workbook with a password",
            "ask the sender to save it as .xlsx without a password, and seal it with PGP",
        )
    try:
        with zipfile.ZipFile(whole) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, EOFError):
        whole.refuse("this is not an .xlsx file, or it is cut off", f"check format.type, or {_AGAIN}")
    if size > LARGEST:
        whole.refuse(f"the workbook has {size:,} bytes, more than {LARGEST:,}", "ask the sender for CSV")
    whole.seek(0)
