"""What a source yields → Arrow batches: objects become utf8 columns, Arrow tables keep their types."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

import pyarrow as pa

from antechamber.connect.http.document import NOTHING, walk
from antechamber.declare.path import Path, path_of
from antechamber.errors import SourceError

ROWS = 4096
"""Objects that are given together."""


class Items:
    """Takes items apart. wanted: the columns or paths to give, or None for those of the first item.

    found: the fields that the items so far have.
    """

    def __init__(self, wanted: Sequence[str] | None, where: str) -> None:
        self.wanted = tuple(wanted) if wanted is not None else None
        self.found: dict[str, None] = {}
        self._where = where
        self._types: dict[str, Any] = {}

    def batches(self, items: Iterator[Any]) -> Iterator[pa.RecordBatch]:
        """All items, in order. Raises SourceError for one that is neither an object nor a table."""
        held: list[Mapping[str, Any]] = []
        for item in items:
            table = _table(item)
            if table is None and isinstance(item, Mapping):
                held.append(item)
                if len(held) < ROWS:
                    continue
            elif table is None:
                raise SourceError(
                    f"the source yields a {type(item).__name__}, which is no record",
                    where=self._where,
                    remedy="name a resource that yields objects or Arrow tables",
                )
            if held:
                yield self._of_objects(held)
                held = []
            if table is not None:
                yield from self._of_table(table)
        if held:
            yield self._of_objects(held)

    def _names(self, first: Sequence[str]) -> tuple[str, ...]:
        if self.wanted is None:
            self.wanted = tuple(first)
        return self.wanted

    def _of_objects(self, objects: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        fields = dict.fromkeys(str(name) for each in objects for name in each)
        names = self._names(list(fields))
        arrays, inside = [], set()
        for name in names:
            path = path_of(name)
            values = [each.get(name, NOTHING) for each in objects]
            if path is not None and path.steps:
                values = [
                    walk(each, path) if value is NOTHING else value
                    for each, value in zip(objects, values, strict=True)
                ]
                if any(value is not NOTHING for value in values) and name not in fields:
                    inside.add(name)
            arrays.append(self._text(values))
        self._note(list(fields), inside)
        return pa.RecordBatch.from_arrays(arrays, names=list(names))

    def _of_table(self, table: pa.Table) -> Iterator[pa.RecordBatch]:
        names = self._names(table.column_names)
        arrays, inside = [], set()
        for name in names:
            path = path_of(name)
            if name in table.column_names:
                arrays.append(table.column(name))
            elif path is not None and path.steps and path.root in table.column_names:
                values = [_inside(value, path) for value in table.column(path.root).to_pylist()]
                inside.add(name)
                arrays.append(pa.chunked_array([self._text(values)]))
            else:
                arrays.append(pa.chunked_array([pa.nulls(table.num_rows, self._types.get(name, pa.null()))]))
            self._types[name] = arrays[-1].type
        self._note(table.column_names, inside)
        yield from pa.table(arrays, names=list(names)).to_batches(max_chunksize=1 << 16)

    def _text(self, values: Sequence[Any]) -> pa.Array[Any]:
        try:
            return pa.array([text_of(value) for value in values], pa.string())
        except (UnicodeEncodeError, pa.ArrowInvalid):
            raise SourceError("the source yields text that is not valid Unicode", where=self._where) from None

    def _note(self, fields: Sequence[str], inside: set[str]) -> None:
        roots = {path.root for name in inside if (path := path_of(name)) is not None} - set(self.wanted or ())
        self.found.update(dict.fromkeys([*(name for name in fields if name not in roots), *sorted(inside)]))


def text_of(value: Any) -> str | None:
    """A value as text: numbers by their digits, times as ISO 8601, arrays and objects as JSON; None for no value."""
    if value is None or value is NOTHING:
        return None
    if isinstance(value, Enum):
        return text_of(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return format(Decimal(repr(float(value))), "f").removesuffix(".0") if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value))
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _json(value)
    return str(value)


def _table(item: Any) -> pa.Table | None:
    if isinstance(item, pa.Table):
        return item
    if isinstance(item, pa.RecordBatch):
        return pa.Table.from_batches([item])
    if type(item).__name__ == "DataFrame" and hasattr(item, "columns"):
        return pa.Table.from_pandas(item, preserve_index=False) if hasattr(item, "to_numpy") else None
    return None


def _inside(value: Any, path: Path) -> Any:
    return walk({path.root: value}, path)


def _json(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key), ensure_ascii=False)}:{_json(each)}" for key, each in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ",".join(map(_json, value)) + "]"
    text = text_of(value)
    if text is None:
        return "null"
    return text if isinstance(value, bool | int | float | Decimal) else json.dumps(text, ensure_ascii=False)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
