"""Lines in which every column has its place → Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from antechamber.declare.format import FixedWidth
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.columns import check_wanted
from antechamber.read.encoding import ByteStream, Utf8Stream
from antechamber.read.lines import Lines, as_series, lines_of
from antechamber.read.reader import BLOCK, LONGEST, Reader, batches
from antechamber.read.utf8 import invalid_positions
from antechamber.records import ReadBatch, Rejected


class FixedWidthReader(Reader):
    """A file of fixed-width lines (`\\n` or `\\r\\n`); a line of no characters is no record.

    block: bytes that are parsed at a time; what is read does not depend on it. longest: bytes that a line may have.

    Raises FormatError on opening: a wanted column that the format does not place, an encoding in which no places
    can be counted in bytes.
    """

    def __init__(
        self,
        stream: BinaryIO,
        format: FixedWidth,
        *,
        wanted: Sequence[str],
        name: str,
        block: int = BLOCK,
        longest: int = LONGEST,
    ) -> None:
        self._format = format
        self._slices = format.slices
        self._length = format.length or max(end for _, end in self._slices.values())
        if self._length < max(end for _, end in self._slices.values()):
            raise FormatError("a column ends behind the line's end", where=name, remedy="correct format.length")
        self._wanted = tuple(dict.fromkeys(wanted))
        check_wanted(self.columns, self._wanted, where=name, hint="give it a place under format.columns")
        self._block, self._longest = block, longest
        kind = ByteStream if format.unit == "bytes" else Utf8Stream
        self._stream = kind(stream, format.encoding, name, {})

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._slices)

    def __iter__(self) -> Iterator[ReadBatch]:
        for lines in lines_of(self._stream, self._block, self._longest):
            yield from self._read(lines)

    def _read(self, lines: Lines) -> Iterator[ReadBatch]:
        count = len(lines.ends)
        reasons: dict[int, str] = {}
        for place in np.unique(np.searchsorted(lines.ends, invalid_positions(lines.text, len(lines.text)), "right")):
            reasons[int(place)] = self._no_text
        sizes = np.diff(lines.ends, prepend=0)
        reasons |= dict.fromkeys(np.flatnonzero((sizes > self._longest) | lines.too_long).tolist(), self._too_long)
        unfit = np.zeros(count, np.bool_)
        unfit[list(reasons)] = True
        passed = np.arange(count) + lines.first <= self._format.skip
        texts = as_series(lines.text, lines.ends, unfit).str.strip_suffix("\n").str.strip_suffix("\r")
        places = np.flatnonzero(~unfit)
        lengths = texts.str.len_chars().to_numpy().astype(np.int64)
        least = 1 if self._format.pad else self._length
        for at in np.flatnonzero((lengths > self._length) | ((lengths > 0) & (lengths < least))).tolist():
            reasons[int(places[at])] = f"expected {self._length} {self._format.unit}, found {lengths[at]}"
        columns: dict[str, pa.Array[Any]] = {}
        for name in self._wanted:
            values, wrong = self._stream.decoded(self._sliced(texts, *self._slices[name]))
            columns[name] = self._finished(values)
            for place in places[wrong].tolist():
                reasons.setdefault(place, self._no_text)
        kept = ~passed[places] & (lengths > 0) & ~np.isin(places, list(reasons))
        mask = pa.array(kept)
        malformed = [self._rejected(lines, place, reasons[place]) for place in sorted(reasons) if not passed[place]]
        taken = {name: column.filter(mask) for name, column in columns.items()}
        yield from batches(taken, lines.first + places[kept], malformed)

    @staticmethod
    def _sliced(texts: pl.Series, start: int, end: int) -> pl.Series:
        return texts.str.slice(start, end - start)

    def _finished(self, values: pl.Series) -> pa.Array[Any]:
        trim = self._format.trim
        if trim in ("both", "left"):
            values = values.str.strip_chars_start(" ")
        if trim in ("both", "right"):
            values = values.str.strip_chars_end(" ")
        nulls = list(self._format.null)
        values = (
            pl.select(pl.when(~pl.lit(values).is_in(nulls)).then(pl.lit(values))).to_series() if nulls else values
        )
        return values.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())

    def _rejected(self, lines: Lines, place: int, reason: str) -> Rejected:
        raw = lines.text[_start(lines.ends, place) : lines.ends[place]].removesuffix(b"\n").removesuffix(b"\r")
        return Rejected(lines.first + place, reason, self._stream.as_found(raw))

    @property
    def _no_text(self) -> str:
        return f"bytes that are not {self._stream.encoding.upper()}"

    @property
    def _too_long(self) -> str:
        return f"longer than {self._longest:,} bytes"


def _start(ends: Positions, place: int) -> int:
    return int(ends[place - 1]) if place else 0
