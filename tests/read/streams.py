"""Streams as rooms before `read` give them, and all that a reader makes of one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from antechamber.declare.format import FileFormat
from antechamber.read import Reader, open_reader
from antechamber.records import Rejected


class Dribble(io.BytesIO):
    """Gives fewer bytes than asked for, as sockets and decompressors do."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size if size is not None and size >= 0 else self.most, self.most))


class Forward(Dribble):
    """Goes forward only, as an unsealed file does."""

    def __init__(self, data: bytes, most: int = 1 << 16) -> None:
        super().__init__(data, most)

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("seek")


class Failing(io.BytesIO):
    """Raises once `after` bytes have been read."""

    def __init__(self, data: bytes, after: int, error: Exception) -> None:
        super().__init__(data)
        self.after, self.error = after, error

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.after:
            raise self.error
        return super().read(size)


def drain(reader: Reader) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """All records, with LINE, and all malformed ones."""
    records: list[dict[str, Any]] = []
    malformed: list[Rejected] = []
    for piece in reader:
        records += piece.batch.to_pylist()
        malformed += piece.malformed
    return records, malformed


def read(
    data: bytes, format: FileFormat, *wanted: str, name: str = "landing/x"
) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """Read a whole file through the room's door."""
    return drain(open_reader(io.BytesIO(data), format, wanted=wanted, name=name))


def texts(data: bytes, format: FileFormat, wanted: Sequence[str]) -> list[list[str | None]]:
    """The values of all records, and none malformed."""
    records, malformed = read(data, format, *wanted)
    assert malformed == []
    return [[record[name] for name in wanted] for record in records]
