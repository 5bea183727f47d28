"""Parquet → Arrow, in the file's own types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.declare.format import Parquet
from antechamber.read.nested import Wanted
from antechamber.read.reader import Reader, batches
from antechamber.read.whole import IN_MEMORY, Whole
from antechamber.records import ReadBatch

_BATCH = 1 << 16
_NESTED_BATCH = 1 << 13
_PAGES = 1 << 20


class ParquetReader(Reader):
    """One Parquet file. LINE is the record's 1-based position; a Parquet record is never malformed by itself.

    in_memory: the most that is held of a stream that is not seekable (a file that was sealed): a Parquet file is
        read from its end, and no plaintext goes to disk.

    Raises FormatError, on opening or while reading: not Parquet, cut off, damaged, encrypted, a wanted column
    missing.
    """

    def __init__(
        self, stream: BinaryIO, format: Parquet, *, wanted: Sequence[str], name: str, in_memory: int = IN_MEMORY
    ) -> None:
        self._stream = Whole(stream, kind=format.type.capitalize(), name=name, in_memory=in_memory)
        self._check_ends()
        try:
            # A buffer makes Arrow read a column chunk page by page, whatever the size of a row group.
            self._file = pq.ParquetFile(pa.PythonFile(self._stream, "r"), buffer_size=_PAGES, pre_buffer=False)
            schema = self._file.schema_arrow
        except Exception as error:
            self._damaged(error)
        self._wanted = Wanted.of(schema, wanted, where=name)
        self._columns = self._wanted.found(schema.names)

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        position = 0
        size = _NESTED_BATCH if self._wanted.nested else _BATCH
        pieces = self._file.iter_batches(size, columns=self._leaves(), use_threads=False)
        while True:
            try:
                piece = next(pieces, None)
            except Exception as error:
                self._damaged(error)
            if piece is None:
                break
            lines = np.arange(position + 1, position + 1 + piece.num_rows, dtype=np.int64)
            position += piece.num_rows
            yield from batches(self._wanted.take(piece), lines, ())

    def _leaves(self) -> list[str]:
        """What is to be read: of a record only the fields that paths lead to, where their names are unmistakable."""
        schema = self._file.schema_arrow
        leaves = []
        for path in self._wanted.paths.values():
            leaf, kind = path.root, schema.field(path.root).type
            for step in path.steps:
                if not isinstance(step, str) or not pa.types.is_struct(kind):
                    break
                leaf, kind = f"{leaf}.{step}", kind.field(step).type
            dotted = any(name != path.root and name.startswith(f"{path.root}.") for name in schema.names)
            leaves.append(path.root if dotted else leaf)
        return leaves

    def _check_ends(self) -> None:
        size = self._stream.size
        head, tail = self._stream.at(0, 4), self._stream.at(max(0, size - 4), 4)
        if b"PARE" in (head, tail):
            self._encrypted()
        if head != b"PAR1":
            self._stream.refuse(
                "the file is empty" if not size else "not a Parquet file",
                "check format.type, or ask the sender to upload it again",
            )
        if tail != b"PAR1" or size < 12:
            self._stream.refuse(f"the Parquet file is cut off after {size:,} bytes")

    def _damaged(self, error: Exception) -> NoReturn:
        if self._stream.failure is None and "crypt" in str(error):
            self._encrypted()
        self._stream.refuse("the Parquet file is damaged")

    def _encrypted(self) -> NoReturn:
        self._stream.refuse(
            "the Parquet file is encrypted inside",
            "have the sender write it without modular encryption and seal the whole file (PGP)",
        )
