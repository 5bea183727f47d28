"""Reading a piece of a local file at a given place: from any thread, into memory that Arrow manages."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import pyarrow as pa


class PositionedFile:
    """A file that is read in pieces by plain reads: a memory map's pages would count as this process's memory."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def __enter__(self) -> PositionedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, offset: int, length: int) -> pa.Buffer:
        """Exactly `length` bytes from `offset`. Raises OSError when the file is shorter."""
        buffer = pa.allocate_buffer(length)
        view = memoryview(buffer)
        while len(view):
            count = os.preadv(self._descriptor, [view], offset)
            if count == 0:
                raise OSError(f"{length:,} bytes at {offset:,} were expected in a scratch file")
            view, offset = view[count:], offset + count
        return buffer

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
