"""Answers: bytes → a JSON document and its records, every number as it is written."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn

import pyarrow as pa

from antechamber.declare.path import Match, Path, path_of
from antechamber.errors import SourceError

NOTHING: Any = object()
"""What a path that leads nowhere leads to."""

Record = Mapping[str, Any]
_NAME_LIKE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")


class Number(str):
    """A JSON number, as written."""

    __slots__ = ()


class Unreadable(SourceError):
    """An answer that is not what it was declared to be. It may have been cut off, so asking again may help."""


def parse(body: bytes, charset: str, format: Literal["json", "jsonl", "csv"], delimiter: str, where: str) -> Any:
    """The document: for jsonl and csv, the array of its records. Raises Unreadable."""
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode(charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(f"the answer is not {charset or 'UTF-8'} text", where=where) from None
    if format == "csv":
        return _csv(text, delimiter, where)
    if format == "jsonl":
        lines = [line for line in text.split("\n") if line.strip(" \t\r")]
        return [_json(line, f"line {number} of the answer", where) for number, line in enumerate(lines, start=1)]
    return _json(text, "the answer", where)


def way(name: str) -> Path:
    """The path that a name spells; a name that spells none is a key at the top."""
    return path_of(name) or Path(name, ())


def records_in(document: Any, path: Path | None, where: str) -> Sequence[Record]:
    """The records of a document. path: where their array is; None: the document itself. Raises SourceError."""
    found = document if path is None else walk(document, path)
    if found is None:
        return ()
    if not isinstance(found, list):
        what = "there is no array of records at `records:`" if path else "the answer is not an array of records"
        raise SourceError(
            f"{what}{_hint(document)}", where=where, remedy="write records: with the path of the array in the answer"
        )
    for number, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            raise SourceError(f"record {number} of the answer is not an object", where=where)
    return found


def walk(value: Any, path: Path) -> Any:
    """What a path leads to inside an object, or NOTHING."""
    for step in (path.root, *path.steps):
        if isinstance(step, str):
            value = value.get(step, NOTHING) if isinstance(value, dict) else NOTHING
        elif not isinstance(value, list):
            return NOTHING
        elif isinstance(step, Match):
            value = next((each for each in value if _matches(each, step)), NOTHING)
        else:
            value = value[step] if step < len(value) else NOTHING
        if value is NOTHING:
            return NOTHING
    return value


def text_of(value: Any) -> str | None:
    """A value as text: strings as they are, numbers as written, all else as JSON; None for null."""
    if value is None or value is NOTHING:
        return None
    return str(value) if isinstance(value, str) else json_of(value)


def json_of(value: Any) -> str:
    """JSON without white space."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{json_of(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(json_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class Columns:
    """The wanted columns of records. A key's own name counts before a path."""

    def __init__(self, names: Sequence[str], null: Sequence[str] = ()) -> None:
        self._null = frozenset(null)
        self.schema = pa.schema([pa.field(name, pa.string()) for name in names])
        self._paths = {name: path for name in names if (path := path_of(name)) is not None and path.steps}

    def value(self, record: Record, name: str) -> Any:
        """A column's value in a record, or NOTHING."""
        found = record.get(name, NOTHING)
        if found is NOTHING and name in self._paths:
            return walk(record, self._paths[name])
        return found

    def present(self, records: Sequence[Record]) -> set[str]:
        """The columns and paths that any of the records has; a key that paths lead into counts by them only."""
        names = {name for record in records for name in record}
        inside = {
            name
            for name in self._paths
            if name not in names and any(walk(record, self._paths[name]) is not NOTHING for record in records)
        }
        roots = {self._paths[name].root for name in inside}
        return (names - (roots - set(self.schema.names))) | inside

    def texts(self, record: Record) -> list[str | None]:
        """All columns' values, as text."""
        return [text_of(self.value(record, name)) for name in self.schema.names]

    def batch(self, records: Sequence[Record], where: str) -> pa.RecordBatch:
        """The records as utf8 columns. Raises SourceError for text that is none."""
        try:
            arrays = [pa.array(self._column(records, name), pa.string()) for name in self.schema.names]
        except (UnicodeEncodeError, pa.ArrowInvalid):
            raise SourceError("the answer holds half of a surrogate pair, which is no text", where=where) from None
        if not arrays:
            return pa.RecordBatch.from_pylist([{}] * len(records), schema=self.schema)
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _column(self, records: Sequence[Record], name: str) -> list[str | None]:
        if name in self._paths:
            texts = [text_of(self.value(record, name)) for record in records]
        else:
            values = [record.get(name) for record in records]
            texts = [value if value is None or type(value) is str else text_of(value) for value in values]
        return [None if text in self._null else text for text in texts] if self._null else texts


def _matches(value: Any, step: Match) -> bool:
    return isinstance(value, dict) and step.key in value and text_of(value[step.key]) == step.value


def _json(text: str, what: str, where: str) -> Any:
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise Unreadable(f"{what} is nested too deeply", where=where) from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"{what} is not JSON, at character {error.pos + 1}", where=where) from None
    except _Unsound as error:
        raise Unreadable(f"{what} has {error}", where=where) from None


def _csv(text: str, delimiter: str, where: str) -> list[dict[str, str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[dict[str, str]] = []
    try:
        names = next((row for row in rows if row), [])
        if len(set(names)) < len(names):
            raise Unreadable("two columns of the answer have the same name", where=where)
        for row in rows:
            if row and len(row) != len(names):
                raise Unreadable(
                    f"expected {len(names)} fields, found {len(row)}, at line {rows.line_num} of the answer",
                    where=where,
                )
            if row:
                records.append(dict(zip(names, row, strict=True)))
    except csv.Error:
        raise Unreadable(f"the answer is not CSV, at line {rows.line_num}", where=where) from None
    return records


def _hint(document: Any) -> str:
    if not isinstance(document, dict):
        return ""
    names = [name for name in document if _NAME_LIKE.fullmatch(name)][:10]
    return f": it is an object with {', '.join(names)}" if names else ": it is an object"


class _Unsound(Exception):
    pass


def _no_constant(_: str) -> NoReturn:
    raise _Unsound("NaN or Infinity, which are not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unsound("an object with a key that occurs twice")
    return found


_DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_no_constant, object_pairs_hook=_object
)
