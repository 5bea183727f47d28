"""Object stores by URL: a local folder, S3, Google Cloud Storage, Azure Blob Storage, through one interface."""

from __future__ import annotations

import functools
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from obstore.store import HTTPStore, LocalStore, ObjectStore, from_url

from antechamber.errors import SourceError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

SCHEMES = ("file", "s3", "gs", "az", "abfs", "abfss", "http", "https")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Location:
    """A folder in some store.

    url: `file:///abs/path`, `s3://bucket/prefix`, … without a trailing slash.
    options: settings of the store beside those of the environment, with secrets resolved: the names that obstore
        gives them; for http(s) `user` and `password` or `bearer_token`, and `allow_http`.
    """

    url: str
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

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
        return Location(f"{self.url}/{part}", self.options) if part not in ("", ".") else self

    def sealed_with(self, kms_key: str) -> Location:
        """The same folder; what is written there by S3 is encrypted under a KMS key (SSE-KMS, with a bucket key)."""
        seal = {
            "aws_server_side_encryption": "aws:kms",
            "aws_sse_kms_key_id": kms_key,
            "aws_sse_bucket_key_enabled": "true",
        }
        return Location(self.url, tuple({**dict(self.options), **seal}.items()))

    @property
    def scheme(self) -> str:
        """The URL's scheme."""
        return self.url.partition("://")[0]

    @property
    def local(self) -> Path | None:
        """The folder's path when it is on this machine."""
        return _local(self.url)

    def open(self) -> ObjectStore:
        """The store rooted at this folder; a local folder is made when absent. Raises SourceError."""
        if self.scheme not in SCHEMES:
            raise SourceError(
                f"'{self.scheme}:' is not a store", where=self.url, remedy=f"use one of {', '.join(SCHEMES)}"
            )
        if (path := self.local) is not None:
            return LocalStore(path, mkdir=True, automatic_cleanup=False)
        options = dict(self.options)
        opened: ObjectStore
        if self.scheme in ("http", "https"):
            opened = HTTPStore.from_url(self.url, client_options=self._web(options))
        else:
            plain = options.pop("allow_http", None)
            client: ClientConfig | None = None if plain is None else {"allow_http": plain == "true"}
            opened = from_url(self.url, config=cast("S3Config | None", options or None), client_options=client)
        return opened

    def _web(self, options: dict[str, str]) -> ClientConfig:
        """How obstore's client is to speak HTTP."""
        host = urlsplit(self.url).hostname or ""
        user, password = options.pop("user", None), options.pop("password", "")
        token, plain = options.pop("bearer_token", None), options.pop("allow_http", "") == "true"
        if options:
            raise SourceError(
                f"'{min(options)}' is not an option of a web server",
                where=self.url,
                remedy="use user and password, bearer_token, allow_http",
            )
        if self.scheme == "http" and not plain and host not in LOOPBACK:
            raise SourceError(
                "everybody on the way could read what comes over http",
                where=self.url,
                remedy='use https, or set options: {allow_http: "true"} for a network that you trust',
            )
        said = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}" if user is not None else None
        said = f"Bearer {token}" if token is not None else said
        headers: dict[str, str] = {} if said is None else {"Authorization": said}
        return {"allow_http": self.scheme == "http", "default_headers": headers}


@functools.lru_cache(maxsize=256)
def _local(url: str) -> Path | None:
    return Path(unquote(urlsplit(url).path)) if url.startswith("file://") else None
