"""Columns within columns: what a path leads to in Arrow arrays, and nested values as JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.declare.path import Match, Path, Step, path_of
from antechamber.errors import FormatError
from antechamber.read.bits import Positions
from antechamber.read.columns import check_wanted
from antechamber.read.nested_text import json_text


@dataclass(frozen=True)
class Wanted:
    """The wanted columns of one file, found in its schema.

    paths: wanted name → the column that holds it and the way inside. nested: whether any value is made of several.
    """

    paths: dict[str, Path]
    nested: bool

    @classmethod
    def of(cls, schema: pa.Schema, wanted: Sequence[str], *, where: str) -> Wanted:
        """Find the wanted names: a column's own name counts before a path. Raises FormatError for a missing one."""
        names = tuple(dict.fromkeys(wanted))
        paths: dict[str, Path] = {}
        for name in names:
            path = path_of(name) if name not in schema.names else None
            if path is None or path.root not in schema.names:
                path = Path(name, ())
            paths[name] = path
        check_wanted(schema.names, [path.root for path in paths.values()], where=where)
        for name, path in paths.items():
            kind = schema.field(path.root).type
            for step in path.steps:
                kind = _inside(kind, step, name, where)
        nested = any(path.steps or _is_nested(schema.field(path.root).type) for path in paths.values())
        return cls(paths, nested)

    @property
    def roots(self) -> list[str]:
        """The file's columns that are needed, each once."""
        return list(dict.fromkeys(path.root for path in self.paths.values()))

    def found(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The file's columns, with the wanted paths in the place of those that only paths lead into."""
        return found_columns(columns, self.paths)

    def take(self, batch: pa.RecordBatch) -> dict[str, pa.Array[Any]]:
        """The wanted columns of a batch that has all roots; a value made of several comes as JSON text."""
        taken: dict[str, pa.Array[Any]] = {}
        for name, path in self.paths.items():
            values: Any = batch.column(path.root)
            for step in path.steps:
                values = _stepped(values, step)
            values = _plain(values)
            taken[name] = json_text(values) if _is_nested(values.type) else values
        return taken


def found_columns(columns: Sequence[str], paths: dict[str, Path]) -> tuple[str, ...]:
    """Columns, with the paths in the place of those that only paths lead into."""
    inside: dict[str, list[str]] = {}
    whole = set()
    for name, path in paths.items():
        if path.steps:
            inside.setdefault(path.root, []).append(name)
        else:
            whole.add(path.root)
    names = [
        name
        for column in columns
        for name in ([column] if column in whole else []) + inside.get(column, []) or [column]
    ]
    return tuple(dict.fromkeys(names))


def _is_nested(kind: pa.DataType) -> bool:
    return pa.types.is_nested(kind)


def _is_list(kind: pa.DataType) -> bool:
    return (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_map(kind)
    )


def _inside(kind: Any, step: Step, name: str, where: str) -> Any:
    """The type behind a step. Raises FormatError when there is nothing."""
    if isinstance(step, str):
        if pa.types.is_map(kind) and _is_text(kind.key_type):
            return kind.item_type
        if not pa.types.is_struct(kind):
            raise _leads_nowhere(name, f"'{step}' is looked for in {_called(kind)}", where)
        fields = [kind.field(i).name for i in range(kind.num_fields)]
        if fields.count(step) != 1:
            raise _leads_nowhere(name, f"there is no '{step}' among {', '.join(fields)}", where)
        return kind.field(fields.index(step)).type
    if not _is_list(kind):
        raise _leads_nowhere(name, f"{_called(kind)} has no entries", where)
    entry = (
        pa.struct([("key", kind.key_type), ("value", kind.item_type)]) if pa.types.is_map(kind) else kind.value_type
    )
    if isinstance(step, Match):
        of_key = _inside(entry, step.key, name, where)
        if _is_nested(of_key):
            raise _leads_nowhere(name, f"'{step.key}' is {_called(of_key)}, which no text equals", where)
    return entry


def _called(kind: pa.DataType) -> str:
    if pa.types.is_struct(kind):
        return "a record"
    return "an array" if _is_list(kind) else f"a value of type {kind}"


def _leads_nowhere(name: str, why: str, where: str) -> FormatError:
    return FormatError(
        f"the path '{name}' leads nowhere: {why}",
        where=where,
        remedy="write column.field, column[0] or column[key=text].field, as the file's columns are built",
    )


def _stepped(values: Any, step: Step) -> Any:
    values = _plain(values)
    if isinstance(values, pa.StructArray):
        return pc.struct_field(values, [_place(values.type, str(step))])
    starts, ends, entries = _entries(values)
    if isinstance(step, int):
        return entries.take(_chosen(starts + step, (starts + step) < ends))
    key, text = ("key", step) if isinstance(step, str) else (step.key, step.value)
    keys = _plain(pc.struct_field(entries, [_place(entries.type, key)]))
    same = pc.equal(_text(keys), pa.scalar(text, pa.large_string()))
    places = np.append(np.flatnonzero(same.fill_null(False).to_numpy(zero_copy_only=False)), np.iinfo(np.int64).max)
    first = places[np.searchsorted(places[:-1], starts)]
    matched = entries.take(_chosen(first, first < ends))
    if isinstance(step, str):
        return pc.struct_field(matched, [_place(matched.type, "value")])
    return matched


def _entries(values: Any) -> tuple[Positions, Positions, pa.Array[Any]]:
    """Where each row's entries begin and end, and all entries. A null has none."""
    if isinstance(values, pa.FixedSizeListArray):
        values = values.cast(pa.large_list(values.type.value_type))
    offsets = values.offsets.to_numpy().astype(np.int64)
    starts, ends = offsets[:-1], offsets[1:]
    if values.null_count:
        ends = np.where(values.is_valid().to_numpy(zero_copy_only=False), ends, starts)
    if isinstance(values, pa.MapArray):
        return starts, ends, pa.StructArray.from_arrays([values.keys, values.items], ["key", "value"])
    return starts, ends, _plain(values.values)


def _chosen(places: Positions, there: Any) -> pa.Array[Any]:
    return pa.array(np.where(there, places, 0), pa.int64(), mask=~there)


def _place(kind: pa.DataType, name: str) -> int:
    return next(i for i in range(kind.num_fields) if kind.field(i).name == name)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _text(values: pa.Array[Any]) -> pa.Array[Any]:
    """Keys as text: those of a column that is no text are what JSON would show."""
    if _is_text(values.type):
        return values.cast(pa.large_string())
    if pa.types.is_integer(values.type) or pa.types.is_boolean(values.type):
        return values.cast(pa.large_string())
    shown = [None if text is None else json.loads(text) for text in json_text(values).to_pylist()]
    return pa.array(
        [text if text is None or isinstance(text, str) else str(text) for text in shown], pa.large_string()
    )


def _plain(values: pa.Array[Any]) -> pa.Array[Any]:
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values
