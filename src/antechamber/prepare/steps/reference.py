"""Reference files: small tables in the workspace, all of whose values are text, with a key that comes once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.errors import RecipeError
from antechamber.prepare.source_values import as_text, series

ENDINGS = (".csv", ".jsonl", ".parquet")
MOST_BYTES = 64 << 20
"""Bytes that a reference file may have: all of it is held in memory."""


class Reference:
    """A reference file's columns, and where a key stands in it."""

    def __init__(self, frame: pl.DataFrame, keys: Sequence[str]) -> None:
        self._frame = frame
        index = frame.select(*(pl.col(name).alias(f"k{place}") for place, name in enumerate(keys)))
        self._index = index.with_row_index("place")

    def column(self, name: str) -> pl.Series:
        """A column, as text."""
        return self._frame[name]

    def find(self, keys: Sequence[pl.Series]) -> pl.Series:
        """The place of the record with these keys; null where there is none."""
        names = [f"k{place}" for place in range(len(keys))]
        wanted = pl.DataFrame([key.alias(name) for key, name in zip(keys, names, strict=True)])
        return wanted.join(self._index, on=names, how="left", maintain_order="left")["place"]


def read_reference(root: Path, name: str, keys: tuple[str, ...], others: tuple[str, ...]) -> Reference:
    """Read a reference file. Raises RecipeError, which names the line: it cannot be read, lacks a column, has a key
    twice or a record without one."""
    path = root / name
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise RecipeError("the file is not in the workspace", where=name, remedy="put it there")
        if path.stat().st_size > MOST_BYTES:
            raise RecipeError(
                f"the file has more than {MOST_BYTES >> 20} MB", where=name, remedy="load it as a table of its own"
            )
        content = path.read_bytes()
    except OSError as error:
        what = f"the reference file cannot be read ({error.strerror})"
        raise RecipeError(what, where=name, remedy="put it into the workspace") from None
    wanted = tuple(dict.fromkeys((*keys, *others)))
    try:
        reader = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[path.suffix.lower()]
        frame, lines = reader(content, wanted, name)
    except UnicodeDecodeError:
        raise RecipeError("the file is not UTF-8", where=name, remedy="save it as UTF-8") from None
    except (csv.Error, pa.ArrowException) as error:
        raise RecipeError(
            f"the file cannot be read ({type(error).__name__})", where=name, remedy="check its format"
        ) from None
    _check_keys(frame.select(keys), lines, name)
    return Reference(frame, keys)


def _check_keys(keys: pl.DataFrame, lines: Sequence[int], name: str) -> None:
    missing = keys.select(pl.any_horizontal(pl.all().is_null())).to_series()
    if missing.any():
        where = f"{name}:{lines[int(missing.arg_true()[0])]}"
        raise RecipeError("a record has no key", where=where, remedy="give it one, or remove it")
    again = ~keys.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    if again.any():
        where = f"{name}:{lines[int(again.arg_true()[0])]}"
        raise RecipeError("the key of this record came before", where=where, remedy="each key may come once")


def _lacks(name: str, column: str, there: Sequence[str]) -> RecipeError:
    return RecipeError(f"the file has no column '{column}'", where=name, remedy=f"it has {', '.join(there[:30])}")


def _frame(rows: Iterator[tuple[int, list[str | None]]], wanted: tuple[str, ...]) -> tuple[pl.DataFrame, list[int]]:
    lines: list[int] = []
    values: list[list[str | None]] = [[] for _ in wanted]
    for line, row in rows:
        lines.append(line)
        for column, value in zip(values, row, strict=True):
            column.append(value)
    columns = [pl.Series(name, each, dtype=pl.String) for name, each in zip(wanted, values, strict=True)]
    return pl.DataFrame(columns), lines


def _csv(content: bytes, wanted: tuple[str, ...], name: str) -> tuple[pl.DataFrame, list[int]]:
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    header = next(reader, [])
    for column in wanted:
        if column not in header:
            raise _lacks(name, column, header)
    places = [header.index(column) for column in wanted]

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        line = reader.line_num + 1
        for row in reader:
            if row:
                if len(row) != len(header):
                    what = f"expected {len(header)} fields, found {len(row)}"
                    raise RecipeError(what, where=f"{name}:{line}", remedy="check quotes and commas")
                yield line, [row[place] or None for place in places]
            line = reader.line_num + 1

    return _frame(rows(), wanted)


def _jsonl(content: bytes, wanted: tuple[str, ...], name: str) -> tuple[pl.DataFrame, list[int]]:
    def rows() -> Iterator[tuple[int, list[str | None]]]:
        for number, line in enumerate(content.decode("utf-8-sig").split("\n"), start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, parse_float=str, parse_int=str)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict):
                raise RecipeError(
                    "this is no JSON object", where=f"{name}:{number}", remedy="write one object a line"
                )
            yield number, [_text(record.get(column), f"{name}:{number}") for column in wanted]

    return _frame(rows(), wanted)


def _text(value: Any, where: str) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value or None
    raise RecipeError("a value is an object or a list", where=where, remedy="write a text or a number")


def _parquet(content: bytes, wanted: tuple[str, ...], name: str) -> tuple[pl.DataFrame, list[int]]:
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        there = file.schema_arrow.names
        for column in wanted:
            if column not in there:
                raise _lacks(name, column, there)
        table = file.read(columns=list(wanted)).combine_chunks()
    columns = []
    for column in wanted:
        chunks = table.column(column).chunks
        values = series(chunks[0], column) if chunks else pl.Series([], dtype=pl.String)
        columns.append(pl.DataFrame([values.alias("v")]).select(as_text(pl.col("v"), values.dtype).alias(column)))
    frame = pl.concat(columns, how="horizontal") if columns else pl.DataFrame()
    return frame, list(range(1, len(frame) + 1))
