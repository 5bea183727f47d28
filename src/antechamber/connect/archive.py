"""Moving a file that was published out of the landing zone, so that a crash at any point loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import ObjectStore

from antechamber.connect.bucket import explained
from antechamber.connect.place import Entry, Place, spare_name
from antechamber.errors import SourceError
from antechamber.store import Location

PIECE = 1 << 20


def archive(place: Place, file: Entry, to: Location) -> None:
    """Move a file below `to` under its id, or under a spare name when another content has it there.

    Where the store can, the file is renamed or copied within it; else it is copied, compared by size, and only
    then removed. A copy that a crash left behind is recognised by its bytes. Raises SourceError.
    """
    for name in (file.id, spare_name(file.id, file.fingerprint)):
        target = _target(place, to, name)
        with explained(f"{to.url}/{name}"):
            size = target.size()
        if size is None:
            if not place.move(file.id, to, name):
                _copy(place, file, target)
                place.remove(file.id)
            return
        if size == file.size and same(lambda: place.open(file.id, file.fingerprint), target.open):
            place.remove(file.id)
            return
    raise SourceError(
        "another file has its place in the archive", where=place.where(file.id), remedy=f"look into {to.url}"
    )


class _InFolder:
    def __init__(self, folder: Path, name: str) -> None:
        self._text = f"{folder}/{name}"

    @property
    def path(self) -> Path:
        return Path(self._text)

    def size(self) -> int | None:
        try:
            return os.stat(self._text).st_size  # noqa: PTH116 - there are tens of thousands of them
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self) -> BinaryIO:
        return self.path.open("rb")

    def write(self, source: BinaryIO) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Always the same name: what a crash leaves is overwritten by the next attempt.
        partial = self.path.with_name(f".{self.path.name}.partial")
        try:
            with partial.open("wb") as file:
                while piece := source.read(PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)


class _InStore:
    def __init__(self, store: ObjectStore, name: str) -> None:
        self.store = store
        self.name = name

    def size(self) -> int | None:
        try:
            return obstore.head(self.store, self.name)["size"]
        except (NotFoundError, FileNotFoundError):
            return None

    def open(self) -> BinaryIO:
        return obstore.open_reader(self.store, self.name, buffer_size=PIECE)  # type: ignore[return-value]

    def write(self, source: BinaryIO) -> None:
        # Not `put` with the stream: obstore would read it on a thread of its own runtime, and panics where the stream
        # is itself an object of a store. What is not closed does not come to be.
        target = obstore.open_writer(self.store, self.name, buffer_size=8 * PIECE, max_concurrency=4)
        while piece := source.read(PIECE):
            target.write(piece)
        target.close()


def _target(place: Place, to: Location, name: str) -> _InFolder | _InStore:
    return _InStore(place.store_of(to), name) if to.local is None else _InFolder(to.local, name)


def _copy(place: Place, file: Entry, target: _InFolder | _InStore) -> None:
    with explained(place.where(file.id)), place.open(file.id, file.fingerprint) as source:
        target.write(source)
        if target.size() != file.size:
            raise SourceError(
                "the copy in the archive has another size",
                where=place.where(file.id),
                remedy="the file stays where it is; run again",
            )


def same(here: Callable[[], BinaryIO], there: Callable[[], BinaryIO]) -> bool:
    """Whether two files, as these open them, have the same bytes."""
    with closing(here()) as mine, closing(there()) as theirs:
        while True:
            piece = mine.read(PIECE)
            if piece != bytes(theirs.read(PIECE)):
                return False
            if not piece:
                return True
