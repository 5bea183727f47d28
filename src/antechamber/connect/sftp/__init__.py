"""SFTP: files that lie on somebody's SFTP server, read like those of a landing zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from antechamber.connect.pattern import split
from antechamber.connect.sftp.hostkey import FORMS, is_host_key
from antechamber.declare.mistake import Mistake
from antechamber.declare.model import SecretRef, Text, show
from antechamber.declare.registry import SourceType
from antechamber.declare.source import FileSource

if TYPE_CHECKING:
    from antechamber.connect.source import Opening
    from antechamber.declare.connector import Connector


class SftpSource(FileSource):
    """Files on an SFTP server."""

    rooted: ClassVar[bool] = True

    type: Literal["sftp"]
    """This source."""
    host: Text
    """The server's name or address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """Its port."""
    user: Text
    """Who we are there."""
    host_key: Text | tuple[Text, ...]
    """What the server must prove to be: its public key (`ssh-ed25519 AAAA…`), a line of known_hosts, or the key's
    fingerprint (`SHA256:…`). Several while it changes keys. A server with another key is not spoken to."""
    password: SecretRef | None = None
    """A reference to our password. Either this or `key`, or both."""
    key: SecretRef | None = None
    """A reference to our private key (OpenSSH or PEM)."""
    passphrase: SecretRef | None = None
    """A reference to the private key's passphrase."""
    path: Text
    """A glob (`*`, `?`, `[…]`, `**` across folders); without a leading / it begins at the folder of the login."""
    archive_to: Text | None = None
    """after: archive: a folder of the server that files are renamed into. When absent they are fetched to the
    store's archive and removed from the server."""
    retries: Annotated[int, Field(ge=0, le=100)] = 5
    """How often in a row a lost connection is taken up again, each time after a longer wait; a file is read on from
    where it broke off."""
    connect_timeout: Annotated[float, Field(gt=0, le=600)] = 30
    """Seconds for connecting and logging in."""

    @property
    def host_keys(self) -> tuple[str, ...]:
        """The server's keys."""
        return (self.host_key,) if isinstance(self.host_key, str) else self.host_key

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        """What is wrong with the keys together."""
        yield from self._login()
        if not self.host_keys:
            yield Mistake(("source", "host_key"), "the list is empty", f"write {FORMS}")
        for key in self.host_keys:
            if not is_host_key(key):
                yield Mistake(("source", "host_key"), f"{show(key)} is no public key", f"write {FORMS}")
        if self.path.startswith("~"):
            yield Mistake(
                ("source", "path"), "'~' means nothing to an SFTP server", "leave it out: paths begin there"
            )
        yield from self._archive()

    def _login(self) -> Iterator[Mistake]:
        if self.password is None and self.key is None:
            yield Mistake(
                ("source", "password"), "there is no way to log in", "add password: or key: with a reference"
            )
        if self.passphrase is not None and self.key is None:
            yield Mistake(("source", "passphrase"), "a passphrase is given, and no key", "add key:, or remove it")

    def _archive(self) -> Iterator[Mistake]:
        if self.archive_to is None:
            return
        if self.after != "archive":
            yield Mistake(
                ("source", "archive_to"), f"after is {self.after}", "remove archive_to, or say after: archive"
            )
        if ".." in self.archive_to.split("/") or self.archive_to.startswith("~"):
            yield Mistake(("source", "archive_to"), f"{show(self.archive_to)} climbs", "write the folder's own path")
        fixed, pattern = split(self.path)
        below = self.archive_to.removeprefix(f"{fixed}/" if fixed else "").strip("/")
        inside = not fixed or self.archive_to.startswith(f"{fixed}/")
        if "**" in pattern.split("/") and inside and not any(part[0] in "_." for part in below.split("/") if part):
            yield Mistake(
                ("source", "archive_to"),
                "the path would find the archived files again",
                "write a folder elsewhere, or one that begins with _",
            )


def _open(declared: SftpSource, opening: Opening) -> Any:
    from antechamber.connect.sftp.files import SftpFiles

    return SftpFiles(declared, opening.secrets)


SOURCE = SourceType(
    SftpSource,
    _open,
    summary="files on an SFTP server",
    needs="an account that may list and read, and rename or delete unless `after: leave`",
    extra="sftp",
    modules=("asyncssh",),
    run_against="asyncssh's server, OpenSSH",
)
