"""gzip, zstd and bzip2: one or more members after each other, decompressed as they are read.

gzip and zstd go through Arrow's decompressors, which hold a fixed amount of memory whatever the ratio, verify
the formats' checksums, and call a stream that ends inside a member or goes on with something else an error.
Arrow's bzip2 refuses an empty member among others, so bzip2 goes through Python's.
"""

from __future__ import annotations

import bz2
import io
from collections.abc import Iterator
from typing import BinaryIO, Literal, cast

import pyarrow as pa

from antechamber.errors import UnsealError
from antechamber.unseal.opened import BUFFER, Chunks, Opened

Compression = Literal["gzip", "zstd", "bzip2"]

_BEGINNINGS: dict[Compression, tuple[bytes, ...]] = {
    "gzip": (b"\x1f\x8b",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n, 0x2A, 0x4D, 0x18]) for n in range(16))),  # RFC 8878, 3.1
    "bzip2": (b"BZh",),
}


def decompressed(stream: BinaryIO, layer: Compression, name: str) -> Opened:
    """The content of a compressed stream, which raises UnsealError when it is damaged."""
    if layer == "bzip2":
        return Chunks(_bunzipped(stream, name))
    return _Decompressed(stream, layer, name)


class _Decompressed(Opened):
    def __init__(self, stream: BinaryIO, layer: Literal["gzip", "zstd"], name: str) -> None:
        super().__init__()
        self._source = _Counted(stream)
        self._layer = layer
        self._name = name
        self._inside = pa.CompressedInputStream(pa.PythonFile(cast(io.IOBase, self._source), mode="r"), layer)

    def fill(self, buffer: memoryview) -> int:
        try:
            size: int = self._inside.readinto(buffer)
        except (OSError, pa.ArrowException) as error:
            if getattr(error, "errno", None) is not None:  # the source's own failure, not Arrow's judgement
                raise
            raise self._judged(str(error)) from None
        if size == 0 and not self._source.beginning:
            raise _empty(self._layer, self._name)
        return size

    def _judged(self, said: str) -> UnsealError:
        if "runcated" in said:
            return _truncated(self._layer, self._name)
        if "memory" in said:
            return UnsealError(
                "the zstd data needs a window of more than 128 MiB",
                where=self._name,
                remedy="ask the sender to compress without --long or --ultra",
            )
        return _damaged(self._layer, self._name, self._source.beginning)

    def close(self) -> None:
        if not self.closed:
            self._inside.close()
        super().close()


class _Counted:
    """What Arrow needs of a Python file; remembers how the data begins."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.beginning = b""
        self.closed = False

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(self.beginning) < 4:
            self.beginning += data[:4]
        return data

    def close(self) -> None:
        self.closed = True  # the stream below belongs to someone else


def _bunzipped(stream: BinaryIO, name: str) -> Iterator[bytes]:
    member = bz2.BZ2Decompressor()
    beginning = rest = b""
    while True:
        if not rest and (member.eof or member.needs_input):
            rest = stream.read(BUFFER)
            if not rest:
                break
            beginning = (beginning + rest[:4])[:4]
        if member.eof:
            member = bz2.BZ2Decompressor()
        try:
            piece = member.decompress(rest, BUFFER)
        except (OSError, ValueError):
            raise _damaged("bzip2", name, beginning) from None
        rest = member.unused_data if member.eof else b""
        if piece:
            yield piece
    if not beginning:
        raise _empty("bzip2", name)
    if not member.eof:
        raise _truncated("bzip2", name)


def _empty(layer: Compression, name: str) -> UnsealError:
    return UnsealError(
        f"the file is empty, and even an empty {layer} file has a header",
        where=name,
        remedy="ask the sender to upload it again",
    )


def _truncated(layer: Compression, name: str) -> UnsealError:
    return UnsealError(
        f"the {layer} data ends too early: the file is truncated",
        where=name,
        remedy="ask the sender to upload it again",
    )


def _damaged(layer: Compression, name: str, beginning: bytes) -> UnsealError:
    what = (
        f"the {layer} data is damaged, or followed by something else"
        if beginning.startswith(_BEGINNINGS[layer])
        else f"this is not {layer} data"
    )
    return UnsealError(what, where=name, remedy="ask the sender to upload it again")
