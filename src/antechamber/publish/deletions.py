"""Keys whose records leave the table without another taking their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.publish.keys import key_hashes


class Deletions:
    """Distinct keys: how many, and between which values each column of the key lies. Their hashes are made as they
    are asked for."""

    def __init__(self, keys: Sequence[str], batches: Callable[[], Iterable[pa.RecordBatch]]) -> None:
        """batches: gives the key's columns of the records, all without nulls, the same each time it is called."""
        self._keys = tuple(keys)
        self._batches = batches
        self.lengths: list[int] = []
        """How many keys each batch has."""
        self.bounds: list[tuple[Any, Any] | None] = [None] * len(self._keys)
        """Of each column of the key: its least and greatest value as Iceberg's bounds have them; None: unknown."""
        for batch in batches():
            bounds = [_bounds(batch.column(key)) for key in self._keys]
            if self.lengths:
                bounds = [
                    None if a is None or b is None else (min(a[0], b[0]), max(a[1], b[1]))
                    for a, b in zip(self.bounds, bounds, strict=True)
                ]
            self.bounds = bounds
            self.lengths.append(batch.num_rows)

    @property
    def count(self) -> int:
        """How many keys there are."""
        return sum(self.lengths)

    def hashes(self) -> Iterator[pl.Series]:
        """The keys' hashes (UInt128), batch by batch."""
        return (key_hashes(batch, self._keys) for batch in self._batches())


def _bounds(values: pa.Array[Any]) -> tuple[Any, Any] | None:
    kind = values.type
    if pa.types.is_date32(kind):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(kind) and kind.unit == "us":
        values = values.cast(pa.int64())
    elif not (pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    return pc.min(values).as_py(), pc.max(values).as_py()
