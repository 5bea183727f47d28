"""Arrow values of any type → JSON text, exactly: what a column holds whose values are made of several."""

from __future__ import annotations

import base64
import itertools
import json
import math
from typing import Any, cast

import pyarrow as pa


def json_text(values: pa.Array[Any]) -> pa.Array[Any]:
    """Each value as JSON without white space; null for null.

    Integers and decimals by their digits, floats by the fewest that read back to the same one (`"NaN"`, `"Infinity"`
    as text), times as ISO 8601 text, bytes as base64 text, a map with text keys as an object, any other as an array
    of `{"key": …, "value": …}`.
    """
    return pa.array([None if text == "null" else text for text in _texts(values)], pa.string())


def _texts(values: Any) -> list[str]:
    kind = values.type
    if isinstance(values, pa.DictionaryArray):
        return _texts(values.dictionary_decode())
    if isinstance(values, pa.StructArray):
        return _objects(values)
    if isinstance(values, pa.FixedSizeListArray):
        return _texts(values.cast(pa.large_list(kind.value_type)))
    if isinstance(values, pa.MapArray):
        return _maps(values)
    if isinstance(values, pa.ListArray | pa.LargeListArray):
        return _lists(values)
    if pa.types.is_integer(kind):
        return ["null" if value is None else str(value) for value in values.to_pylist()]
    if pa.types.is_boolean(kind):
        return [{None: "null", True: "true", False: "false"}[value] for value in values.to_pylist()]
    if pa.types.is_floating(kind):
        # The text of a 32-bit float is the shortest that gives it, not that of its 64-bit image.
        texts = values.cast(pa.string()).to_pylist() if not pa.types.is_float64(kind) else values.to_pylist()
        return [_number(value) for value in texts]
    if pa.types.is_decimal(kind):
        return ["null" if value is None else format(value, "f") for value in values.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return ["null" if value is None else f'"{base64.b64encode(value).decode()}"' for value in values.to_pylist()]
    if pa.types.is_timestamp(kind):
        zone = "Z" if kind.tz is not None else ""
        plain = values.cast(pa.timestamp(kind.unit, "UTC" if zone else None)).cast(pa.string()).to_pylist()
        return ["null" if text is None else f'"{text.removesuffix("Z").replace(" ", "T")}{zone}"' for text in plain]
    if isinstance(values, pa.ExtensionArray):
        return ["null" if value is None else _quoted(str(value)) for value in cast(Any, values).to_pylist()]
    return ["null" if text is None else _quoted(text) for text in values.cast(pa.string()).to_pylist()]


def _objects(values: pa.StructArray) -> list[str]:
    names = [_quoted(values.type.field(i).name) for i in range(values.type.num_fields)]
    columns = [_texts(column) for column in values.flatten()]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(values))
    whole = ["{" + ",".join(f"{name}:{text}" for name, text in zip(names, row, strict=True)) + "}" for row in rows]
    return _nulled(whole, values)


def _lists(values: pa.ListArray[Any] | pa.LargeListArray[Any]) -> list[str]:
    offsets: list[int] = values.offsets.to_numpy().tolist()
    first = offsets[0]
    entries = _texts(values.values.slice(first, offsets[-1] - first))
    spans = itertools.pairwise(offsets)
    return _nulled([f"[{','.join(entries[start - first : end - first])}]" for start, end in spans], values)


def _maps(values: pa.MapArray[Any, Any]) -> list[str]:
    offsets: list[int] = values.offsets.to_numpy().tolist()
    kind = values.type.key_type
    named = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    pairs = zip(_texts(values.keys), _texts(values.items), strict=True)
    entries = [f"{key}:{item}" if named else f'{{"key":{key},"value":{item}}}' for key, item in pairs]
    opening, closing = "{}" if named else "[]"
    spans = itertools.pairwise(offsets)
    return _nulled([f"{opening}{','.join(entries[start:end])}{closing}" for start, end in spans], values)


def _nulled(texts: list[str], values: pa.Array[Any]) -> list[str]:
    if not values.null_count:
        return texts
    return [text if valid else "null" for text, valid in zip(texts, values.is_valid().to_pylist(), strict=True)]


def _number(value: float | str | None) -> str:
    if value is None:
        return "null"
    number = float(value)
    if math.isfinite(number):
        return repr(value) if isinstance(value, float) else value
    return '"NaN"' if math.isnan(number) else '"Infinity"' if number > 0 else '"-Infinity"'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
