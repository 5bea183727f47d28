"""Any encoding → UTF-8, block by block, so that the parsers behind know only one.

A byte that the encoding does not have is not replaced: it goes on as the surrogate U+DC00 + byte in a form that
no UTF-8 check accepts, so that exactly the record around it is found to be malformed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import BinaryIO

import polars as pl

from antechamber.errors import FormatError
from antechamber.read.mistaken import HEAD, refuse_mistaken

RAW = 64 << 10
"""Bytes of a malformed record that are kept."""

_MARKS = (  # the longer mark first: UTF-32-LE begins like UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNDECODABLE = "antechamber.undecodable"


class Utf8Stream:
    """A file's text as UTF-8, without its byte order mark.

    encoding: what the file is said to be; a byte order mark overrules it. UTF-16 and UTF-32 without a mark are
        little-endian.
    swaps: characters to exchange, as `str.translate` takes them.

    Raises FormatError for an encoding that Python does not have.
    """

    def __init__(self, stream: BinaryIO, encoding: str, name: str, swaps: Mapping[int, int]) -> None:
        declared = _codec(encoding, name)
        self._stream = stream
        self._swaps = swaps
        self._ended = False
        head = b""
        while len(head) < HEAD and not self._ended:
            head += self._raw(HEAD - len(head))
        refuse_mistaken(head, name)
        mark, marked = next(((mark, codec) for mark, codec in _MARKS if head.startswith(mark)), (b"", declared))
        self.encoding = marked
        """The codec that is used, by Python's name."""
        self._decoder = (
            None if marked == "utf-8" and not swaps else codecs.getincrementaldecoder(marked)(_UNDECODABLE)
        )
        self._head = self._as_utf8(head[len(mark) :])

    def read(self, size: int) -> bytes:
        """About `size` bytes, fewer near the end; b"" at the end only."""
        head, self._head = self._head, b""
        while not head and not self._ended:
            head = self._as_utf8(self._raw(size))
        return head

    def as_found(self, raw: bytes) -> str:
        """A malformed record as text that can be written anywhere: bytes that are no character become `\\xNN`.

        raw: as `read` gave it. Cut after 64 KiB.
        """
        cut = min(len(raw), RAW)
        while 0 < cut < len(raw) and raw[cut] & 0xC0 == 0x80:
            cut -= 1
        if self._decoder is None:
            return raw[:cut].decode("utf-8", "backslashreplace")[:RAW]
        text = raw[:cut].decode("utf-8", "surrogatepass").translate(self._swaps)
        return _SURROGATE.sub(_as_escape, text)[:RAW]

    def decoded(self, parts: pl.Series) -> tuple[pl.Series, list[int]]:
        """Parts of the text as the text that they are, and the places of those that are none."""
        return parts, []

    def _raw(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._ended = not chunk
        return chunk

    def _as_utf8(self, chunk: bytes) -> bytes:
        if self._decoder is None:
            return chunk
        text = self._decoder.decode(chunk, self._ended)
        if self._swaps:
            text = text.translate(self._swaps)
        return text.encode("utf-8", "surrogatepass")


class ByteStream(Utf8Stream):
    """A file's bytes, each as one character, so that places in it can be counted in bytes; `decoded` gives the text.

    Raises FormatError for an encoding in which a line end is not the byte of that name.
    """

    def __init__(self, stream: BinaryIO, encoding: str, name: str, swaps: Mapping[int, int]) -> None:
        self._stream = stream
        self._swaps = swaps
        self._ended = False
        self.encoding = _codec(encoding, name)
        if "\n".encode(self.encoding) != b"\n":
            raise FormatError(
                f"places in {encoding} cannot be counted in bytes", where=name, remedy="set format.unit: characters"
            )
        self._ascii = _reads_ascii(self.encoding)
        head = b""
        while len(head) < len(codecs.BOM_UTF8) and not self._ended:
            head += self._raw(len(codecs.BOM_UTF8) - len(head))
        self._head = self._as_utf8(head.removeprefix(codecs.BOM_UTF8 if self.encoding == "utf-8" else b""))

    def decoded(self, parts: pl.Series) -> tuple[pl.Series, list[int]]:
        if self._ascii and parts.str.len_bytes().sum() == parts.str.len_chars().sum():
            return parts, []
        texts: list[str] = []
        wrong = []
        for place, part in enumerate(parts.to_list()):
            try:
                texts.append(part.encode("latin-1").decode(self.encoding))
            except UnicodeDecodeError:
                texts.append("")
                wrong.append(place)
        return pl.Series(parts.name, texts, dtype=pl.String), wrong

    def as_found(self, raw: bytes) -> str:
        return (
            raw[: 2 * RAW].decode("utf-8", "ignore").encode("latin-1").decode(self.encoding, "backslashreplace")[:RAW]
        )

    def _as_utf8(self, chunk: bytes) -> bytes:
        return chunk.decode("latin-1").encode()


def _reads_ascii(encoding: str) -> bool:
    plain = bytes(range(128))
    return plain.decode(encoding, "replace") == plain.decode("ascii")


def _codec(encoding: str, name: str) -> str:
    try:
        "".encode(encoding)  # also refuses codecs that are not of text, such as base64
        info = codecs.lookup(encoding)
    except (LookupError, ValueError):
        info = None
    if info is None or info.incrementaldecoder is None:
        raise FormatError(
            f"'{encoding}' is not an encoding",
            where=name,
            remedy="set format.encoding to one that Python knows: utf-8, utf-16, latin-1, cp1252, shift_jis, …",
        )
    return _UNMARKED.get(info.name, info.name)


def _as_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC00 <= code <= 0xDCFF else f"\\u{code:04x}"


def _keep_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_UNDECODABLE, _keep_undecodable)
