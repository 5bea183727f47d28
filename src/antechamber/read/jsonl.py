"""JSON Lines → Arrow: every scalar as text, numbers exactly as written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from antechamber.declare.format import JsonLines
from antechamber.read.encoding import Utf8Stream
from antechamber.read.json_regular import FEWEST
from antechamber.read.json_rows import JsonRows
from antechamber.read.lines import lines_of
from antechamber.read.reader import BLOCK, LONGEST, Reader
from antechamber.records import ReadBatch


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
        self._rows = JsonRows(
            self._stream, wanted=wanted, null=format.null, name=name, longest=longest, fewest=fewest
        )

    @property
    def columns(self) -> tuple[str, ...]:
        return self._rows.columns

    def __iter__(self) -> Iterator[ReadBatch]:
        for lines in lines_of(self._stream, self._block, self._longest):
            if lines.too_long:
                yield self._rows.overlong(lines.first, lines.text)
            else:
                yield from self._rows.read(lines.text, lines.ends, lines.first)
