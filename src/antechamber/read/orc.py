"""ORC → Arrow, in the file's own types, stripe by stripe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.orc

from antechamber.declare.format import Orc
from antechamber.read.nested import Wanted
from antechamber.read.reader import ROWS, Reader, batches
from antechamber.read.whole import IN_MEMORY, Whole
from antechamber.records import ReadBatch

_NESTED_ROWS = 1 << 13


class OrcReader(Reader):
    """One ORC file. LINE is the record's 1-based position; an ORC record is never malformed by itself.

    Memory holds the wanted columns of one stripe. in_memory: the most that is held of a stream that is not seekable
    (a file that was sealed): an ORC file is read from its end, and no plaintext goes to disk.

    Raises FormatError, on opening or while reading: not ORC, cut off, damaged, a wanted column missing.
    """

    def __init__(
        self, stream: BinaryIO, format: Orc, *, wanted: Sequence[str], name: str, in_memory: int = IN_MEMORY
    ) -> None:
        self._stream = Whole(stream, kind=format.type.upper(), name=name, in_memory=in_memory)
        if self._stream.at(0, 3) != b"ORC":
            self._stream.refuse(
                "not an ORC file" if self._stream.size else "the file is empty",
                "check format.type, or ask the sender to upload it again",
            )
        try:
            self._file = pyarrow.orc.ORCFile(pa.PythonFile(self._stream, "r"))
            schema = self._file.schema
        except Exception:
            self._stream.refuse("the ORC file is cut off or damaged")
        self._wanted = Wanted.of(schema, wanted, where=name)
        self._columns = self._wanted.found(schema.names)

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        position = 0
        size = _NESTED_ROWS if self._wanted.nested else ROWS
        # A stripe of no columns would not tell how many records it has.
        roots = self._wanted.roots or self._file.schema.names[:1]
        for number in range(self._file.nstripes):
            try:
                stripe = self._file.read_stripe(number, columns=roots)
            except Exception:
                self._stream.refuse("the ORC file is damaged")
            for start in range(0, stripe.num_rows, size):
                piece = stripe.slice(start, size)
                lines = np.arange(position + 1, position + 1 + piece.num_rows, dtype=np.int64)
                position += piece.num_rows
                yield from batches(self._wanted.take(piece), lines, ())
