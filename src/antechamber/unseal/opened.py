"""A layer that is being opened: a stream that gives its whole content or raises, never a silent part of it."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 18
"""Bytes that a reader of small pieces is given at a time."""


class Opened(io.RawIOBase):
    """The bytes inside a layer.

    Reading to the end without an exception means that all of the content came and is good. After an
    exception every further read raises it again, so that nobody takes the rest for an end.
    """

    def __init__(self) -> None:
        self._failure: BaseException | None = None
        self._ended = False

    @abstractmethod
    def fill(self, buffer: memoryview) -> int:
        """Put the next bytes into `buffer` (never empty) and say how many; 0, once, at the verified end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._failure is not None:
            raise self._failure
        view = memoryview(buffer).cast("B")
        if self._ended or not len(view):
            return 0
        try:
            size = self.fill(view)
        except BaseException as failure:
            self._failure = failure
            raise
        self._ended = size == 0
        return size

    def buffered(self) -> io.BufferedReader:
        """This stream for those who read any number of bytes at a time; closing it closes this one."""
        return io.BufferedReader(self, BUFFER)


class Chunks(Opened):
    """A stream over pieces of bytes as an iterator yields them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def fill(self, buffer: memoryview) -> int:
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
