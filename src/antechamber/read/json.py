"""JSON documents → Arrow: the objects of one array, read as JSON Lines are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from antechamber.declare.format import Json
from antechamber.read.encoding import Utf8Stream
from antechamber.read.json_document import RecordLines
from antechamber.read.json_regular import FEWEST
from antechamber.read.json_rows import JsonRows
from antechamber.read.lines import lines_of
from antechamber.read.reader import LONGEST, Reader
from antechamber.records import ReadBatch

_BLOCK = 4 << 20


class JsonReader(Reader):
    """One JSON document with an array of objects. LINE is the object's 1-based position in the array.

    block: bytes that are parsed at a time; what is read does not depend on it.
    longest: bytes that a record may have.
    fewest: records of one shape that are worth reading together; what is read does not depend on it.

    Raises FormatError while reading: no JSON, cut off, something behind the document, no array where it should be.
    """

    def __init__(
        self,
        stream: BinaryIO,
        format: Json,
        *,
        wanted: Sequence[str],
        name: str,
        block: int = _BLOCK,
        longest: int = LONGEST,
        fewest: int = FEWEST,
    ) -> None:
        text = Utf8Stream(stream, format.encoding, name, {})
        self._lines = RecordLines(text, format.keys, name)
        self._block, self._longest = block, longest
        self._rows = JsonRows(
            text,
            wanted=wanted,
            null=format.null,
            name=name,
            longest=longest,
            blank="nothing between two commas",
            fewest=fewest,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        return self._rows.columns

    def __iter__(self) -> Iterator[ReadBatch]:
        for lines in lines_of(self._lines, self._block, self._longest):
            if lines.too_long:
                yield self._rows.overlong(lines.first, lines.text)
            else:
                yield from self._rows.read(lines.text, lines.ends, lines.first)
