"""The container of an Avro file: its schema, and its blocks decompressed, read from front to back.

Source: Apache Avro 1.12 specification, 'Object Container Files'.
"""

from __future__ import annotations

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn, cast

import pyarrow as pa

from antechamber.errors import FormatError

LARGEST = 256 << 20
"""Bytes that a block may have, compressed or not: writers make blocks of kilobytes to a few megabytes."""

_MAGIC = b"Obj\x01"
_SYNC = 16


class Blocks:
    """The blocks of one file, once. Raises FormatError: not Avro, cut off, damaged, an unknown compression."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name
        magic = self._some(len(_MAGIC))
        if magic != _MAGIC:
            what = "not an Avro file" if magic else "the file is empty"
            raise FormatError(what, where=name, remedy="check format.type, or ask the sender to upload it again")
        meta = self._metadata()
        self._sync = self._exactly(_SYNC)
        self.codec = meta.get("avro.codec", b"null").decode("ascii", "replace")
        if self.codec not in _CODECS:
            raise FormatError(
                f"the Avro file's compression '{self.codec[:20]}' is not known",
                where=name,
                remedy=f"have the sender use one of {', '.join(_CODECS)}",
            )
        try:
            self.schema: Any = json.loads(meta["avro.schema"])
        except (KeyError, ValueError, RecursionError):
            self.damaged()
        """As the file has it."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """The number of records of each block, and their bytes."""
        while True:
            first = self._some(1)
            if not first:
                return
            count = self._long(first)
            size = self._long()
            if count < 0 or not 0 <= size <= LARGEST:
                self.damaged()
            data = self._exactly(size)
            if self._exactly(_SYNC) != self._sync:
                self.damaged()
            try:
                block = _CODECS[self.codec](data)
            except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException):
                self.damaged()
            if block is None or len(block) > LARGEST:
                self.damaged()
            yield count, block

    def damaged(self) -> NoReturn:
        """Say so."""
        raise FormatError(
            "the Avro file is damaged", where=self._name, remedy="ask the sender to upload it again"
        ) from None

    def _metadata(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        while count := self._long():
            if count < 0:  # then the block's size in bytes comes first
                count = -count
                self._long()
            for _ in range(count):
                key = self._exactly(self._long()).decode("utf-8", "replace")
                found[key] = self._exactly(self._long())
        return found

    def _long(self, first: bytes = b"") -> int:
        """A zigzag number of variable length."""
        value = shift = 0
        byte = (first or self._exactly(1))[0]
        while True:
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
            if shift > 63:
                self.damaged()
            byte = self._exactly(1)[0]

    def _exactly(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST:
            self.damaged()
        found = self._some(size)
        if len(found) < size:
            raise FormatError(
                "the Avro file is cut off", where=self._name, remedy="ask the sender to upload it again"
            )
        return found

    def _some(self, size: int) -> bytes:
        """`size` bytes, fewer at the end only."""
        pieces: list[bytes] = []
        while size and (piece := self._stream.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def _inflated(data: bytes) -> bytes | None:
    inflater = zlib.decompressobj(-15)
    block = inflater.decompress(data, LARGEST + 1)
    return block if inflater.eof else None  # some writers leave part of zlib's checksum behind it


def _unsnapped(data: bytes) -> bytes | None:
    """Snappy, and behind it the CRC-32 of what was compressed."""
    body, check = data[:-4], data[-4:]
    size = shift = 0
    for byte in body[:5]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if size > LARGEST:
        return None
    block: bytes = pa.Codec("snappy").decompress(body, decompressed_size=size, asbytes=True)
    return block if zlib.crc32(block) == int.from_bytes(check, "big") else None


def _unpacked(data: bytes) -> bytes:
    source = pa.PythonFile(cast(io.IOBase, io.BytesIO(data)), mode="r")
    with pa.CompressedInputStream(source, "zstd") as inside:
        found: bytes = inside.read(LARGEST + 1)
        return found


def _unxz(data: bytes) -> bytes | None:
    member = lzma.LZMADecompressor()
    block = member.decompress(data, LARGEST + 1)
    return block if member.eof else None


def _unbzip2(data: bytes) -> bytes | None:
    member = bz2.BZ2Decompressor()
    block = member.decompress(data, LARGEST + 1)
    return block if member.eof else None


_CODECS: dict[str, Callable[[bytes], bytes | None]] = {
    "null": bytes,
    "deflate": _inflated,
    "snappy": _unsnapped,
    "zstandard": _unpacked,
    "bzip2": _unbzip2,
    "xz": _unxz,
}
