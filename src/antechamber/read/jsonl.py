"""JSON Lines → Arrow: every scalar as text, numbers exactly as written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.declare import JsonLines
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.encoding import RAW, Utf8Stream
from antechamber.read.json_record import NotARecord, parse_record, text_of
from antechamber.read.json_regular import FEWEST, Alike, RegularLines, together
from antechamber.read.reader import BLOCK, LONGEST, Reader, batches
from antechamber.records import LINE, ReadBatch, Rejected

_NEWLINE = ord("\n")


class JsonLinesReader(Reader):
    """One JSON object a line (`\\n` or `\\r\\n`); a line of white space is no record.

    block: bytes that are parsed at a time; what is read does not depend on it.
    longest: bytes that a line may have.
    fewest: lines of one shape that are worth reading together; what is read does not depend on it.
    """

    def __init__(
        self,
        stream: BinaryIO,
        format: JsonLines,
        *,
        wanted: Sequence[str],
        name: str,
        block: int = BLOCK,
        longest: int = LONGEST,
        fewest: int = FEWEST,
    ) -> None:
        self._stream = Utf8Stream(stream, format.encoding, name, {})
        self._block, self._longest = block, longest
        self._wanted = tuple(dict.fromkeys(wanted))
        if LINE in self._wanted:
            raise FormatError(f"'{LINE}' cannot be read as a column", where=name, remedy="it holds the line numbers")
        self._regular = RegularLines(self._wanted, fewest=fewest)
        self._null = pa.array(format.null, pa.string())
        self._seen: dict[str, None] = {}
        self._line = 1

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._seen)

    def __iter__(self) -> Iterator[ReadBatch]:
        held: list[bytes] = []
        size, overlong = 0, False
        while piece := self._stream.read(self._block):
            end = piece.rfind(b"\n") + 1
            if not end:
                size += len(piece)
                overlong = overlong or size > self._longest
                if not overlong or sum(map(len, held)) <= RAW:
                    held.append(piece)
                continue
            first = piece.find(b"\n") + 1
            if overlong:
                yield self._overlong(b"".join([*held, piece[: first - 1]]))
                text = piece[first:end]
            else:
                text = b"".join([*held, piece[:end]])
            yield from self._read(text)
            held, size, overlong = [piece[end:]], len(piece) - end, len(piece) - end > self._longest
        if overlong:
            yield self._overlong(b"".join(held))
        elif size:
            yield from self._read(b"".join(held))

    def _read(self, text: bytes) -> Iterator[ReadBatch]:
        """The records of whole lines."""
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE) + 1
        if len(text) > (ends[-1] if len(ends) else 0):
            ends = np.append(ends, len(text))
        found, others = self._regular.read(text, ends, self._longest)
        keys = [(int(alike.lines[0]), alike.keys) for alike in found]
        malformed: list[Rejected] = []
        if len(others):
            found.append(self._one_by_one(text, ends, others, keys, malformed))
        for _, names in sorted(keys):
            self._seen.update(dict.fromkeys(names))
        lines, columns = together(found, self._wanted)
        first, self._line = self._line, self._line + len(ends)
        nulled = {name: self._with_nulls(column) for name, column in columns.items()}
        yield from batches(nulled, first + lines, malformed)

    def _one_by_one(
        self,
        text: bytes,
        ends: Positions,
        lines: Positions,
        keys: list[tuple[int, tuple[str, ...]]],
        malformed: list[Rejected],
    ) -> Alike:
        """The records of some lines; adds to `keys`, with the line that has them first, and to `malformed`."""
        kept: list[int] = []
        written: list[str] = []
        records: list[dict[str, object]] = []
        seen = set(self._seen)
        starts = np.where(lines > 0, ends[lines - 1], 0)
        for line, start, end in zip(lines.tolist(), starts.tolist(), ends[lines].tolist(), strict=True):
            raw = text[start:end].removesuffix(b"\n")
            try:
                decoded = self._text(raw)
                record = parse_record(decoded)
            except NotARecord as error:
                found = self._stream.as_found(raw.rstrip(b"\r"))
                malformed.append(Rejected(self._line + line, error.reason, found))
                continue
            if record is None:
                continue
            kept.append(line)
            written.append(decoded)
            records.append(record)
            if not seen >= record.keys():
                seen.update(record)
                keys.append((line, tuple(record)))
        columns = {name: _column(name, records, written) for name in self._wanted}
        return Alike(np.array(kept, np.int64), (), columns)

    def _text(self, raw: bytes) -> str:
        if len(raw) > self._longest:
            raise NotARecord(self._too_long)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise NotARecord(f"bytes that are not {self._stream.encoding.upper()}") from None

    def _with_nulls(self, column: pa.Array[Any]) -> pa.Array[Any]:
        null = pc.is_in(column, self._null)
        return pc.if_else(null, None, column) if null.true_count else column

    def _overlong(self, start: bytes) -> ReadBatch:
        rejected = Rejected(self._line, self._too_long, self._stream.as_found(start.rstrip(b"\r")))
        self._line += 1
        columns = {name: pa.array([], pa.string()) for name in self._wanted}
        return next(batches(columns, np.empty(0, np.int64), [rejected]))

    @property
    def _too_long(self) -> str:
        return f"longer than {self._longest:,} bytes"


def _column(name: str, records: list[dict[str, object]], lines: list[str]) -> pl.Series:
    values = [record.get(name) for record in records]
    try:
        column = pa.array(values, pa.string())
    except pa.ArrowTypeError:  # booleans, arrays or objects are among them
        texts = [text_of(value, line, name) for value, line in zip(values, lines, strict=True)]
        column = pa.array(texts, pa.string())
    return pl.Series(column, dtype=pl.String)
