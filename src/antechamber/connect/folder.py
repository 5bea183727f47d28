"""A landing zone in a local folder."""

from __future__ import annotations

import errno
import functools
import io
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from antechamber.connect.place import Entry, Place, as_text
from antechamber.errors import SourceError
from antechamber.store import Location

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 18


class Folder(Place):
    """Files in and below a local folder.

    Symbolic links are listed as oddities and never followed: whoever may drop files could point one at
    anything that this process may read. The folder itself may be one, it is ours.
    """

    def __init__(self, path: Path, shown: str) -> None:
        super().__init__(shown)
        self.path = path
        self._root = os.path.join(path, "")  # noqa: PTH118 - a Path for each of ten thousand files takes a second

    def entries(self, depth: int | None) -> Iterator[Entry]:
        if self.path.exists() and not self.path.is_dir():
            raise SourceError(
                "this is not a folder",
                where=self.shown or str(self.path),
                remedy=f"move what is at {self.path} away, or correct source.path",
            )
        if not self.path.is_dir():
            raise SourceError(
                "there is no such folder",
                where=self.shown or str(self.path),
                remedy=f"make it ({self.path}) or correct source.path; an empty folder is fine",
            )
        return self._below(self.path, "", depth)

    def entry(self, id: str) -> Entry | None:
        try:
            return _entry(id, os.lstat(self._root + id))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._refused(id, error) from None

    def open(self, id: str, fingerprint: Mapping[str, str]) -> BinaryIO:
        try:
            handle = os.open(self._root + id, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise self.changed(id) from None
            raise self._refused(id, error) from None
        file = _Watched(handle, self, id, fingerprint)
        try:
            file.check()
        except BaseException:
            file.close()
            raise
        return cast(BinaryIO, io.BufferedReader(file, BUFFER))

    def move(self, id: str, to: Location, name: str) -> bool:
        if to.local is None:
            return False
        try:
            try:
                os.rename(self._root + id, f"{to.local}/{name}")  # noqa: PTH104
            except FileNotFoundError:
                (to.local / name).parent.mkdir(parents=True, exist_ok=True)
                os.rename(self._root + id, f"{to.local}/{name}")  # noqa: PTH104
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise self._refused(id, error) from None
        return True

    def remove(self, id: str) -> None:
        try:
            (self.path / id).unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._refused(id, error) from None

    def at_rest(self, file: Entry) -> bool:
        try:
            found = os.lstat(self._root + file.id)
        except OSError:
            return False
        # As exact as a float of seconds; opening the file compares all digits.
        return (found.st_size, found.st_mtime_ns / 1e9) == (file.size, file.modified)

    def is_folder(self, id: str) -> bool:
        return (self.path / id).is_dir()

    def _below(self, folder: Path, prefix: str, depth: int | None) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                for item in found:
                    id = prefix + item.name
                    if item.is_dir(follow_symlinks=False):
                        if depth != 0:
                            yield from self._below(Path(item.path), f"{id}/", None if depth is None else depth - 1)
                        continue
                    try:
                        yield _entry(id, item.stat(follow_symlinks=False))
                    except FileNotFoundError:
                        continue
        except FileNotFoundError:
            return  # it went while we looked
        except OSError as error:
            raise self._refused(prefix.rstrip("/"), error) from None

    def _refused(self, id: str, error: OSError) -> SourceError:
        return SourceError(
            f"the system refuses ({(error.strerror or 'unknown reason').lower()})",
            where=self.where(id),
            remedy="check that the user of this process may read and write there",
        )


def _entry(id: str, found: os.stat_result) -> Entry:
    oddity = ""
    if stat.S_ISLNK(found.st_mode):
        oddity = "it is a symbolic link, which could point anywhere"
    elif not stat.S_ISREG(found.st_mode):
        oddity = "it is not a regular file"
    elif not id.isprintable() and any(unicodedata.category(character) in ("Cc", "Cs") for character in id):
        id = id.encode("unicode_escape").decode()
        oddity = "its name has control characters or is not UTF-8"
    seconds, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
    return Entry(id, found.st_size, found.st_mtime_ns / 1e9, f"{_second(seconds)}.{nanoseconds:09}Z", oddity=oddity)


@functools.lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return as_text(datetime.fromtimestamp(seconds, UTC)).partition(".")[0]


class _Watched(io.FileIO):
    """An open file that makes sure that it is still the listed one: at its end, or when it was read here and
    there (Parquet, archives) as it is closed."""

    def __init__(self, handle: int, folder: Folder, id: str, fingerprint: Mapping[str, str]) -> None:
        super().__init__(handle, "rb")
        self._folder = folder
        self._id = id
        self._fingerprint = dict(fingerprint)
        self._in_doubt = False

    def check(self) -> None:
        self._in_doubt = False
        found = _entry(self._id, os.fstat(self.fileno()))
        if found.oddity or found.fingerprint != self._fingerprint:
            raise self._folder.changed(self._id)

    def readinto(self, buffer: WriteableBuffer) -> int:
        size = super().readinto(buffer) or 0
        if size == 0 and memoryview(buffer).nbytes:
            self.check()
        return size

    def readall(self) -> bytes:
        data = super().readall()
        self.check()
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._in_doubt = True
        return super().seek(offset, whence)

    def close(self) -> None:
        try:
            if not self.closed and self._in_doubt:
                self.check()
        finally:
            super().close()
