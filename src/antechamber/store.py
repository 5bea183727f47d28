"""Object stores by URL: a local folder, S3, Google Cloud Storage, Azure Blob Storage, through one interface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url

from antechamber.errors import SourceError

SCHEMES = ("file", "s3", "gs", "az", "abfs", "abfss", "http", "https")


@dataclass(frozen=True)
class Location:
    """A folder in some store.

    url: `file:///abs/path`, `s3://bucket/prefix`, … without a trailing slash.
    """

    url: str

    @classmethod
    def of(cls, text: str, *, relative_to: Location | Path) -> Location:
        """A location from what a user wrote: a URL, an absolute path, or a path below another location."""
        if "://" in text:
            return cls(text.rstrip("/"))
        if isinstance(relative_to, Path):
            return cls((relative_to / Path(text).expanduser()).resolve().as_uri())
        if text.startswith(("/", "~")):
            return cls(Path(text).expanduser().resolve().as_uri())
        return relative_to / text

    def __truediv__(self, part: str) -> Location:
        part = part.strip("/")
        return Location(f"{self.url}/{part}") if part not in ("", ".") else self

    @property
    def scheme(self) -> str:
        """The URL's scheme."""
        return self.url.partition("://")[0]

    @property
    def local(self) -> Path | None:
        """The folder's path when it is on this machine."""
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(self.url).path)) if self.scheme == "file" else None

    def open(self) -> ObjectStore:
        """The store rooted at this folder; a local folder is made when absent. Raises SourceError."""
        if self.scheme not in SCHEMES:
            raise SourceError(
                f"'{self.scheme}:' is not a store", where=self.url, remedy=f"use one of {', '.join(SCHEMES)}"
            )
        if (path := self.local) is not None:
            return LocalStore(path, mkdir=True, automatic_cleanup=False)
        return from_url(self.url)
