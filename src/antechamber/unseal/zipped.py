"""Zip archives, member by member, from a stream that is read once from its beginning.

Source of the format: PKWARE APPNOTE 6.3.10. The library decodes members by their local headers and checks
CRC and sizes; the end of the central directory is checked here, so that an archive cut between two members
is not taken for a whole one.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import stream_unzip

from antechamber.errors import UnsealError
from antechamber.unseal.inside import checked, is_hidden
from antechamber.unseal.opened import Chunks

CHUNK = 1 << 18
_END = struct.Struct("<4s4H2LH")
_LONGEST_END = _END.size + 0xFFFF


def members_of(stream: BinaryIO, name: str) -> Generator[tuple[str, Chunks], None, None]:
    """Each file in the archive: its name inside and its content, which must be read before the next is asked for.

    Folders, and files that a folder or file name beginning with `_` or `.` hides (`__MACOSX/`, `.DS_Store`),
    are passed over. Raises UnsealError, at the latest when the iterator ends.
    """
    pieces = _Pieces(stream)
    entries = files = 0
    with _explained(name):
        for raw, _, content in stream_unzip.stream_unzip(pieces, chunk_size=CHUNK):
            entries += 1
            inside = checked(_text(raw), name)
            if raw.endswith((b"/", b"\\")) or is_hidden(inside):
                for _ in content:
                    pass
                continue
            files += 1
            yield inside, Chunks(_translated(content, name))
    _check_end(bytes(pieces.tail), entries, name)
    if not files:
        raise UnsealError(
            "the archive holds no file", where=name, remedy="ask the sender what should have been in it"
        )


class _Pieces:
    """The archive's bytes in pieces, keeping the last ones for the central directory's end record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.tail = b""

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._stream.read(CHUNK):
            self.tail = piece[-_LONGEST_END:] if len(piece) >= _LONGEST_END else (self.tail + piece)[-_LONGEST_END:]
            yield piece


def _translated(content: Iterator[bytes], name: str) -> Iterator[bytes]:
    with _explained(name):
        yield from content


@contextmanager
def _explained(name: str) -> Iterator[None]:
    again = "ask the sender to upload it again"
    try:
        yield
    except (stream_unzip.MissingPasswordError, stream_unzip.UnsupportedFlagsError):
        raise UnsealError(
            "the archive is encrypted with a zip password, which is not supported",
            where=name,
            remedy="ask the sender to encrypt with PGP instead",
        ) from None
    except stream_unzip.NotStreamUnzippable:
        raise UnsealError(
            "the archive stores a file without compression and without saying how long it is",
            where=name,
            remedy="ask the sender to make it with compression (deflate)",
        ) from None
    except stream_unzip.UnsupportedCompressionTypeError:
        raise UnsealError(
            "the archive uses a compression other than deflate or bzip2",
            where=name,
            remedy="ask the sender to make it with deflate, the usual method",
        ) from None
    except stream_unzip.TruncatedDataError:
        raise UnsealError("the archive ends too early: it is truncated", where=name, remedy=again) from None
    except stream_unzip.UnexpectedSignatureError:
        raise UnsealError("this is not a zip archive, or it is damaged", where=name, remedy=again) from None
    except (stream_unzip.UnzipError, struct.error):
        raise UnsealError(
            "the archive is damaged: a checksum or a size does not fit", where=name, remedy=again
        ) from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _check_end(tail: bytes, entries: int, name: str) -> None:
    found = tail.rfind(b"PK\x05\x06")
    if found >= 0 and len(tail) - found >= _END.size:
        record = _END.unpack_from(tail, found)
        total, comment = record[4], record[7]
        if found + _END.size + comment == len(tail) and total in (entries & 0xFFFF, 0xFFFF):
            return
    raise UnsealError(
        "the archive's directory does not fit its members: it is truncated, damaged or followed by something else",
        where=name,
        remedy="ask the sender to upload it again",
    )
