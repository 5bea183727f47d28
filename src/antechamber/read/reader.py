"""What a reader is: the records of one file as Arrow batches, and the malformed ones beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from antechamber.read.bits import Positions
from antechamber.records import LINE, ReadBatch, Rejected

BLOCK = 8 << 20
"""Bytes of text that are parsed at a time."""

LONGEST = 16 << 20
"""Bytes a text record may have; a longer one is malformed."""

ROWS = 1 << 17
"""Rows a batch has at most."""


class Reader(ABC):
    """One file, read once, from front to back, in bounded memory."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """All columns that the file has, in its order. JSON Lines: those of the records read so far."""

    @abstractmethod
    def __iter__(self) -> Iterator[ReadBatch]:
        """The records, once. Raises FormatError; what the stream's `read` raises comes through unchanged."""


def batches(
    columns: Mapping[str, pa.Array[Any]], lines: Positions, malformed: Sequence[Rejected]
) -> Iterator[ReadBatch]:
    """Columns of one length and their records' lines as batches of at most ROWS rows; none when nothing was read."""
    whole = pa.RecordBatch.from_arrays([*columns.values(), pa.array(lines, pa.int64())], [*columns, LINE])
    if whole.num_rows <= ROWS:
        if whole.num_rows or malformed:
            yield ReadBatch(whole, tuple(malformed))
        return
    reached = 0
    for start in range(0, whole.num_rows, ROWS):
        end = min(start + ROWS, whole.num_rows)
        beyond = lines[end] if end < whole.num_rows else np.inf
        until = reached
        while until < len(malformed) and malformed[until].line < beyond:
            until += 1
        yield ReadBatch(whole.slice(start, end - start), tuple(malformed[reached:until]))
        reached = until
