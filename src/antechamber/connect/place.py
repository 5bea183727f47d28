"""Where files land: a local folder, an object store, an SFTP server, seen the same way."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from obstore.store import ObjectStore

from antechamber.errors import SourceError
from antechamber.store import Location


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as a listing saw it.

    id: its path below the place, with `/`. modified: seconds since 1970. e_tag: the store's own word for the
    content, or None. oddity: why it is not a file that can be read, or "".
    """

    id: str
    size: int
    modified: float
    modified_text: str
    e_tag: str | None = None
    oddity: str = ""

    @property
    def fingerprint(self) -> dict[str, str]:
        """What tells this content from another under the same name."""
        print_ = {"size": str(self.size), "last_modified": self.modified_text}
        return print_ if self.e_tag is None else {**print_, "e_tag": self.e_tag}

    def matches(self, fingerprint: Mapping[str, str]) -> bool:
        """Whether this is still the content of a fingerprint; not every answer of a store has an `e_tag`."""
        mine = self.fingerprint
        return all(mine.get(key, value) == value for key, value in fingerprint.items())


class Place(ABC):
    """A folder in which files land. All methods raise SourceError.

    shown: how messages name the folder.
    """

    at_once = 1
    """How many files are opened at a time with profit."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self._stores: dict[Location, ObjectStore] = {}

    def store_of(self, location: Location) -> ObjectStore:
        """The store of another location, opened once for all files that go there. Raises SourceError."""
        if location not in self._stores:
            self._stores[location] = location.open()
        return self._stores[location]

    @abstractmethod
    def entries(self, depth: int | None) -> Iterable[Entry]:
        """All files, at least down to `depth` folders below this one (None: all the way), in no order."""

    @abstractmethod
    def entry(self, id: str) -> Entry | None:
        """A file as it is now, or None when it is not there."""

    @abstractmethod
    def open(self, id: str, fingerprint: Mapping[str, str]) -> BinaryIO:
        """A file's bytes, seekable; reading one that is not or no longer the listed one raises SourceError."""

    @abstractmethod
    def move(self, id: str, to: Location, name: str) -> bool:
        """Move a file to where nothing is yet without passing its bytes through here; False: not possible."""

    @abstractmethod
    def remove(self, id: str) -> None:
        """Delete a file; one that is gone already is no error."""

    def at_rest(self, file: Entry) -> bool:
        """Whether a file is still as it was listed, where that costs next to nothing to find out."""
        return True

    def is_folder(self, id: str) -> bool:
        """Whether a folder has this name, where the place has folders."""
        return False

    def where(self, id: str) -> str:
        """How messages name a file."""
        return f"{self.shown}/{id}" if self.shown else id

    def changed(self, id: str) -> SourceError:
        """The error for a file that is not the listed one."""
        return SourceError(
            "the file changed after it was listed: nothing of it was published",
            where=self.where(id),
            remedy="the next run reads it as it is then; ask the sender to upload under a temporary name and rename",
        )


def spare_name(id: str, fingerprint: Mapping[str, str]) -> str:
    """The name under which a file is archived when another content has its own: `a/x.csv` → `a/x.5f0c….csv`.

    The same content always gets the same one.
    """
    print_ = "\n".join(f"{key}={fingerprint[key]}" for key in sorted(fingerprint))
    tag = hashlib.sha256(print_.encode()).hexdigest()[:12]
    folder, slash, name = id.rpartition("/")
    stem, dot, endings = name.partition(".")
    return f"{folder}{slash}{stem}.{tag}{dot}{endings}"


def as_text(moment: datetime) -> str:
    """A moment as fingerprints spell it: UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
