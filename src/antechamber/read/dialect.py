"""A CSV dialect as bytes: its three characters, and the grammar of one record as regular expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from antechamber.declare import Csv
from antechamber.errors import FormatError

AFTER_QUOTE = "text after a closing quote"
NEVER_CLOSED = "a quote that is never closed"
DANGLING = "an escape character with nothing after it"

_STAND_INS = "\x1f\x1e\x1d\x1c"


@dataclass(frozen=True)
class Dialect:
    """How records are written, over UTF-8 bytes.

    delimiter, quote, escape: one ASCII byte each; quote and escape b"" when the dialect has none.
    swaps: a special character beyond ASCII trades places with a control character throughout the text, so that
        all specials are single bytes; the same exchange (`str.translate`) undoes it.
    null: the texts that mean 'no value', swapped like the text.
    """

    delimiter: bytes
    quote: bytes
    escape: bytes
    swaps: Mapping[int, int]
    null: tuple[str, ...]
    _record: re.Pattern[bytes]
    _field: re.Pattern[bytes]
    _open_field: re.Pattern[bytes] | None
    _inner: re.Pattern[bytes] | None

    @classmethod
    def of(cls, format: Csv, name: str) -> Dialect:
        """The dialect of a declaration. Raises FormatError when its characters contradict each other."""
        escape = "" if format.escape == format.quote else format.escape  # a doubled quote is that already
        specials = [char for char in (format.delimiter, format.quote, escape) if char]
        for char in specials:
            if char in "\r\n\0":
                raise _contradiction("a line end or NUL cannot be a delimiter, quote or escape character", name)
        if len(set(specials)) < len(specials):
            raise _contradiction("delimiter, quote and escape must be different characters", name)
        swaps: dict[int, int] = {}
        free = (char for char in _STAND_INS if char not in specials)
        for char in specials:
            if not char.isascii():
                stand_in = next(free)
                swaps |= {ord(char): ord(stand_in), ord(stand_in): ord(char)}
        d, q, e = (char.translate(swaps).encode() for char in (format.delimiter, format.quote, escape))
        null = tuple(dict.fromkeys(text.translate(swaps) for text in format.null))
        return cls(d, q, e, swaps, null, *_grammar(re.escape(d), re.escape(q), re.escape(e)))

    def record_end(self, text: bytes, start: int, stop: int) -> int | None:
        """Where the record at `start` ends (its line end's first byte, or `stop`); None when it has no end there."""
        match = self._record.match(text, start, stop)
        return match.end() if match else None

    def flaw(self, text: bytes, start: int, stop: int) -> str:
        """Why `record_end` gave None: AFTER_QUOTE, or NEVER_CLOSED or DANGLING as far as `stop`."""
        match = self._open_field.match(text, start, stop) if self._open_field else None
        if match is None:
            return DANGLING
        return AFTER_QUOTE if text[match.end() : min(match.end() + 1, stop)] == self.quote else NEVER_CLOSED

    def fields(self, record: bytes) -> list[bytes]:
        """The values of one well-formed record, unquoted and unescaped, in swapped text."""
        values, at = [], 0
        while at <= len(record) and (match := self._field.match(record, at)):
            values.append(self._value(match[0]))
            at = match.end() + 1
        return values

    def restore(self, text: str) -> str:
        """The text as the file has it."""
        return text.translate(self.swaps) if self.swaps else text

    def _value(self, field: bytes) -> bytes:
        if self.quote and field.startswith(self.quote):
            field = field[1:-1]
            return self._inner.sub(_second, field) if self._inner else field
        return re.sub(re.escape(self.escape) + rb"(?s:.)", _second, field) if self.escape else field


def _grammar(
    d: bytes, q: bytes, e: bytes
) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes] | None, re.Pattern[bytes] | None]:
    """One record, one field, good fields up to and into a quoted one, and a pair inside quotes.

    Possessive repetition throughout: each byte is looked at once, whatever the text.
    """
    escaped = rb"|" + e + rb"." if e else b""
    plain = rb"[^" + d + rb"\r\n" + e + rb"]*+"
    unquoted = plain + (rb"(?:" + e + rb"." + plain + rb")*+" if e else b"")
    if not q:
        field, open_field, inner = unquoted, None, None
    else:
        inside = rb"[^" + q + e + rb"]*+"
        opened = q + inside + rb"(?:(?:" + q + q + escaped + rb")" + inside + rb")*+"
        field = rb"(?:" + opened + q + rb"(?=[" + d + rb"\r\n]|\Z)|(?!" + q + rb")" + unquoted + rb")"
        open_field = re.compile(rb"(?:" + field + d + rb")*+" + opened, re.DOTALL)
        inner = re.compile(q + q + escaped, re.DOTALL)
    record = field + rb"(?:" + d + field + rb")*+(?=[\r\n]|\Z)"
    return re.compile(record, re.DOTALL), re.compile(field, re.DOTALL), open_field, inner


def _second(pair: re.Match[bytes]) -> bytes:
    return pair[0][1:]


def _contradiction(what: str, name: str) -> FormatError:
    return FormatError(what, where=name, remedy="correct format.delimiter, format.quote or format.escape")
