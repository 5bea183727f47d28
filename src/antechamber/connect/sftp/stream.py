"""The bytes of a file on an SFTP server: several pieces asked for at a time, read on where a connection broke off."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncssh

from antechamber.connect.sftp.faults import ABSENT, is_passing, refusal
from antechamber.connect.sftp.session import Session

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_PIECE = 1 << 18
LARGEST_PIECE = 1 << 20
"""Bytes of a piece: few for those who look here and there, more for those who read on."""

IN_FLIGHT = 4
"""Pieces that are asked for at a time."""


class Stream(io.RawIOBase):
    """A file, seekable.

    check: is given the file's attributes as often as it is opened and when its end is reached (or when it is closed,
        for those who read here and there), None when it is gone; raises SourceError when it is not the listed one.
    """

    def __init__(
        self, session: Session, path: bytes, where: str, check: Callable[[asyncssh.SFTPAttrs | None], None]
    ) -> None:
        self._session = session
        self._path = path
        self._where = where
        self._check = check
        self._client: asyncssh.SFTPClient | None = None
        self._file: asyncssh.SFTPClientFile | None = None
        self._pieces: deque[tuple[int, Future[bytes]]] = deque()
        self._rest = memoryview(b"")
        self._at = 0
        self._next = 0
        self._piece = FIRST_PIECE
        self._in_doubt = False
        self._failed = 0
        self._size = 0
        self._open()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        target = max(0, base + offset)
        if target != self._at:
            self._in_doubt = True
            self._at, self._piece = target, FIRST_PIECE
            self._drop()
        return target

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size:
            self._verify()
            return 0
        while not self._rest:
            self._rest = memoryview(self._fetch())
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self._at += size
        return size

    def close(self) -> None:
        if self.closed:
            return
        try:
            if self._in_doubt:
                self._verify()
        finally:
            self._drop()
            self._let_go()
            super().close()

    def _fetch(self) -> bytes:
        """The piece at the present place, which is not the end."""
        while True:
            try:
                file = self._file or self._open()
                self._ask_ahead(file)
                size, work = self._pieces.popleft()
                piece = self._session.result(work)
            except (asyncssh.Error, OSError, TimeoutError) as error:
                self._lost(error)
                continue
            self._failed = 0
            if len(piece) != size:
                self._check(None)  # it became shorter than it was
            return piece

    def _ask_ahead(self, file: asyncssh.SFTPClientFile) -> None:
        while len(self._pieces) < IN_FLIGHT and self._next < self._size:
            size = min(self._piece, self._size - self._next)
            self._pieces.append((size, self._session.begin(_read(file, size, self._next))))
            self._next += size
            self._piece = min(self._piece * 2, LARGEST_PIECE)

    def _verify(self) -> None:
        """Make sure that what was read is still the listed file."""
        self._in_doubt = False
        while True:
            try:
                file = self._file or self._open()
                self._check(self._session.result(self._session.begin(file.stat())))
                return
            except (asyncssh.Error, OSError, TimeoutError) as error:
                self._lost(error)

    def _open(self) -> asyncssh.SFTPClientFile:
        """Open the file, again and again while the connection is lost, and see that it is the listed one."""
        while True:
            try:
                self._client = None
                self._client = client = self._session.client()
                self._file, found = self._session.result(self._session.begin(_opened(client, self._path)))
                break
            except ABSENT:
                self._check(None)
                raise
            except (asyncssh.Error, OSError, TimeoutError) as error:
                self._lost(error)
        self._check(found)
        self._size = found.size or 0
        return self._file

    def _lost(self, error: Exception) -> None:
        """Give up what the lost connection held, and wait. Raises SourceError when there is nothing to wait for."""
        self._drop()
        self._file, self._piece = None, FIRST_PIECE
        if not is_passing(error):
            raise refusal(error, self._where) from None
        self._session.wait(self._failed, error, self._where, self._client)
        self._failed += 1

    def _drop(self) -> None:
        for _, work in self._pieces:
            work.cancel()
        self._pieces.clear()
        self._rest = memoryview(b"")
        self._next = self._at

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(Exception):
                self._session.result(self._session.begin(file.close()))


async def _opened(client: asyncssh.SFTPClient, path: bytes) -> tuple[asyncssh.SFTPClientFile, asyncssh.SFTPAttrs]:
    file = await client.open(path, "rb")
    return file, await file.stat()


async def _read(file: asyncssh.SFTPClientFile, size: int, offset: int) -> bytes:
    content = await file.read(size, offset)
    assert isinstance(content, bytes)  # noqa: S101 - it was opened without an encoding
    return content
