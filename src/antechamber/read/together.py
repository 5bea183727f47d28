"""Many small CSV files of one kind, parsed as one text: what a file of its own would give, at a fraction of the cost.

Only files without anything odd are: plain UTF-8, the header of the others, every record sound, and no record that
goes on beyond its file. A file that is not like that is named, and is for `open_reader`.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from antechamber.declare.format import Csv, FileFormat
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.columns import check_wanted
from antechamber.read.dialect import Dialect
from antechamber.read.parse import parse
from antechamber.read.reader import LONGEST
from antechamber.read.split import split
from antechamber.read.utf8 import invalid_positions
from antechamber.records import LINE

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class Together:
    """What came of several files.

    batch: the records of all of `files`, one behind the other; LINE counts within each file.
    rows: how many each file has. columns: what all of them have. odd: files that must be read on their own.
    """

    batch: pa.RecordBatch
    files: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    odd: tuple[int, ...]


def fits_together(format: FileFormat) -> bool:
    """Whether small files of this format can be read together."""
    if not isinstance(format, Csv) or format.escape or bool(format.names) == format.header:
        return False
    try:
        return codecs.lookup(format.encoding).name == "utf-8" and not Dialect.of(format, "").swaps
    except (LookupError, FormatError):
        return False


def read_together(texts: Sequence[bytes], format: Csv, *, wanted: Sequence[str]) -> Together:
    """Read files whole. wanted: as for `open_reader`. Raises nothing: what cannot be read is odd."""
    dialect = Dialect.of(format, "")
    wanted = tuple(dict.fromkeys(wanted))
    header, files = _alike(texts, format, dialect)
    nothing = pa.RecordBatch.from_arrays([], [])
    try:
        named = dialect.fields(header.rstrip(b"\r\n"))
        columns = tuple(name.decode() for name in named) if format.header else format.names
        indices = check_wanted(columns, wanted, where="")
    except (UnicodeDecodeError, FormatError):
        return Together(nothing, (), (), (), tuple(range(len(texts))))
    while files:
        text, begins = _joined(texts, files, len(header))
        found = split(text, dialect, final=True, longest=LONGEST)
        starts, ends = found.records
        parsed = None
        wrong = [np.array([cut.start for cut in found.cuts], np.int64), invalid_positions(text, len(text))]
        wrong.append(starts[np.searchsorted(begins, starts, "right") != np.searchsorted(begins, ends, "left")])
        if not any(len(each) for each in wrong):
            parsed = parse(text, dialect, len(columns), indices)
            if parsed.wrong or parsed.rows != len(starts):
                rows = [row for row, _ in parsed.wrong if row < len(starts)]
                wrong.append(starts[rows] if rows else begins)
        odd = {files[file] for each in wrong for file in (np.searchsorted(begins, each, "right") - 1).tolist()}
        if parsed is not None and not odd:
            rows_of, lines = _placed(starts, begins, found.lines_before(starts), found.lines_before(begins))
            batch = pa.RecordBatch.from_arrays(
                [*parsed.columns, pa.array(lines + 1 + header.count(b"\n"), pa.int64())], [*wanted, LINE]
            )
            rest = tuple(file for file in range(len(texts)) if file not in set(files))
            return Together(batch, tuple(files), tuple(rows_of.tolist()), columns, rest)
        files = [file for file in files if file not in odd]
    return Together(nothing, (), (), (), tuple(range(len(texts))))


def _alike(texts: Sequence[bytes], format: Csv, dialect: Dialect) -> tuple[bytes, list[int]]:
    """The header (b"" when the format has none), and the files that have it and nothing odd to be seen at once."""
    plain = [file for file, text in enumerate(texts) if text and _is_plain(text)]
    if not format.header:
        return b"", plain
    for file in plain:
        end = dialect.record_end(texts[file], 0, len(texts[file]))
        header = texts[file][: texts[file].find(b"\n", end) + 1] if end else b""
        if header:
            return header, [other for other in plain if texts[other].startswith(header)]
    return b"", []


def _is_plain(text: bytes) -> bool:
    if text.startswith(_MARKS) or text[0] in b"\r\n" or b"\0" in text:
        return False
    return b"\r" not in text or text.count(b"\r") == text.count(b"\r\n")


def _joined(texts: Sequence[bytes], files: Sequence[int], header: int) -> tuple[bytes, Positions]:
    """The files' texts behind their headers, each ended by a line end, and where each begins."""
    bodies = [memoryview(texts[file])[header:] for file in files]
    pieces: list[bytes | memoryview] = []
    lengths = np.empty(len(files), np.int64)
    for number, body in enumerate(bodies):
        ended = not len(body) or body[-1] == 10
        pieces.append(body)
        if not ended:
            pieces.append(b"\n")
        lengths[number] = len(body) + (not ended)
    return b"".join(pieces), np.cumsum(lengths) - lengths


def _placed(
    starts: Positions, begins: Positions, lines: Positions, lines_at_begin: Positions
) -> tuple[Positions, Positions]:
    """How many records each file has, and each record's line in its file, from 0."""
    file = np.searchsorted(begins, starts, "right") - 1
    # Of files that begin at one place, all but the last are empty.
    return np.bincount(file, minlength=len(begins)), lines - lines_at_begin[file]
