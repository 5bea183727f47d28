"""Source columns of any Arrow type → Polars columns of the few types that expressions know, without loss.

Text of every encoding becomes utf8; times become microseconds (finer digits are cut off), with UTC for those that
name a zone.
"""

from __future__ import annotations

import decimal
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.errors import RecipeError
from antechamber.prepare.text import by_distinct, where_present


def series(values: pa.Array[Any], name: str) -> pl.Series:
    """The column as String, Boolean, Int64, UInt64, Decimal, Float64, Date, Datetime('us', UTC or none) or Null.

    name: the source column's name, for the error. Raises RecipeError for a type that holds no single value.
    """
    values = _plain(values, name)
    result = pl.from_arrow(values)
    assert isinstance(result, pl.Series)  # noqa: S101 -- an array gives a series
    dtype = result.dtype
    if isinstance(dtype, pl.Datetime):
        return result.dt.cast_time_unit("us")
    if dtype == pl.UInt64:
        return result
    if dtype.is_integer():
        return result.cast(pl.Int64)
    if dtype == pl.Float32:
        # The shortest text of a 32-bit float is what was meant; its 64-bit image has more digits.
        return result.cast(pl.String).cast(pl.Float64)
    if dtype.is_float():
        return result.cast(pl.Float64)
    if dtype == pl.Time:
        return result.dt.to_string("%H:%M:%S%.f")  # a cast to text would leave out the fraction
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return result.cast(pl.String)
    return result


def column_of(batch: pa.RecordBatch, name: str) -> pl.Series:
    """A source column of a batch, all null when the batch lacks it."""
    if name not in batch.schema.names:
        return pl.repeat(None, batch.num_rows, dtype=pl.Null, eager=True)
    return series(batch.column(name), name)


def _plain(values: pa.Array[Any], name: str) -> pa.Array[Any]:
    kind = values.type
    if isinstance(values, pa.DictionaryArray):
        return _plain(values.dictionary_decode(), name)
    if isinstance(kind, pa.UuidType):
        texts = [None if value is None else str(value) for value in values.to_pylist()]
        return pa.array(texts, pa.large_string())
    if isinstance(values, pa.ExtensionArray):
        return _plain(values.storage, name)
    if pa.types.is_decimal(kind):
        return _decimal(values)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return values.cast(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_date64(kind):
        return values.cast(pa.date32())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return _decoded(values, name)
    if (
        pa.types.is_nested(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_interval(kind)
        or pa.types.is_fixed_size_binary(kind)
    ):
        raise RecipeError(
            f"the source column '{name}' has the type {kind}, which no column type can be made of",
            where=name,
            remedy="leave the column out, or let the source (a query) give it as text",
        )
    return values


def _decimal(values: pa.Array[Any]) -> pa.Array[Any]:
    kind = values.type
    if kind.precision <= 38 and 0 <= kind.scale <= kind.precision:
        return values.cast(pa.decimal128(kind.precision, kind.scale))
    # What a 38-digit decimal cannot hold goes on as exact text.
    texts = [None if value is None else format(value, "f") for value in values.to_pylist()]
    return pa.array(texts, pa.large_string())


def _decoded(values: pa.Array[Any], name: str) -> pa.Array[Any]:
    try:
        return values.cast(pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        raise RecipeError(
            f"the source column '{name}' holds bytes that are not UTF-8 text",
            where=name,
            remedy="let the source give the column as text, or leave it out",
        ) from None


def as_text(column: pl.Expr, dtype: pl.DataType, *, whole: bool = False) -> pl.Expr:
    """A source column's values as text; null for null and for a float that is not a number.

    Integers and decimals: their digits, decimals with their scale. Floats: the shortest digits that read back to the
    same float, never an exponent, no point when there is no fraction. Booleans: true, false. Dates: 2026-11-24.
    Timestamps: 2026-11-24T01:02:03.000000, with a Z when they name a zone.
    whole: a fraction of nothing but zeros is left out (an identifier that was stored as a number).
    """
    if dtype == pl.String:
        return column
    if dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f" + ("Z" if dtype.time_zone else ""))
    if isinstance(dtype, pl.Decimal):
        text = column.cast(pl.String)
        return text.str.replace(r"\.0*$", "") if whole else text
    if dtype == pl.Float64:
        text = pl.when(column.is_not_nan()).then(column).cast(pl.String)
        exponent = text.str.contains("e", literal=True)
        plain = where_present(lambda some: by_distinct(some, _positional), pl.when(exponent).then(text))
        text = pl.when(exponent).then(plain).otherwise(text)
        return text.str.replace(r"\.0$", "").replace("-0", "0")
    return column.cast(pl.String)


def _positional(text: str) -> str:
    return format(decimal.Decimal(text), "f")
