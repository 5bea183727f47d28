"""JSON objects, one a line of a text → the wanted values as text: what JSON Lines and JSON documents share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.declare.path import Path, path_of
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.encoding import Utf8Stream
from antechamber.read.json_path import TWICE, inside_of
from antechamber.read.json_record import NotARecord, parse_record, text_of
from antechamber.read.json_regular import FEWEST, Alike, RegularLines, together, within
from antechamber.read.nested import found_columns
from antechamber.read.reader import batches
from antechamber.records import LINE, ReadBatch, Rejected


class JsonRows:
    """Reads lines of JSON; remembers the keys of the records.

    stream: what the text was read from. null: texts that mean 'no value'. blank: why a line of white space is
    malformed, or "" when it is no record. longest: bytes that a line may have. fewest: lines of one shape that are
    worth reading together; what is read does not depend on it.

    Raises FormatError for a wanted column of the name LINE.
    """

    def __init__(
        self,
        stream: Utf8Stream,
        *,
        wanted: Sequence[str],
        null: Sequence[str],
        name: str,
        longest: int,
        blank: str = "",
        fewest: int = FEWEST,
    ) -> None:
        self._stream = stream
        self._wanted = tuple(dict.fromkeys(wanted))
        if LINE in self._wanted:
            raise FormatError(f"'{LINE}' cannot be read as a column", where=name, remedy="it holds the line numbers")
        self._paths = {each: path for each in self._wanted if (path := path_of(each)) is not None and path.steps}
        self._roots = tuple(dict.fromkeys(path.root for path in self._paths.values()))
        self._null = pa.array(null, pa.string())
        self._longest, self._blank = longest, blank
        self._regular = RegularLines(self._wanted, inside=self._roots, fewest=fewest)
        self._seen: dict[str, None] = {}
        self._led: set[str] = set()

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of the records read so far; paths that led to a value stand in the place of their roots."""
        whole = {each: Path(each, ()) for each in self._wanted if each in self._seen}
        return found_columns(
            tuple(self._seen), whole | {each: self._paths[each] for each in self._paths if each in self._led}
        )

    def read(self, text: bytes, ends: Positions, first: int) -> Iterator[ReadBatch]:
        """The records of whole lines.

        ends: where each line ends, behind its line end. first: the number of the first.
        """
        found, others = self._regular.read(text, ends, self._longest)
        keys = [(int(alike.lines[0]), alike.keys) for alike in found]
        reasons: dict[int, str] = {}
        if len(others):
            found.append(self._one_by_one(text, ends, others, keys, reasons))
        for _, names in sorted(keys):
            self._seen.update(dict.fromkeys(names))
        lines, columns = together(found, (*self._wanted, *map(within, self._roots)))
        taken = {name: columns[name] for name in self._wanted}
        if self._paths:
            lines, taken = self._stepped(lines, taken, columns, reasons)
        malformed = []
        for line in sorted(reasons):
            start = int(ends[line - 1]) if line else 0
            as_found = text[start : ends[line]].removesuffix(b"\n").rstrip(b"\r")
            malformed.append(Rejected(first + line, reasons[line], self._stream.as_found(as_found)))
        yield from batches(
            {name: self._with_nulls(column) for name, column in taken.items()}, first + lines, malformed
        )

    def overlong(self, number: int, start: bytes) -> ReadBatch:
        """A line that is too long, of which this is the begin."""
        rejected = Rejected(number, self._too_long, self._stream.as_found(start.rstrip(b"\r")))
        columns = {name: pa.array([], pa.string()) for name in self._wanted}
        return next(batches(columns, np.empty(0, np.int64), [rejected]))

    def _stepped(
        self,
        lines: Positions,
        taken: dict[str, pa.Array[Any]],
        columns: dict[str, pa.Array[Any]],
        reasons: dict[int, str],
    ) -> tuple[Positions, dict[str, pa.Array[Any]]]:
        """The columns with what paths lead to where no key of that name is; drops and explains ambiguous records."""
        wrong: set[int] = set()
        for root in self._roots:
            names = [name for name, path in self._paths.items() if path.root == root]
            texts = columns[within(root)].to_pylist()
            values, flawed = inside_of(texts, [self._paths[name].steps for name in names])
            wrong.update(flawed)
            for name, inside in zip(names, values, strict=True):
                led = pa.array(inside, pa.string())
                if led.null_count < len(led):
                    self._led.add(name)
                taken[name] = pc.coalesce(taken[name], led)
        if not wrong:
            return lines, taken
        reasons |= {int(lines[place]): TWICE for place in wrong}
        kept = np.ones(len(lines), np.bool_)
        kept[list(wrong)] = False
        mask = pa.array(kept)
        return lines[kept], {name: column.filter(mask) for name, column in taken.items()}

    def _one_by_one(
        self,
        text: bytes,
        ends: Positions,
        lines: Positions,
        keys: list[tuple[int, tuple[str, ...]]],
        reasons: dict[int, str],
    ) -> Alike:
        """The records of some lines; adds to `keys`, with the line that has them first, and to `reasons`."""
        kept: list[int] = []
        written: list[str] = []
        records: list[dict[str, object]] = []
        seen = set(self._seen)
        starts = np.where(lines > 0, ends[lines - 1], 0)
        for line, start, end in zip(lines.tolist(), starts.tolist(), ends[lines].tolist(), strict=True):
            try:
                decoded = self._text(text[start:end].removesuffix(b"\n"))
                record = parse_record(decoded)
                if record is None and self._blank:
                    raise NotARecord(self._blank)
            except NotARecord as error:
                reasons[line] = error.reason
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
        columns |= {within(root): _structures(root, records, written) for root in self._roots}
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


def _structures(name: str, records: list[dict[str, object]], lines: list[str]) -> pl.Series:
    """The texts of the values that are arrays or objects, null for all others."""
    values = ((record.get(name), line) for record, line in zip(records, lines, strict=True))
    texts = [text_of(value, line, name) if isinstance(value, list | tuple) else None for value, line in values]
    return pl.Series(texts, dtype=pl.String)
