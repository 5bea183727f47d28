"""A landing zone in an object store."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore

from antechamber.connect.place import Entry, Place, as_text
from antechamber.errors import SourceError
from antechamber.store import Location

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore import ObjectMeta

PAGE = 1000
FIRST_WINDOW = 1 << 20
LARGEST_WINDOW = 1 << 26
"""Bytes asked for in one request: few for those who look here and there, more and more for those who read on."""


class Bucket(Place):
    """Objects below a prefix. Credentials come from the environment, as each store's own tools take them."""

    def __init__(self, location: Location, shown: str) -> None:
        super().__init__(shown)
        self.location = location
        with explained(shown):
            self._store = location.open()

    def entries(self, depth: int | None) -> list[Entry]:
        found: list[Entry] = []
        with explained(self.shown):
            if depth == 0:
                found += map(_entry, obstore.list_with_delimiter(self._store)["objects"])
            else:
                for page in obstore.list(self._store, chunk_size=PAGE):
                    found += map(_entry, page)
        # Consoles make "folders" by putting an empty object where the folder's name ends.
        folders = {entry.id.rpartition("/")[0] for entry in found}
        return [entry for entry in found if entry.id and (entry.size or entry.id not in folders)]

    def entry(self, id: str) -> Entry | None:
        try:
            with explained(self.where(id)):
                return _entry(obstore.head(self._store, id), id)
        except _Absent:
            return None

    def open(self, id: str, fingerprint: Mapping[str, str]) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Object(self._store, self, id, fingerprint), FIRST_WINDOW))

    def move(self, id: str, to: Location, name: str) -> bool:
        here, there = _container(self.location), _container(to)
        if here != there:
            return False
        source, target = f"{_prefix(self.location)}{id}", f"{_prefix(to)}{name}"
        root = Location(here).open()
        try:
            obstore.copy(root, source, target)
            if obstore.head(root, target)["size"] != obstore.head(root, source)["size"]:
                return False
        except BaseError:
            return False  # too large for one request, or not allowed: the bytes can still go through here
        self.remove(id)
        return True

    def remove(self, id: str) -> None:
        try:
            with explained(self.where(id)):
                obstore.delete(self._store, id)
        except _Absent:
            return


class _Absent(SourceError):
    pass


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn a store's errors into SourceErrors."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise _Absent("it is not there", where=where, remedy="check the bucket's and the file's name") from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise SourceError(
            "the store refuses access",
            where=where,
            remedy="check the credentials in the environment and what they may list, read, write and delete",
        ) from None
    except (BaseError, ValueError, OSError) as error:
        # Signed URLs carry their signature after '?'.
        said = re.sub(r"\?\S*", "?…", str(error).strip().partition("\n")[0])[:300]
        raise SourceError(
            f"the store does not do what it is asked ({said})",
            where=where,
            remedy="check the URL, the endpoint and the network",
        ) from None


class _Object(io.RawIOBase):
    """An object read in ranges; every answer must be about the content that was listed."""

    def __init__(self, store: ObjectStore, bucket: Bucket, id: str, fingerprint: Mapping[str, str]) -> None:
        self._store = store
        self._bucket = bucket
        self._id = id
        self._fingerprint = fingerprint
        self._size = int(fingerprint["size"])
        self._at = 0
        self._window = FIRST_WINDOW
        self._pieces: Iterator[object] = iter(())
        self._rest = memoryview(b"")

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
            self._at, self._window = target, FIRST_WINDOW
            self._pieces, self._rest = iter(()), memoryview(b"")
        return target

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size:
            if self._size == 0:
                self._check(self._bucket.entry(self._id))
            return 0
        while not self._rest:
            with explained(self._bucket.where(self._id)):
                piece = next(self._pieces, None)
                self._rest = self._ask() if piece is None else memoryview(piece)  # type: ignore[arg-type]
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self._at += size
        return size

    def _ask(self) -> memoryview:
        """Begin the next range and give its first bytes."""
        end = min(self._at + self._window, self._size)
        self._window = min(self._window * 2, LARGEST_WINDOW)
        try:
            answer = obstore.get(self._store, self._id, options={"range": (self._at, end)})
        except (NotFoundError, FileNotFoundError):
            raise self._bucket.changed(self._id) from None
        self._check(_entry(answer.meta))
        self._pieces = iter(answer.stream(min_chunk_size=FIRST_WINDOW))
        first = next(self._pieces, None)
        if first is None:
            raise self._bucket.changed(self._id)
        return memoryview(first)  # type: ignore[arg-type]

    def _check(self, now: Entry | None) -> None:
        listed = self._fingerprint
        if now is not None and str(now.size) == listed["size"]:
            if "e_tag" in listed and now.e_tag is not None:
                if now.e_tag == listed["e_tag"]:
                    return
            # An answer's header has whole seconds where a listing may have fractions.
            elif now.modified_text[:19] == listed["last_modified"][:19]:
                return
        raise self._bucket.changed(self._id)


def _entry(found: ObjectMeta, id: str | None = None) -> Entry:
    modified = found["last_modified"]
    name = found["path"] if id is None else id
    return Entry(name, found["size"], modified.timestamp(), as_text(modified), found["e_tag"])


def _container(location: Location) -> str:
    scheme, _, rest = location.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _prefix(location: Location) -> str:
    from urllib.parse import unquote

    path = unquote(location.url.partition("://")[2].partition("/")[2]).strip("/")
    return f"{path}/" if path else ""
