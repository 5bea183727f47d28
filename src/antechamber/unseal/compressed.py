"""gzip, zstd, lz4, bzip2 and xz: one or more members after each other, decompressed as they are read.

gzip, zstd and lz4 go through Arrow's decompressors, which hold a fixed amount of memory whatever the ratio, verify
the formats' checksums, and call a stream that ends inside a member or goes on with something else an error.
Arrow's bzip2 refuses an empty member among others, and it has no xz, so these go through Python's.
"""

from __future__ import annotations

import bz2
import io
import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal, cast

import pyarrow as pa

from antechamber.errors import UnsealError
from antechamber.unseal.opened import BUFFER, Chunks, Opened

Compression = Literal["gzip", "zstd", "lz4", "bzip2", "xz"]

_XZ_MEMORY = 256 << 20
"""Bytes that a decoder of xz may hold: `xz -9` needs 65 MiB."""

_BEGINNINGS: dict[Compression, tuple[bytes, ...]] = {
    "gzip": (b"\x1f\x8b",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n, 0x2A, 0x4D, 0x18]) for n in range(16))),  # RFC 8878, 3.1
    "lz4": (b"\x04\x22\x4d\x18", *(bytes([0x50 + n, 0x2A, 0x4D, 0x18]) for n in range(16))),
    "bzip2": (b"BZh",),
    "xz": (b"\xfd7zXZ\0",),
}


def decompressed(stream: BinaryIO, layer: Compression, name: str) -> Opened:
    """The content of a compressed stream, which raises UnsealError when it is damaged."""
    if layer == "bzip2":
        return Chunks(_members(stream, layer, bz2.BZ2Decompressor, name))
    if layer == "xz":
        return Chunks(_members(stream, layer, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY), name))
    return _Decompressed(stream, layer, name)


class _Decompressed(Opened):
    def __init__(self, stream: BinaryIO, layer: Literal["gzip", "zstd", "lz4"], name: str) -> None:
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


def _members(
    stream: BinaryIO,
    layer: Compression,
    begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
    name: str,
) -> Iterator[bytes]:
    member = begin()
    beginning = rest = b""
    while True:
        if not rest and (member.eof or member.needs_input):
            rest = stream.read(BUFFER)
            if not rest:
                break
            beginning = (beginning + rest[:6])[:6]
        if member.eof:
            member = begin()
        try:
            piece = member.decompress(rest, BUFFER)
        except lzma.LZMAError as error:
            if "emory" in str(error):
                raise UnsealError(
                    f"the xz data needs more than {_XZ_MEMORY >> 20} MiB to be opened",
                    where=name,
                    remedy="ask the sender to compress with xz -9 at most",
                ) from None
            raise _damaged(layer, name, beginning) from None
        except (OSError, ValueError):
            raise _damaged(layer, name, beginning) from None
        rest = member.unused_data if member.eof else b""
        if piece:
            yield piece
    if not beginning:
        raise _empty(layer, name)
    if not member.eof:
        raise _truncated(layer, name)


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
