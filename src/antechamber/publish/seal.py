"""Sealed streams: bytes encrypted and authenticated in chunks, so that neither side holds the whole.

    magic (8 bytes) · salt (32) · key check (16) · chunk … · last chunk

A chunk is up to 64 KiB of plaintext under AES-256-GCM (16 bytes of tag behind it). The key of a stream is derived
from the tenant's key, the salt and the stream's name by HKDF-SHA-256, so no nonce is ever used twice under one key.
The nonce is the chunk's number (11 bytes) and whether it is the last (1 byte): chunks that are left out, repeated,
exchanged or cut off do not open. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015).
"""

from __future__ import annotations

import hmac
import io
import os
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAGIC = b"ANTESEA1"
CHUNK = 64 * 1024
_SALT, _CHECK, _TAG = 32, 16, 16
HEADER = len(MAGIC) + _SALT + _CHECK


class Sink(Protocol):
    """Where sealed bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


class Source(Protocol):
    """Where sealed bytes come from."""

    def read(self, size: int, /) -> Buffer:
        """At most `size` bytes; none at the end."""


class SealError(Exception):
    """A sealed stream that does not open; the text says why in one clause."""


class SealedWriter(io.RawIOBase):
    """Seals what is written; `close` writes the last chunk. The sink stays open."""

    def __init__(self, sink: Sink, key: bytes, name: str) -> None:
        salt = os.urandom(_SALT)
        self._sink = sink
        self._cipher, check = _derive(key, salt, name)
        self._header = MAGIC + salt + check
        self._held = bytearray()
        self._number = 0
        sink.write(self._header)

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Take all of `data`."""
        view = memoryview(data).cast("B")
        self._held += view
        # One byte more than a chunk must be there before a chunk is known not to be the last.
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(view)

    def close(self) -> None:
        """Write the last chunk. Safe to call twice."""
        if not self.closed:
            self._put(bytes(self._held), last=True)
            self._held.clear()
        super().close()

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._number, last), plain, self._header))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens a sealed stream; raises SealError as soon as something is not as it was written."""

    def __init__(self, source: Source, key: bytes, name: str) -> None:
        self._source = source
        self._header = self._exactly(HEADER)
        if len(self._header) < HEADER or not self._header.startswith(MAGIC):
            raise SealError("it is not a sealed file, or its beginning is missing")
        salt = self._header[len(MAGIC) : len(MAGIC) + _SALT]
        self._cipher, check = _derive(key, salt, name)
        if not hmac.compare_digest(check, self._header[-_CHECK:]):
            raise SealError("it was sealed with another key or under another name, or its beginning was altered")
        self._next = self._exactly(CHUNK + _TAG)
        self._plain = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer` as far as the chunk in hand goes; 0 at the authenticated end."""
        while not self._plain and not self._ended:
            self._open_next()
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._plain))
        target[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._exactly(CHUNK + _TAG)
        self._ended = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, self._ended), sealed, self._header)
        except InvalidTag:
            raise SealError("it is truncated or was altered") from None
        self._plain = memoryview(plain)
        self._number += 1

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size and (part := bytes(self._source.read(size - len(found)))):
            found += part
        return bytes(found)


def _derive(key: bytes, salt: bytes, name: str) -> tuple[AESGCM, bytes]:
    made = HKDF(
        SHA256(), length=32 + _CHECK, salt=salt, info=b"antechamber sealed stream 1\0" + name.encode()
    ).derive(key)
    return AESGCM(made[:32]), made[32:]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
