"""Iceberg's files in an object store: PyIceberg reads and writes them through obstore, as everything else here does.

So what is written is encrypted as its location says (SSE-KMS with a tenant's key), and credentials, endpoints and
retries are those of the rest of the store.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.typedef import EMPTY_DICT, Properties

from antechamber.store import Location

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

KEY_OF = "antechamber.kms."
"""Begin of a catalog's property `antechamber.kms.<URL of a folder>`: the KMS key of what is written below it."""

WINDOW = 1 << 20
"""Bytes that are asked for at once by who looks here and there."""


class ObjectIO(FileIO):
    """Files by URL. properties: those of the catalog and the table; see KEY_OF."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self._keys = {key.removeprefix(KEY_OF): value for key, value in properties.items() if key.startswith(KEY_OF)}
        self._stores: dict[tuple[str, str | None], ObjectStore] = {}

    def new_input(self, location: str) -> InputFile:
        return _Input(self, location)

    def new_output(self, location: str) -> OutputFile:
        return _Output(self, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        url = location if isinstance(location, str) else location.location
        with _as_os_errors(url):
            obstore.delete(*self.at(url))

    def at(self, url: str) -> tuple[ObjectStore, str]:
        """A file's store and its path in it."""
        scheme, _, rest = url.partition("://")
        bucket, _, path = rest.partition("/")
        key = next((key for folder, key in self._keys.items() if url.startswith(f"{folder}/")), None)
        top = f"{scheme}://{bucket}"
        if (top, key) not in self._stores:
            location = Location(top) if key is None else Location(top).sealed_with(key)
            self._stores[top, key] = location.open()
        return self._stores[top, key], path

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stores": {}}


class _Input(InputFile):
    def __init__(self, files: ObjectIO, location: str) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        with _as_os_errors(self.location):
            return obstore.head(*self._files.at(self.location))["size"]

    def exists(self) -> bool:
        try:
            len(self)
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return cast(InputStream, io.BufferedReader(_Reading(self._files, self.location, len(self)), WINDOW))


class _Output(OutputFile):
    def __init__(self, files: ObjectIO, location: str) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        return self.to_input_file().exists()

    def to_input_file(self) -> InputFile:
        return _Input(self._files, self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        if not overwrite and self.exists():
            raise FileExistsError(errno.EEXIST, "the file is there already", self.location)
        return cast(OutputStream, _Writing(*self._files.at(self.location), self.location))


class _Reading(io.RawIOBase):
    def __init__(self, files: ObjectIO, url: str, size: int) -> None:
        self._store, self._path = files.at(url)
        self._url, self._size, self._at = url, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        count = min(len(view), self._size - self._at)
        if count <= 0:
            return 0
        with _as_os_errors(self._url):
            found = obstore.get_range(self._store, self._path, start=self._at, length=count)
        view[: len(found)] = memoryview(found)
        self._at += len(found)
        return len(found)


class _Writing(io.RawIOBase):
    """An object that comes to be when it is closed; left by an error, it never does."""

    def __init__(self, store: ObjectStore, path: str, url: str) -> None:
        self._url, self._at = url, 0
        with _as_os_errors(url):
            self._object: obstore.WritableFile | None = obstore.open_writer(store, path)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: ReadableBuffer, /) -> int:
        if self._object is None:
            raise ValueError("the file is closed")
        piece = bytes(data)
        with _as_os_errors(self._url):
            self._object.write(piece)
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        finished, self._object = self._object, None
        super().close()
        if finished is not None:
            with _as_os_errors(self._url):
                finished.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._object = None
        self.close()

    def __del__(self) -> None:
        # An object that nobody closed was not meant to be complete.
        self._object = None


@contextmanager
def _as_os_errors(url: str) -> Iterator[None]:
    """A store's errors as those of the system, which Iceberg's code and ours expect of files."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise FileNotFoundError(errno.ENOENT, "there is no such object", url) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise PermissionError(errno.EACCES, "the store refuses access", url) from None
    except BaseError as error:
        raise OSError(errno.EIO, f"the store does not do what it is asked ({type(error).__name__})", url) from error
