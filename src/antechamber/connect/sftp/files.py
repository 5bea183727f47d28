"""The files of an SFTP server as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antechamber.connect.archive import same
from antechamber.connect.files import Files
from antechamber.connect.pattern import split
from antechamber.connect.place import Entry, spare_name
from antechamber.connect.sftp.place import Remote
from antechamber.connect.sftp.session import Session
from antechamber.errors import SourceError
from antechamber.secrets import Secrets
from antechamber.store import Location

if TYPE_CHECKING:
    from antechamber.connect.sftp import SftpSource


class SftpFiles(Files):
    """Files that match the path; ids are relative to the path's fixed folder.

    Nothing is connected before files are listed. Raises SourceError when the path is none; SecretError.
    """

    def __init__(self, declared: SftpSource, secrets: Secrets) -> None:
        folder, pattern = split(declared.path)
        folder = folder or ("/" if declared.path.startswith("/") else "")
        self._session = Session(declared, secrets)
        place = Remote(self._session, folder, f"{declared.host}:{folder}".rstrip("/"))
        super().__init__(declared, place, pattern)
        self._remote = place
        self._archive_to = declared.archive_to
        self._host = declared.host

    def close(self) -> None:
        self._session.close()

    def _put_away(self, file: Entry, to: Location) -> None:
        if self._archive_to is None:
            super()._put_away(file, to)
            return
        folder = self._archive_to.rstrip("/")
        archive = Remote(self._session, folder, f"{self._host}:{folder}")
        for name in (file.id, spare_name(file.id, file.fingerprint)):
            there = archive.entry(name)
            if there is None:
                self._remote.rename(file.id, f"{folder}/{name}")
                return
            if (
                not there.oddity
                and there.size == file.size
                and same(
                    lambda: self._remote.open(file.id, file.fingerprint),
                    lambda name=name, there=there: archive.open(name, there.fingerprint),  # type: ignore[misc]
                )
            ):
                self._remote.remove(file.id)
                return
        raise SourceError(
            "another file has its place in the archive",
            where=self._remote.where(file.id),
            remedy=f"look into {folder} on {self._host}",
        )
