"""Streams for formats that are read from their end: seekable ones as they are, others held in memory."""

from __future__ import annotations

import io
from typing import BinaryIO, NoReturn

from antechamber.errors import FormatError

IN_MEMORY = 1 << 30
"""Bytes of a file that is held in memory because its stream cannot be read at will."""


class Whole(io.RawIOBase):
    """A stream that can be read at will, remembering what it raised: Arrow's own errors are OSErrors too.

    in_memory: the most that is held of a stream that is not seekable (a file that was sealed): no plaintext goes to
        disk. kind: what messages call the format.

    Raises FormatError for a stream that is longer.
    """

    def __init__(self, stream: BinaryIO, *, kind: str, name: str, in_memory: int = IN_MEMORY) -> None:
        self._name, self._kind = name, kind
        self._stream = stream if stream.seekable() else self._held(stream, in_memory)
        self.failure: Exception | None = None
        """What the stream raised."""
        self.size = self._stream.seek(0, io.SEEK_END)
        """Bytes."""
        self._stream.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """All `size` bytes, fewer at the end only."""
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

    def at(self, place: int, size: int) -> bytes:
        """Up to `size` bytes from a place."""
        self.seek(place)
        found = self.read(size)
        self.seek(0)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_END: self.size}.get(whence)
        if begin is not None and begin + offset < 0:
            # The reader looks for more than the file has: that is no failure of the stream.
            raise OSError("a place before the file's begin")
        try:
            return self._stream.seek(offset, whence)
        except Exception as error:
            self.failure = error
            raise

    def tell(self) -> int:
        return self._stream.tell()

    def refuse(self, what: str, remedy: str = "ask the sender to upload it again") -> NoReturn:
        """Raise what the stream raised, else FormatError. A library's own text may quote what the file holds."""
        if self.failure is not None:
            raise self.failure
        raise FormatError(what, where=self._name, remedy=remedy) from None

    def _held(self, stream: BinaryIO, most: int) -> BinaryIO:
        pieces, size = [], 0
        while piece := stream.read(min(1 << 20, most + 1 - size)):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise FormatError(
                    f"a sealed {self._kind} file of more than {most:,} bytes",
                    where=self._name,
                    remedy="have the sender split it, or seal CSV or JSON Lines, which are read as they come",
                )
        return io.BytesIO(b"".join(pieces))
