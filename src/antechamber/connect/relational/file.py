"""Databases that are one file: how a connector names it, and where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import SecretRef, Text
from antechamber.declare.source import DatabaseSource
from antechamber.errors import SourceError
from antechamber.secrets import Secrets
from antechamber.store import Location

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector


class DatabaseFile(DatabaseSource):
    """A source that is a database file."""

    path: Text | None = None
    """The file, relative to the store or absolute. Either this or `url`."""
    url: SecretRef | None = None  # type: ignore[assignment]
    """A reference to the file's path, where that is not to be written here."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        """Exactly one of path and url."""
        if (self.path is None) == (self.url is None):
            what = "neither path nor url names the file" if self.path is None else "both path and url name a file"
            yield Mistake(("source", "path"), what, "give one of them")
        if self.path is not None and "://" in self.path and not self.path.startswith("file://"):
            yield Mistake(
                ("source", "path"), "a database file is opened in place, and is not in an object store",
                "copy it to a folder of this machine",
            )  # fmt: skip


def file_of(declared: DatabaseFile, store: Location, secrets: Secrets) -> Path:
    """The database file. Raises SourceError when it is not there, SecretError."""
    named = declared.path if declared.path is not None else secrets.text(declared.url or "")
    found = Location.of(named, relative_to=store).local
    if found is None:
        raise SourceError(
            "a database file is opened in place, and is not in an object store",
            where=declared.path or declared.url or "",
            remedy="copy it to a folder of this machine",
        )
    if not found.is_file():
        raise SourceError(
            "there is no such file",
            where=declared.path or declared.url or "",
            remedy="correct `path:`; it is relative to the store's folder",
        )
    return found
