"""The landing zone: files that others drop in a folder or an object store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from pydantic import Field

from antechamber.connect.bucket import Bucket
from antechamber.connect.files import Files
from antechamber.connect.folder import Folder
from antechamber.connect.pattern import split
from antechamber.connect.place import Place
from antechamber.declare.mistake import Mistake
from antechamber.declare.model import SECRET_REF, show
from antechamber.declare.registry import SourceType
from antechamber.declare.source import FileSource
from antechamber.errors import SourceError
from antechamber.secrets import Secrets
from antechamber.store import Location

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector

_SECRET = re.compile(
    r"(?!.*_(?:file|url|id)$).*(?:secret|token|password|sas_key|(?:account|encryption|customer)_key|access_key$)"
)
"""Options that are secrets by their names: their values must be references."""


class LandingSource(FileSource):
    """Files that others drop in a folder or an object store."""

    type: Literal["landing"]
    """This source."""
    path: Annotated[str, Field(min_length=1)]
    """A glob (`*`, `?`, `[…]`, `**` across folders) relative to the store, or a URL."""
    options: dict[str, str] = Field(default_factory=dict)
    """URLs: settings of the object store beside those of the environment, such as `request_payer: "true"`. A value
    may be a secret reference; that of a key or a password must be one."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        """Options without a store that takes them, and secrets that are written out."""
        if self.options and ("://" not in self.path or self.path.startswith("file://")):
            yield Mistake(
                ("source", "options"), "a folder has no options", "remove options, or give the path as a URL"
            )
        for name, value in self.options.items():
            if _SECRET.match(name.lower()) and not SECRET_REF.fullmatch(value):
                yield Mistake(
                    ("source", "options", name),
                    f"{show(name)} is a secret, and its value is not a reference",
                    "write env:NAME or file:path",
                )


class Landing(Files):
    """The files of a landing zone that match its path; ids are relative to the path's fixed folder.

    store: what a relative path is relative to. secrets: what references in `options` are read with.
    Raises SourceError when the path is none; SecretError.
    """

    def __init__(self, declared: LandingSource, *, store: Location, secrets: Secrets | None = None) -> None:
        options = tuple((name, _value(value, secrets)) for name, value in sorted(declared.options.items()))
        super().__init__(declared, *_place_and_pattern(declared.path, store, options))


def _value(value: str, secrets: Secrets | None) -> str:
    return secrets.text(value) if secrets is not None and SECRET_REF.fullmatch(value) else value


def _place_and_pattern(path: str, store: Location, options: tuple[tuple[str, str], ...]) -> tuple[Place, str]:
    scheme, separator, rest = path.partition("://")
    if separator:
        authority, _, key = rest.partition("/")
        if any(wild in authority for wild in "*?["):
            raise SourceError("a bucket's name has no wildcards", where=path, remedy="name one bucket")
        fixed, pattern = split(key)
        location = Location(f"{scheme}://{authority}/{quote(fixed, safe='/%')}".rstrip("/"), options)
        shown = f"{scheme}://{authority}/{fixed}".rstrip("/")
    else:
        shown, pattern = split(path)
        if path.startswith(("/", "~")):
            location = Location.of(shown or "/", relative_to=store)
        else:
            location = store / quote(shown) if shown else store
    if (folder := location.local) is not None:
        return Folder(Path(folder), shown), pattern
    return Bucket(location, shown), pattern


SOURCE = SourceType(
    LandingSource,
    lambda declared, opening: Landing(declared, store=opening.store, secrets=opening.secrets),
    summary="files that others drop in a folder, Amazon S3, Google Cloud Storage, Azure Blob Storage or WebDAV",
    run_against="a folder; moto's S3, Azurite, fake-gcs-server, WsgiDAV",
)
