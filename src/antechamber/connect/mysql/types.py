"""Which Arrow type each type of MySQL and MariaDB arrives in, and how a value's text becomes it."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from antechamber.connect.relational.relation import Column, Moment

BINARY = 63
"""The character set of what is no text."""

NOT_NULL, UNSIGNED, ENUM, AUTO_INCREMENT, SET = 1, 32, 256, 512, 2048
"""Flags of a result's column."""

INTEGERS = {1: "tinyint", 2: "smallint", 3: "int", 8: "bigint", 9: "mediumint"}
SIGNED = {1: pa.int8(), 2: pa.int16(), 3: pa.int32(), 8: pa.int64(), 9: pa.int32()}
WITHOUT_SIGN = {1: pa.uint8(), 2: pa.uint16(), 3: pa.uint32(), 8: pa.uint64(), 9: pa.uint32()}
TIMES: dict[int, tuple[str, Moment, pa.DataType]] = {
    7: ("timestamp", "instant", pa.timestamp("us", tz="UTC")),
    10: ("date", "date", pa.date32()),
    12: ("datetime", "clock", pa.timestamp("us")),
}
TEXTS = {15: "varchar", 253: "varchar", 254: "char", 249: "text", 250: "text", 251: "text", 252: "text"}
MOST_DIGITS = 38
"""Digits that a decimal of Arrow, Iceberg and every engine behind them can have; longer ones travel as text."""


def column(name: str, code: int, charset: int, length: int, decimals: int, flags: int, declared: str = "") -> Column:
    """A result's column by what the server says about it.

    declared: its type in the table's own words; made from the rest when "".
    """
    required, drawn = bool(flags & NOT_NULL), bool(flags & AUTO_INCREMENT)
    unsigned = bool(flags & UNSIGNED)
    text = pa.string()
    if code in INTEGERS:
        kind: pa.DataType = WITHOUT_SIGN[code] if unsigned else SIGNED[code]
        said = declared or INTEGERS[code] + (" unsigned" if unsigned else "")
        return Column(name, said, kind, moment="number", cut=True, numeric=True, required=required, drawn=drawn)
    if code in (0, 246):
        digits = length - (0 if unsigned else 1) - (1 if decimals else 0)
        fits = digits <= MOST_DIGITS
        return Column(
            name,
            declared or f"decimal({digits},{decimals})",
            pa.decimal128(max(1, digits), decimals) if fits else text,
            cut=True,
            numeric=True,
            required=required,
        )
    if code == 4:
        # The server rounds a float's text to six digits; as a double all are there.
        return Column(name, declared or "float", pa.float32(), "({} * 1e0)", required=required)
    if code == 5:
        return Column(name, declared or "double", pa.float64(), cut=True, numeric=True, required=required)
    if code in TIMES:
        word, moment, kind = TIMES[code]
        return Column(name, declared or word, kind, moment=moment, cut=True, required=required)
    if code == 13:
        return Column(name, declared or "year", pa.int16(), cut=True, numeric=True, required=required)
    if code == 16:
        kind = pa.bool_() if length == 1 else pa.uint64()
        return Column(name, declared or f"bit({length})", kind, "({} + 0)", required=required)
    if code == 255:
        return Column(name, declared or "geometry", text, "ST_AsText({})", required=required)
    if code == 245:
        return Column(name, declared or "json", text, required=required)
    if flags & (ENUM | SET):
        return Column(name, declared or ("enum" if flags & ENUM else "set"), text, required=required)
    own = re.fullmatch(r"uuid|inet6|inet4", declared)
    if charset == BINARY and code in (*TEXTS, 242) and not own:
        said = declared or ("vector" if code == 242 else {253: "varbinary", 254: "binary"}.get(code, "blob"))
        return Column(name, said, text, "LOWER(HEX({}))", cut=code in (253, 254), required=required, binary=True)
    said = declared or TEXTS.get(code, {11: "time", 6: "null"}.get(code, f"type {code}"))
    return Column(name, said, text, cut=code in TEXTS and (not own or declared == "uuid"), required=required)


def arrived(values: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    """The values' texts as their type; as text when a date among them is none ('0000-00-00').

    Raises pa.ArrowInvalid when a text is not of the type at all.
    """
    texts = values.cast(pa.large_string() if pa.types.is_large_binary(values.type) else pa.string())
    if pa.types.is_string(kind):
        return texts
    if pa.types.is_temporal(kind):
        if not _are_days(texts):
            return _iso(texts, kind)
        try:
            return texts.cast(kind if kind != pa.timestamp("us", tz="UTC") else pa.timestamp("us")).cast(kind)
        except pa.ArrowInvalid:
            return _iso(texts, kind)  # February 30, which ALLOW_INVALID_DATES lets in
    if pa.types.is_float32(kind):
        return texts.cast(pa.float64()).cast(kind)
    return texts.cast(kind)


def _are_days(texts: pa.Array[Any]) -> bool:
    """Whether no text has a year, month or day 0."""
    parts = [pc.utf8_slice_codeunits(texts, start, stop) for start, stop in ((0, 4), (5, 7), (8, 10))]
    return not any(
        pc.any(pc.equal(part, pa.scalar(zero, part.type))).as_py()
        for part, zero in zip(parts, ("0000", "00", "00"), strict=True)
    )


def _iso(texts: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    """Dates and times as the text that ISO 8601 has for them."""
    if not pa.types.is_timestamp(kind):
        return texts.cast(pa.string())
    iso = pc.replace_substring(texts, " ", "T").cast(pa.string())
    return pc.replace_substring_regex(iso, "$", "Z") if kind.tz else iso


def batch_of(arrays: list[pa.Array[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Arrived columns as a batch: in the schema's types, or as text where a value is beyond its type."""
    fields = [pa.field(field.name, array.type) for field, array in zip(schema, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
