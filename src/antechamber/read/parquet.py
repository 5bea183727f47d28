"""Parquet → Arrow, in the file's own types."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.errors import FormatError
from antechamber.read.columns import check_wanted
from antechamber.read.reader import Reader, batches
from antechamber.records import ReadBatch

IN_MEMORY = 1 << 30
"""Bytes of a file that is held in memory because its stream cannot be read at will."""

_BATCH = 1 << 16
_PAGES = 1 << 20


class ParquetReader(Reader):
    """One Parquet file. LINE is the record's 1-based position; a Parquet record is never malformed by itself.

    in_memory: the most that is held of a stream that is not seekable (a file that was sealed): a Parquet file is
        read from its end, and no plaintext goes to disk.

    Raises FormatError, on opening or while reading: not Parquet, cut off, damaged, encrypted, a wanted column missing
    or nested.
    """

    def __init__(self, stream: BinaryIO, *, wanted: Sequence[str], name: str, in_memory: int = IN_MEMORY) -> None:
        self._name = name
        self._wanted = tuple(dict.fromkeys(wanted))
        if not stream.seekable():
            stream = self._held(stream, in_memory)
        self._stream = _Watched(stream)
        self._check_ends(stream)
        try:
            # A buffer makes Arrow read a column chunk page by page, whatever the size of a row group.
            self._file = pq.ParquetFile(pa.PythonFile(self._stream, "r"), buffer_size=_PAGES, pre_buffer=False)
        except Exception as error:
            self._damaged(error)
        schema = self._file.schema_arrow
        self._columns = tuple(schema.names)
        self._indices = check_wanted(self._columns, self._wanted, where=name)
        for index in self._indices:
            if pa.types.is_nested(schema.field(index).type):
                raise FormatError(
                    f"column '{self._columns[index]}' is nested ({schema.field(index).type})",
                    where=name,
                    remedy="have the sender write it as flat columns or as JSON text",
                )

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        position = 0
        pieces = self._file.iter_batches(_BATCH, columns=list(self._wanted), use_threads=False)
        while True:
            try:
                piece = next(pieces, None)
            except Exception as error:
                self._damaged(error)
            if piece is None:
                break
            columns = {name: _plain(piece.column(name)) for name in self._wanted}
            lines = np.arange(position + 1, position + 1 + piece.num_rows, dtype=np.int64)
            position += piece.num_rows
            yield from batches(columns, lines, ())

    def _held(self, stream: BinaryIO, most: int) -> BinaryIO:
        pieces, size = [], 0
        while piece := stream.read(min(1 << 20, most + 1 - size)):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise FormatError(
                    f"a sealed Parquet file of more than {most:,} bytes",
                    where=self._name,
                    remedy="have the sender split it, or seal CSV or JSON Lines, which are read as they come",
                )
        return io.BytesIO(b"".join(pieces))

    def _check_ends(self, stream: BinaryIO) -> None:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 4))
        tail = stream.read(4)
        stream.seek(0)
        head = stream.read(4)
        stream.seek(0)
        if b"PARE" in (head, tail):
            raise self._encrypted()
        if head != b"PAR1":
            what = "the file is empty" if not size else "not a Parquet file"
            raise FormatError(
                what, where=self._name, remedy="check format.type, or ask the sender to upload it again"
            )
        if tail != b"PAR1" or size < 12:
            raise FormatError(
                f"the Parquet file is cut off after {size:,} bytes",
                where=self._name,
                remedy="ask the sender to upload it again",
            )

    def _damaged(self, error: Exception) -> NoReturn:
        if self._stream.failure is not None:
            raise self._stream.failure
        if "crypt" in str(error):
            raise self._encrypted() from None
        # Arrow's own text may quote what the file holds, so it is not passed on.
        raise FormatError(
            "the Parquet file is damaged", where=self._name, remedy="ask the sender to upload it again"
        ) from None

    def _encrypted(self) -> FormatError:
        return FormatError(
            "the Parquet file is encrypted inside",
            where=self._name,
            remedy="have the sender write it without modular encryption and seal the whole file (PGP)",
        )


class _Watched(io.RawIOBase):
    """The stream, remembering what it raised: Arrow's own errors are OSErrors too."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            pieces, left = [], size
            while piece := self._stream.read(left):
                pieces.append(piece)
                left -= len(piece)
                if size < 0 or not left:
                    break
            return b"".join(pieces)
        except Exception as error:
            self.failure = error
            raise

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._stream.seek(offset, whence)
        except Exception as error:
            self.failure = error
            raise

    def tell(self) -> int:
        return self._stream.tell()


def _plain(column: pa.Array[Any]) -> pa.Array[Any]:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
