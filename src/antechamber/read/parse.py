"""Sound CSV text → Arrow columns, by pyarrow's parser."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from antechamber.read.dialect import Dialect


@dataclass(frozen=True)
class Parsed:
    """The records of a text.

    columns: utf8, one a wanted column. rows: records in the columns.
    wrong: for each record with a wrong number of fields its place among all records (from 0) and that number.
    """

    columns: list[pa.Array[Any]]
    rows: int
    wrong: list[tuple[int, int]]


def parse(text: bytes | memoryview, dialect: Dialect, width: int, indices: Sequence[int]) -> Parsed:
    """Parse whole records of sound quoting and valid UTF-8.

    width: the number of fields that a record is to have. indices: which of them are wanted.
    """
    if not len(text):
        return Parsed([pa.array([], pa.string()) for _ in indices], 0, [])
    if bytes(text[:3]) == codecs.BOM_UTF8:
        text = b"\n" + text  # pyarrow takes the mark at any text's begin for the file's; a blank line is no record
    names = [str(index) for index in range(width)]
    wanted = [names[index] for index in indices]
    wrong: list[tuple[int, int]] = []

    def note(row: pa_csv.InvalidRow) -> Literal["skip"]:
        wrong.append(((row.number or 0) - 1, row.actual_columns))
        return "skip"

    # One thread: the engine above keeps the cores busy with partitions, and rows have numbers only then.
    table = pa_csv.read_csv(
        pa.BufferReader(text),  # type: ignore[arg-type]  # the stubs know Python's own files only
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.delimiter.decode(),
            quote_char=dialect.quote.decode() or False,
            double_quote=bool(dialect.quote),
            escape_char=dialect.escape.decode() or False,
            newlines_in_values=True,
            ignore_empty_lines=True,
            invalid_row_handler=note,
        ),
        convert_options=pa_csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted or names[:1],
            null_values=list(dialect.null),
            strings_can_be_null=bool(dialect.null),
            quoted_strings_can_be_null=True,
        ),
    )
    columns = [_one_piece(table.column(name)) for name in wanted]
    return Parsed([_restored(column, dialect) for column in columns], table.num_rows, wrong)


def _one_piece(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    pieces = column.chunks or [pa.array([], pa.string())]
    return pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)


def _restored(column: pa.Array[Any], dialect: Dialect) -> pa.Array[Any]:
    """The values as the file has them, where the dialect exchanged characters."""
    if not dialect.swaps:
        return column
    touched = pc.match_substring_regex(column, "[" + "".join(map(chr, dialect.swaps)) + "]")
    if not pc.any(touched).as_py():
        return column
    return pa.array([text if text is None else dialect.restore(text) for text in column.to_pylist()], pa.string())
