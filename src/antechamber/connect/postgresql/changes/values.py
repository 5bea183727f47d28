"""Values as the log has them, which is text, turned into the same Arrow values that reading the table gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.connect.postgresql.relation import NATIVE, TIMES, Column

ORDINARY = r"^[0-9]{4}-.*[0-9]$"
"""A date or time from the year 1 to 9999: no infinity, no fifth digit, no BC."""

_PARTS = re.compile(r"(\d+-\d+-\d+) ([0-9:.]+)(\+00)?( BC)?")

Texts = Sequence[bytes | None]


def batches(
    columns: Sequence[Column], values: Sequence[Texts], *, money: Callable[[list[str]], list[str]]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Rows as (the first one's number, batch), in order, in the types that `Relation.schema` gives.

    values: of each column, the text that the type's output function writes, in UTF-8.
    money: amounts as the server writes them → as numbers.

    A time that Arrow cannot hold is text, as it is when the table is read: rows that have one are in batches of
    their own, so that what becomes of the others does not depend on them.
    """
    texts = [pa.array(column, pa.string()) for column in values]
    count = len(values[0]) if values else 0
    odd = np.zeros(count, dtype=np.int64)
    for number, (column, text) in enumerate(zip(columns, texts, strict=True)):
        if column.type in TIMES:
            beyond = pc.invert(pc.match_substring_regex(text, ORDINARY)).fill_null(False)
            odd |= np.asarray(beyond.to_numpy(zero_copy_only=False), dtype=np.int64) << (number % 62)
    starts = [0, *(np.flatnonzero(np.diff(odd)) + 1).tolist(), count]
    for start, stop in pairwise(starts):
        if stop > start:
            arrays = [
                _typed(column, text.slice(start, stop - start), bool(odd[start] >> (number % 62) & 1), money)
                for number, (column, text) in enumerate(zip(columns, texts, strict=True))
            ]
            fields = [pa.field(column.name, array.type) for column, array in zip(columns, arrays, strict=True)]
            yield start, pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _typed(
    column: Column, text: pa.Array[Any], beyond: bool, money: Callable[[list[str]], list[str]]
) -> pa.Array[Any]:
    if column.type == "bool":
        return pc.equal(text, pa.scalar("t"))
    if beyond and column.type in TIMES and not _all_ordinary(text):
        return pa.array([None if value is None else _iso(value) for value in text.to_pylist()], pa.string())
    if column.type in NATIVE and NATIVE[column.type] != pa.string():
        return pc.cast(text, NATIVE[column.type])
    # Where a cast to text, which reading the table uses, writes another text than the output function.
    if column.type == "bpchar":
        return pc.utf8_rtrim(text, characters=" ")
    if column.type == "inet":
        return pa.array([None if value is None else _with_mask(value) for value in text.to_pylist()], pa.string())
    if column.type == "money":
        known = iter(money([value for value in text.to_pylist() if value is not None]))
        return pa.array([None if value is None else next(known) for value in text.to_pylist()], pa.string())
    return text


def _all_ordinary(text: pa.Array[Any]) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, ORDINARY), skip_nulls=True).as_py())


def _iso(value: str) -> str:
    """As `to_jsonb` writes it: with a T, and the zone in full; words stay."""
    found = _PARTS.fullmatch(value)
    if found is None:
        return value
    return f"{found[1]}T{found[2]}{'+00:00' if found[3] else ''}{found[4] or ''}"


def _with_mask(value: str) -> str:
    return value if "/" in value else f"{value}/{128 if ':' in value else 32}"
