"""Tar archives, member by member, from a stream that is read once from its beginning.

Source of the format: POSIX.1-2017, pax, 'ustar Interchange Format'. The library decodes headers (also those of GNU
and pax); that the archive ends as it should is checked here, since the library takes a missing end, or one that is
damaged, for an end.
"""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import IO, Any, BinaryIO, cast

from antechamber.errors import UnsealError
from antechamber.unseal.inside import checked, is_hidden
from antechamber.unseal.opened import BUFFER, Chunks

_LONGEST_HEADER = 1 << 20
_MORE_HEADER = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
                tarfile.GNUTYPE_LONGLINK)  # fmt: skip
_AGAIN = "ask the sender to upload it again"


def files_of(stream: BinaryIO, name: str) -> Generator[tuple[str, Chunks], None, None]:
    """Each file in the archive: its name inside and its content, which must be read before the next is asked for.

    Folders and hidden files are passed over as they are in zip archives. Raises UnsealError, at the latest when the
    iterator ends.
    """
    watched = _Watched(stream)
    files = 0
    try:
        with closing(_opened(watched)) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # it remembers all that it saw
                if member.isdir():
                    continue
                inside = checked(member.name, name)
                if is_hidden(inside):
                    continue
                if not member.isreg():
                    raise UnsealError(
                        "the archive holds a link or a device",
                        where=name,
                        remedy="ask the sender to put the files themselves in (tar --dereference --hard-dereference)",
                    )
                files += 1
                content = archive.extractfile(member)
                yield inside, Chunks(_pieces(content, member.size, watched, name))
            _check_end(archive.fileobj, watched, name)
    except (_Wrong, tarfile.TarError, EOFError, ValueError, OSError) as error:
        raise _judged(error, watched, files, name) from None
    if not files:
        raise UnsealError(
            "the archive holds no file", where=name, remedy="ask the sender what should have been in it"
        )


def _opened(watched: _Watched) -> Any:
    return tarfile.open(fileobj=cast(Any, watched), mode="r|", tarinfo=_Header, bufsize=BUFFER)


def _pieces(content: IO[bytes], size: int, watched: _Watched, name: str) -> Iterator[bytes]:
    while size:
        try:
            piece = content.read(min(size, BUFFER))
        except (tarfile.TarError, EOFError, ValueError, OSError) as error:
            raise _judged(error, watched, 1, name) from None
        if not piece:
            raise UnsealError("the archive ends too early: it is truncated", where=name, remedy=_AGAIN)
        size -= len(piece)
        yield piece


def _judged(error: Exception, watched: _Watched, files: int, name: str) -> Exception:
    if watched.failure is not None:
        return watched.failure
    if isinstance(error, UnsealError):
        return error
    if watched.ended and not (isinstance(error, _Wrong) and not error.truncated):
        return UnsealError("the archive ends too early: it is truncated", where=name, remedy=_AGAIN)
    what = "the archive is damaged: a header's checksum does not fit" if files else "this is not a tar archive"
    return UnsealError(what, where=name, remedy=_AGAIN)


def _check_end(rest: IO[bytes], watched: _Watched, name: str) -> None:
    """Behind the last member there are zeros, in whole blocks, and nothing else."""
    while piece := rest.read(BUFFER):
        if piece.strip(b"\0"):
            raise UnsealError("the archive is followed by something else", where=name, remedy=_AGAIN)
    if watched.size % tarfile.BLOCKSIZE:
        raise UnsealError("the archive ends too early: it is truncated", where=name, remedy=_AGAIN)


class _Wrong(Exception):
    """A header that is none: unlike the library's own, it is not taken for the archive's end."""

    def __init__(self, *, truncated: bool) -> None:
        self.truncated = truncated


class _Header(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        if len(buf) < tarfile.BLOCKSIZE:
            raise _Wrong(truncated=True)
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise  # a block of zeros: the end
        except tarfile.HeaderError:
            raise _Wrong(truncated=False) from None
        if header.size < 0 or (header.type in _MORE_HEADER and header.size > _LONGEST_HEADER):
            raise _Wrong(truncated=False)
        return header


class _Watched:
    """The stream, remembering its end and what it raised: the library's errors are OSErrors too."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.ended = False
        self.size = 0
        self.failure: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except Exception as error:
            self.failure = error
            raise
        self.ended = self.ended or not piece
        self.size += len(piece)
        return piece
