"""A folder on an SFTP server."""

from __future__ import annotations

import io
import stat
import unicodedata
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar, cast

import asyncssh
from asyncssh import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR, FILEXFER_TYPE_SYMLINK

from antechamber.connect.place import Entry, Place, as_text
from antechamber.connect.sftp.faults import ABSENT, refusal
from antechamber.connect.sftp.session import Session
from antechamber.connect.sftp.stream import Stream
from antechamber.errors import SourceError
from antechamber.store import Location

T = TypeVar("T")

BUFFER = 1 << 18


class Remote(Place):
    """Files in and below a folder of the server. Symbolic links are listed as oddities and never followed.

    folder: as the server names it; "" is the folder of the login.
    """

    at_once = 16

    def __init__(self, session: Session, folder: str, shown: str) -> None:
        super().__init__(shown)
        self._session = session
        self._folder = folder

    def entries(self, depth: int | None) -> Iterator[Entry]:
        waiting = [("", 0)]
        while waiting:
            prefix, level = waiting.pop()
            for found in self._listed(prefix):
                id, attributes = f"{prefix}{_text(found.filename)}", found.attrs
                if id.rpartition("/")[2] in (".", ".."):
                    continue
                if _kind(attributes) != FILEXFER_TYPE_DIRECTORY:
                    yield _entry(id, attributes)
                elif depth is None or level < depth:
                    waiting.append((f"{id}/", level + 1))

    def entry(self, id: str) -> Entry | None:
        try:
            found = self._ask(lambda client: client.lstat(self.path(id)), id)
        except _Absent:
            return None
        return None if _kind(found) == FILEXFER_TYPE_DIRECTORY else _entry(id, found)

    def open(self, id: str, fingerprint: Mapping[str, str]) -> BinaryIO:
        stream = Stream(self._session, self.path(id), self.where(id), lambda now: self._check(id, now, fingerprint))
        return cast(BinaryIO, io.BufferedReader(stream, BUFFER))

    def move(self, id: str, to: Location, name: str) -> bool:
        return False

    def remove(self, id: str) -> None:
        try:
            self._ask(lambda client: client.remove(self.path(id)), id)
        except _Absent:
            return

    def rename(self, id: str, target: str) -> None:
        """Move a file to a path of the server where nothing is yet; folders on the way are made."""

        async def move(client: asyncssh.SFTPClient) -> None:
            folder = target.rpartition("/")[0]
            if folder:
                await client.makedirs(folder.encode(), exist_ok=True)
            try:
                await client.rename(self.path(id), target.encode())
            except ABSENT:
                # Asked a second time after a lost connection: the first time had worked.
                await client.lstat(target.encode())

        self._ask(move, id)

    def path(self, id: str) -> bytes:
        """How the server names a file."""
        if not self._folder:
            return id.encode() or b"."
        return f"{self._folder.rstrip('/')}/{id}".encode() if id else self._folder.encode()

    def _listed(self, prefix: str) -> list[asyncssh.SFTPName]:
        async def listed(client: asyncssh.SFTPClient) -> list[asyncssh.SFTPName]:
            return [each async for each in client.scandir(self.path(prefix.rstrip("/")))]

        try:
            return self._ask(listed, prefix.rstrip("/"))
        except _Absent:
            if prefix:
                return []  # it went while we looked
            raise SourceError(
                "there is no such folder", where=self.shown, remedy="correct source.path; an empty folder is fine"
            ) from None

    def _check(self, id: str, now: asyncssh.SFTPAttrs | None, fingerprint: Mapping[str, str]) -> None:
        entry = None if now is None else _entry(id, now)
        if entry is None or entry.oddity or not entry.matches(fingerprint):
            raise self.changed(id)

    def _ask(self, question: Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, T]], id: str) -> T:
        where = self.where(id) if id else self.shown
        try:
            return self._session.ask(question, where)
        except ABSENT:
            raise _Absent("it is not there", where=where) from None
        except asyncssh.Error as error:
            raise refusal(error, where) from None


class _Absent(SourceError):
    pass


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def _kind(found: asyncssh.SFTPAttrs) -> int:
    if found.permissions is not None and stat.S_IFMT(found.permissions):
        mode = found.permissions
        if stat.S_ISDIR(mode):
            return FILEXFER_TYPE_DIRECTORY
        return FILEXFER_TYPE_SYMLINK if stat.S_ISLNK(mode) else FILEXFER_TYPE_REGULAR if stat.S_ISREG(mode) else 0
    return found.type


def _entry(id: str, found: asyncssh.SFTPAttrs) -> Entry:
    oddity = ""
    if _kind(found) == FILEXFER_TYPE_SYMLINK:
        oddity = "it is a symbolic link, which could point anywhere"
    elif _kind(found) != FILEXFER_TYPE_REGULAR:
        oddity = "it is not a regular file"
    elif any(unicodedata.category(character) in ("Cc", "Cs") for character in id):
        id = id.encode("unicode_escape").decode()
        oddity = "its name has control characters or is not UTF-8"
    elif found.size is None or found.mtime is None:
        oddity = "the server does not tell its size and the time of its last change"
    seconds = found.mtime or 0
    return Entry(id, found.size or 0, float(seconds), as_text(datetime.fromtimestamp(seconds, UTC)), oddity=oddity)
