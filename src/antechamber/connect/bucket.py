"""A landing zone in an object store."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import HTTPStore

from antechamber.connect.place import Entry, Place, as_text
from antechamber.errors import SourceError
from antechamber.store import Location

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore import GetResult, ObjectMeta

PAGE = 1000
FIRST_WINDOW = 1 << 20
LARGEST_WINDOW = 1 << 26
"""Bytes asked for in one request: few for those who look here and there, more and more for those who read on."""


class Bucket(Place):
    """Objects below a prefix. Credentials come from the environment, as each store's own tools take them, and from
    the location's options."""

    at_once = 16

    def __init__(self, location: Location, shown: str) -> None:
        super().__init__(shown)
        self.location = location
        self._below = ""
        with explained(shown):
            self._store = location.open()
            if isinstance(self._store, HTTPStore):
                # WebDAV answers with paths from the server's top, whatever was asked for.
                self._below = _prefix(location)
                self._store = Location(_container(location), location.options).open()

    def entries(self, depth: int | None) -> Iterator[Entry]:
        found = self._web(depth) if isinstance(self._store, HTTPStore) else self._objects(depth)
        with explained(self.shown):
            yield from found

    def entry(self, id: str) -> Entry | None:
        try:
            with explained(self.where(id)):
                return _entry(obstore.head(self._store, self._below + id), id)
        except _Absent:
            return None

    def open(self, id: str, fingerprint: Mapping[str, str]) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Object(self, id, fingerprint), FIRST_WINDOW))

    def get(self, id: str, start: int, end: int) -> GetResult:
        """A range of an object's bytes. Raises NotFoundError, and what obstore raises."""
        return obstore.get(self._store, self._below + id, options={"range": (start, end)})

    def move(self, id: str, to: Location, name: str) -> bool:
        here, there = _container(self.location), _container(to)
        if here != there:
            return False
        source, target = f"{_prefix(self.location)}{id}", f"{_prefix(to)}{name}"
        options = {**dict(self.location.options), **dict(to.options)}
        root = self.store_of(Location(here, tuple(options.items())))
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
                obstore.delete(self._store, self._below + id)
        except _Absent:
            return

    def _objects(self, depth: int | None) -> Iterator[Entry]:
        """A page at a time: a prefix may have millions of keys."""
        pages: Iterable[Sequence[ObjectMeta]]
        if depth == 0:
            pages = [obstore.list_with_delimiter(self._store)["objects"]]
        else:
            pages = obstore.list(self._store, chunk_size=PAGE)
        # Consoles make "folders" by putting an empty object where the folder's name ends. A prefix that is also an
        # object's name comes as one without a name.
        folders: set[str] = set()
        empty: list[Entry] = []
        for page in pages:
            for each in page:
                folders.add(each["path"].rpartition("/")[0])
                if each["size"]:
                    yield _entry(each)
                elif each["path"]:
                    empty.append(_entry(each))
        yield from (entry for entry in empty if entry.id not in folders)

    def _web(self, depth: int | None) -> Iterator[Entry]:
        """Folder by folder: many WebDAV servers refuse to list more at once."""
        waiting = [(self._below.rstrip("/"), 0)]
        while waiting:
            folder, level = waiting.pop()
            found = obstore.list_with_delimiter(self._store, folder or None)
            for each in found["objects"]:
                if each["path"].startswith(self._below):
                    yield _entry(each, each["path"].removeprefix(self._below))
            if depth is None or level < depth:
                below = f"{folder}/" if folder else ""
                inner = [each for each in found["common_prefixes"] if each.startswith(below) and each != folder]
                waiting += [(each, level + 1) for each in inner]


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
        raise _refused(where) from None
    except (BaseError, ValueError, OSError) as error:
        if re.search(r"^\s+status: 40[13],$", str(error), re.MULTILINE):
            raise _refused(where) from None  # a listing's errors have no class of their own
        # Signed URLs carry their signature after '?'.
        said = re.sub(r"\?\S*", "?…", str(error).strip().partition("\n")[0])[:300]
        raise SourceError(
            f"the store does not do what it is asked ({said})",
            where=where,
            remedy="check the URL, the endpoint and the network",
        ) from None


def _refused(where: str) -> SourceError:
    return SourceError(
        "the store refuses access",
        where=where,
        remedy="check the credentials (environment, options) and what they may list, read, write and delete",
    )


class _Object(io.RawIOBase):
    """An object read in ranges; every answer must be about the content that was listed."""

    def __init__(self, bucket: Bucket, id: str, fingerprint: Mapping[str, str]) -> None:
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
            answer = self._bucket.get(self._id, self._at, end)
        except (NotFoundError, FileNotFoundError):
            raise self._bucket.changed(self._id) from None
        self._check(_entry(answer.meta))
        self._pieces = iter(answer.stream(min_chunk_size=FIRST_WINDOW))
        first = next(self._pieces, None)
        if first is None:
            raise self._bucket.changed(self._id)
        return memoryview(first)  # type: ignore[arg-type]

    def _check(self, now: Entry | None) -> None:
        if now is None or not now.matches(self._fingerprint):
            raise self._bucket.changed(self._id)


def _entry(found: ObjectMeta, id: str | None = None) -> Entry:
    """One object. Listings and answers about one object do not spell alike: some leave the quotes of an ETag out,
    some have fractions of a second where an HTTP header has none."""
    modified = found["last_modified"].replace(microsecond=0)
    e_tag = found["e_tag"]
    if e_tag is not None and not e_tag.endswith('"'):
        e_tag = f'"{e_tag}"'
    return Entry(found["path"] if id is None else id, found["size"], modified.timestamp(), as_text(modified), e_tag)


def _container(location: Location) -> str:
    scheme, _, rest = location.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _prefix(location: Location) -> str:
    from urllib.parse import unquote

    path = unquote(location.url.partition("://")[2].partition("/")[2]).strip("/")
    return f"{path}/" if path else ""
