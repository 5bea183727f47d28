"""Dates and times that no engine behind can hold: infinity, and years outside 1 … 9999."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
EPOCH = date(1970, 1, 1)
A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def as_text_where_beyond(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with each date or time column as text that holds a value beyond; else as it is."""
    arrays = [_column(batch.column(position)) for position in range(batch.num_columns)]
    if all(array is None for array in arrays):
        return batch
    whole = [array if array is not None else batch.column(position) for position, array in enumerate(arrays)]
    return pa.RecordBatch.from_arrays(whole, names=batch.schema.names)


def _column(values: pa.Array[Any]) -> pa.Array[Any] | None:
    """The column as text, or None when it may stay."""
    kind: Any = values.type
    if not (pa.types.is_date32(kind) or pa.types.is_timestamp(kind)) or not len(values):
        return None
    is_date = pa.types.is_date32(kind)
    unit: Any = "D" if is_date else kind.unit  # type: ignore[union-attr]
    a_day = 1 if is_date else 86400 * A_SECOND[unit]
    numbers = values.view(pa.int32() if is_date else pa.int64())
    ends: Any = pc.min_max(numbers).as_py()
    low, high = (FIRST - EPOCH).days * a_day, ((LAST - EPOCH).days + 1) * a_day - 1
    if ends["min"] is None or (ends["min"] >= low and ends["max"] <= high):
        return None
    most = 2**31 - 1 if is_date else 2**63 - 1
    suffix = "Z" if not is_date and kind.tz else ""  # type: ignore[union-attr]
    texts = [
        None if number is None
        else "infinity" if number == most
        else "-infinity" if number == -most
        else _iso(str(np.datetime64(number, unit))) + suffix
        for number in numbers.to_pylist()
    ]  # fmt: skip
    return pa.array(texts, pa.string())


def _iso(text: str) -> str:
    """With four digits of the year before the year 0, too."""
    if not text.startswith("-"):
        return text
    year, dash, rest = text[1:].partition("-")
    return f"-{year.zfill(4)}{dash}{rest}"
