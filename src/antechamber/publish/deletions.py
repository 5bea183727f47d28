"""Keys whose records leave the table without another taking their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.publish.keys import key_hashes


class Deletions:
    """Distinct keys, as hashes (16 bytes each), and between which values each column of the key lies."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._hashes: list[pl.Series] = []
        self._bounds: list[tuple[Any, Any] | None] = []
        self.count = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the keys of these records, all without nulls."""
        self._hashes.append(key_hashes(batch, self._keys))
        self.count += batch.num_rows
        bounds = [_bounds(batch.column(key)) for key in self._keys]
        known = self._bounds or bounds
        self._bounds = [
            None if a is None or b is None else (min(a[0], b[0]), max(a[1], b[1]))
            for a, b in zip(known, bounds, strict=True)
        ]

    @property
    def hashes(self) -> Sequence[pl.Series]:
        """The keys' hashes (UInt128), in pieces."""
        return self._hashes

    @property
    def bounds(self) -> Sequence[tuple[Any, Any] | None]:
        """Of each column of the key: its least and greatest value as Iceberg's bounds have them; None: unknown."""
        return self._bounds


def _bounds(values: pa.Array[Any]) -> tuple[Any, Any] | None:
    kind = values.type
    if pa.types.is_date32(kind):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(kind) and kind.unit == "us":
        values = values.cast(pa.int64())
    elif not (pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    return pc.min(values).as_py(), pc.max(values).as_py()
