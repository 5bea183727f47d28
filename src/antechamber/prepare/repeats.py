"""Columns whose values repeat: each distinct value is prepared once where that is less work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.prepare.plan import Plan

WORTH_SHARING = 0.5
"""Equal values are prepared once when a batch has at most this share of distinct ones."""

LOOK_AGAIN = 32
"""Batches after which a column with too many distinct values is tried again."""


class Repeats:
    """Whether a column's values repeat so much that preparing each distinct value once pays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wait = 0

    def distinct(
        self, arrow: Callable[[str], pa.Array[Any] | None], plan: Plan
    ) -> pa.DictionaryArray[Any, Any] | None:
        """The column as distinct values and their positions, or None when it is to be worked value by value."""
        if not plan.once_per_distinct:
            return None
        with self._lock:
            if self._wait:
                self._wait -= 1
                return None
        values = arrow(plan.source)
        if values is None:
            return None
        if not isinstance(values, pa.DictionaryArray):
            if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
                return None
            values = values.dictionary_encode()
        if len(values.dictionary) > WORTH_SHARING * len(values):
            with self._lock:
                self._wait = LOOK_AGAIN
            return None
        return values


def indices(values: pa.DictionaryArray[Any, Any]) -> pl.Series:
    """The place of each value among the distinct ones."""
    result = pl.from_arrow(values.indices)
    assert isinstance(result, pl.Series)  # noqa: S101 -- an array gives a series
    return result.cast(pl.UInt32)
