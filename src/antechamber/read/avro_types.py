"""Avro schemas → Arrow types, and decoded Avro values → Arrow arrays of them.

Source: Apache Avro 1.12 specification, 'Schema Declaration' and 'Logical Types'.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

_PLAIN: dict[str, pa.DataType] = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}
_LOGICAL: dict[tuple[str, str], pa.DataType] = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-millis"): pa.timestamp("ms", "UTC"),
    ("long", "timestamp-micros"): pa.timestamp("us", "UTC"),
    ("long", "timestamp-nanos"): pa.timestamp("ns", "UTC"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
    ("long", "local-timestamp-nanos"): pa.timestamp("ns"),
}


class Untypable(Exception):
    """A type without an Arrow type: one that holds itself."""


@dataclass(frozen=True)
class Column:
    """How values of one Avro type become an Arrow array.

    stored: the type that decoded values have. meant: the type of the array. change: what has to be done to a value
    that is not null before, or None.
    """

    stored: pa.DataType
    meant: pa.DataType
    change: Callable[[Any], Any] | None = None

    def array(self, values: list[Any]) -> pa.Array[Any]:
        """The values as an array of the type `meant`."""
        if self.change is not None:
            values = [None if value is None else self.change(value) for value in values]
        found: pa.Array[Any] = pa.array(values, self.stored)
        return found if self.stored == self.meant else found.cast(self.meant)


class Types:
    """The types of a record's schema. plain: the schema for decoding, without logical types but decimals."""

    def __init__(self, schema: Any) -> None:
        self._named: dict[str, Any] = {}
        self._open: list[str] = []
        self.plain = self._stripped(schema, "")
        self._root = _full(schema["name"], schema.get("namespace", ""))

    def field(self, field: dict[str, Any]) -> Column | None:
        """The column of one of the record's fields, or None for one that holds records of its own kind."""
        self._open = [self._root]
        try:
            return self._column(field["type"], _space(self._root))
        except Untypable:
            return None

    def _column(self, kind: Any, space: str) -> Column:
        if isinstance(kind, list):
            return self._union(kind, space)
        if isinstance(kind, str):
            if kind in _PLAIN:
                return Column(_PLAIN[kind], _PLAIN[kind])
            name = _full(kind, space)
            return self._column(self._named[name if name in self._named else kind], space)
        name = kind["type"]
        if isinstance(name, dict | list):
            return self._column(name, space)
        if name == "array":
            item = self._column(kind["items"], space)
            change = item.change

            def entries(some: list[Any]) -> list[Any]:
                return [each if each is None or change is None else change(each) for each in some]

            return Column(pa.list_(item.stored), pa.list_(item.meant), entries if change else None)
        if name == "map":
            item = self._column(kind["values"], space)
            of_item = item.change

            def pairs(some: dict[str, Any]) -> list[tuple[str, Any]]:
                return [
                    (key, each if each is None or of_item is None else of_item(each)) for key, each in some.items()
                ]

            return Column(pa.map_(pa.string(), item.stored), pa.map_(pa.string(), item.meant), pairs)
        if name in ("record", "error"):
            return self._record(kind, space)
        if name == "enum":
            return Column(pa.string(), pa.string())
        return self._single(kind, name)

    def _record(self, kind: dict[str, Any], space: str) -> Column:
        full = _full(kind["name"], kind.get("namespace", space))
        if full in self._open:
            raise Untypable
        self._open.append(full)
        try:
            columns = {field["name"]: self._column(field["type"], _space(full)) for field in kind["fields"]}
        finally:
            self._open.pop()
        changes = [(name, column.change) for name, column in columns.items() if column.change is not None]

        def change(record: dict[str, Any]) -> dict[str, Any]:
            for name, each in changes:
                if record[name] is not None:
                    record[name] = each(record[name])
            return record

        return Column(
            pa.struct([(name, column.stored) for name, column in columns.items()]),
            pa.struct([(name, column.meant) for name, column in columns.items()]),
            change if changes else None,
        )

    def _single(self, kind: dict[str, Any], name: str) -> Column:
        logical = kind.get("logicalType")
        if logical == "decimal" and name in ("bytes", "fixed") and (decimal := _decimal(kind)):
            return Column(decimal, decimal)
        if name == "fixed":
            stored = pa.binary(kind["size"])
            return Column(stored, pa.uuid() if logical == "uuid" and kind["size"] == 16 else stored)
        return Column(_PLAIN[name], _LOGICAL.get((name, str(logical)), _PLAIN[name]))

    def _union(self, kinds: list[Any], space: str) -> Column:
        some = [each for each in kinds if each != "null"]
        if not some:
            return Column(pa.null(), pa.null())
        if len(some) == 1:
            return self._column(some[0], space)
        if set(map(str, some)) == {"int", "long"}:
            return Column(pa.int64(), pa.int64())
        return Column(pa.string(), pa.string(), _as_text)

    def _stripped(self, kind: Any, space: str) -> Any:
        if isinstance(kind, list):
            return [self._stripped(each, space) for each in kind]
        if not isinstance(kind, dict):
            return kind
        if isinstance(kind.get("name"), str) and kind.get("type") in ("record", "error", "enum", "fixed"):
            full = _full(kind["name"], kind.get("namespace", space))
            self._named[full] = {**kind, "name": full}
            space = _space(full)
        keep = kind.get("logicalType") == "decimal" and _decimal(kind)
        plain = {key: value for key, value in kind.items() if key not in ("logicalType", "default") or keep}
        for key in ("type", "items", "values"):
            if isinstance(plain.get(key), dict | list):
                plain[key] = self._stripped(plain[key], space)
        if isinstance(plain.get("fields"), list):
            plain["fields"] = [self._stripped(field, space) for field in plain["fields"]]
        return plain


def _decimal(kind: dict[str, Any]) -> pa.DataType | None:
    precision, scale = kind.get("precision"), kind.get("scale", 0)
    if not isinstance(precision, int) or not isinstance(scale, int) or not 0 <= scale <= precision or precision < 1:
        return None
    if precision <= 38:
        return pa.decimal128(precision, scale)
    return pa.decimal256(precision, scale) if precision <= 76 else None


def _full(name: str, space: str | None) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _space(full: str) -> str:
    return full.rpartition(".")[0]


def _as_text(value: Any) -> str:
    """A value of a union of several types: text as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_odd)


def _odd(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
