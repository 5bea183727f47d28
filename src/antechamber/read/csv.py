"""CSV and its dialects → Arrow. The rules, and why these: docs/why/csv.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from antechamber.declare import Csv
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.columns import check_wanted, delimiter_hint
from antechamber.read.dialect import AFTER_QUOTE, NEVER_CLOSED, Dialect
from antechamber.read.encoding import RAW, Utf8Stream
from antechamber.read.parse import parse
from antechamber.read.reader import BLOCK, LONGEST, Reader, batches
from antechamber.read.split import Cut, Split, split
from antechamber.read.utf8 import invalid_positions
from antechamber.records import ReadBatch, Rejected

NUL = "a NUL character"

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS = re.compile(rb"[\r\n]*+")


class CsvReader(Reader):
    """A delimited text file.

    block: bytes that are parsed at a time; what is read does not depend on it.
    longest: bytes that a record may have.

    Raises FormatError on opening: a header that is malformed or lacks a wanted column, a dialect that contradicts
    itself. A file without any record has no columns and is no error.
    """

    def __init__(
        self,
        stream: BinaryIO,
        format: Csv,
        *,
        wanted: Sequence[str],
        name: str,
        block: int = BLOCK,
        longest: int = LONGEST,
    ) -> None:
        _check_names(format, name)
        self._name = name
        self._dialect = Dialect.of(format, name)
        self._stream = Utf8Stream(stream, format.encoding, name, self._dialect.swaps)
        self._block, self._longest = block, longest
        self._buffer, self._ended = b"", False
        self._line = 1
        """The physical line at which the buffer begins."""
        self._columns = self._header() if format.header else format.names
        self._wanted = tuple(dict.fromkeys(wanted))
        self._indices = (
            check_wanted(self._columns, self._wanted, where=name, hint=delimiter_hint(self._columns, self._wanted))
            if self._columns
            else ()
        )

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        finished = not self._columns
        while not finished:
            self._fill(max(self._block, 2 * len(self._buffer)))
            found = split(self._buffer, self._dialect, final=self._ended, longest=self._longest)
            finished = self._ended
            yield from self._read(found)
            self._line += found.lines
            self._buffer = self._buffer[found.used :]
            if found.unfinished:
                self._skip_line()

    def _read(self, found: Split) -> Iterator[ReadBatch]:
        """The records, good and malformed, of the text that is decided."""
        cuts = found.cuts + self._unreadable(found)
        cuts.sort(key=lambda cut: cut.start)
        cut_lines = found.lines_before(np.array([cut.start for cut in cuts], np.int64))
        parsed = parse(self._without(cuts, found.used), self._dialect, len(self._columns), self._indices)
        total = parsed.rows + len(parsed.wrong)
        wrong = np.array([row for row, _ in parsed.wrong], np.int64)
        # As many lines as records and cuts: each has one of its own, and none is blank. An escaped line end belongs
        # to its record's text, though, so with an escape character the text of wrong records must be looked up.
        if found.lines == total + len(cuts) and not (self._dialect.escape and parsed.wrong):
            lines = np.delete(np.arange(found.lines), cut_lines)
            starts, ends = found.line_bounds(lines[wrong])
        else:
            starts, ends = self._bounds(found, cuts, total)
            lines = found.lines_before(starts)
            starts, ends = starts[wrong], ends[wrong]
        for start, end, (_, actual) in zip(starts.tolist(), ends.tolist(), parsed.wrong, strict=True):
            cuts.append(Cut(start, end, end, f"expected {len(self._columns)} fields, found {actual}"))
        malformed = [
            Rejected(self._line + line, cut.reason, self._raw(cut))
            for line, cut in zip([*cut_lines.tolist(), *lines[wrong].tolist()], cuts, strict=True)
        ]
        malformed.sort(key=lambda rejected: rejected.line)
        columns = dict(zip(self._wanted, parsed.columns, strict=True))
        yield from batches(columns, self._line + np.delete(lines, wrong), malformed)

    def _bounds(self, found: Split, cuts: list[Cut], total: int) -> tuple[Positions, Positions]:
        """Begin and end of the records that were parsed."""
        starts, ends = found.records
        kept = ~np.isin(starts, np.array([cut.start for cut in cuts], np.int64))
        if np.count_nonzero(kept) != total:
            raise FormatError(
                f"{total} records were parsed where {np.count_nonzero(kept)} were found",
                where=f"{self._name}:{self._line}",
                remedy="this is a defect of antechamber: report it with the file's dialect",
            )
        return starts[kept], ends[kept]

    def _unreadable(self, found: Split) -> list[Cut]:
        """The records that hold bytes of no character, or NUL."""
        not_text = f"bytes that are not {self._stream.encoding.upper()}"
        marks = {not_text: invalid_positions(self._buffer, found.used)}
        if self._buffer.find(b"\0", 0, found.used) >= 0:
            marks[NUL] = np.flatnonzero(np.frombuffer(self._buffer, np.uint8, found.used) == 0)
        cuts: dict[int, Cut] = {}
        for reason, positions in marks.items():
            if not len(positions) or not len(found.records[0]):
                continue
            starts, ends = found.records
            rows = np.searchsorted(starts, positions, "right") - 1
            for row in np.unique(rows[(rows >= 0) & (positions < ends[rows])]).tolist():
                end = int(ends[row])
                cuts.setdefault(row, Cut(int(starts[row]), end, found.after(end), reason))
        return list(cuts.values())

    def _without(self, cuts: list[Cut], used: int) -> bytes | memoryview:
        """The decided text between the cuts."""
        text = memoryview(self._buffer)[:used]
        if not cuts:
            return text
        begins = [0, *(cut.next for cut in cuts)]
        stops = [*(cut.start for cut in cuts), used]
        return b"".join(text[begin:stop] for begin, stop in zip(begins, stops, strict=True))

    def _raw(self, cut: Cut) -> str:
        return self._stream.as_found(self._buffer[cut.start : min(cut.end, cut.start + RAW + 4)])

    def _fill(self, size: int) -> None:
        """Read until the buffer holds `size` bytes or all that is left."""
        pieces, held = [self._buffer], len(self._buffer)
        while held < size and not self._ended:
            piece = self._stream.read(size - held)
            self._ended = not piece
            pieces.append(piece)
            held += len(piece)
        self._buffer = b"".join(pieces)

    def _skip_line(self) -> None:
        """Go to the line behind the one in which the buffer begins, holding none of it."""
        while True:
            end = _LINE_END.search(self._buffer)
            if end and (self._ended or end.end() < len(self._buffer) or end[0] == b"\n"):
                self._buffer = self._buffer[end.end() :]
                return
            if self._ended:
                self._buffer = b""
                return
            self._buffer = self._buffer[end.start() :] if end else b""
            self._fill(len(self._buffer) + self._block)

    def _header(self) -> tuple[str, ...]:
        """The first record's fields; none when the file has no record. The buffer goes on behind it."""
        while True:
            self._fill(max(self._block, 2 * len(self._buffer)))
            blank = _LINE_ENDS.match(self._buffer)
            start = blank.end() if blank else 0
            if start < len(self._buffer):
                stop = min(len(self._buffer), start + self._longest + 1)
                end = self._dialect.record_end(self._buffer, start, stop)
                if end is not None and (self._ended or end + 1 < stop):
                    break
                self._check_header(start, stop, end)
            elif self._ended:
                return ()
        following = _LINE_END.match(self._buffer, end)
        record, rest = self._buffer[start:end], following.end() if following else end
        self._line += len(_LINE_END.findall(self._buffer[:rest]))
        self._buffer = self._buffer[rest:]
        if b"\0" in record:
            raise FormatError(
                "the header holds NUL characters", where=self._name, remedy="set format.encoding: utf-16, most likely"
            )
        try:
            return tuple(self._dialect.restore(field.decode()) for field in self._dialect.fields(record))
        except UnicodeDecodeError:
            raise FormatError(
                f"the header holds bytes that are not {self._stream.encoding.upper()}",
                where=self._name,
                remedy="set format.encoding to the file's own, such as cp1252 or latin-1",
            ) from None

    def _check_header(self, start: int, stop: int, end: int | None) -> None:
        """Raise FormatError unless more text may complete the header."""
        flaw = self._dialect.flaw(self._buffer, start, stop) if end is None else NEVER_CLOSED
        if flaw == AFTER_QUOTE or self._ended or stop - start > self._longest:
            what = flaw if end is None else f"more than {self._longest:,} bytes"
            raise FormatError(
                f"the header has {what}", where=self._name, remedy="check format.quote and format.delimiter"
            )


def _check_names(format: Csv, name: str) -> None:
    if format.header and format.names:
        raise FormatError(
            "the format has both a header and names",
            where=name,
            remedy="say format.header: false for a file without a header, or leave format.names out",
        )
    if not format.header and not format.names:
        raise FormatError(
            "the format has neither a header nor names", where=name, remedy="list the columns in format.names"
        )
