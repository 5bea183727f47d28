"""range: a number, a day or a moment lies between two bounds, which belong to it."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.declare import Range
from antechamber.prepare.quality.rule import RowRule, Setting, by_expression

_MOST = 2**63 - 1


def compile_rule(setting: Setting) -> RowRule:
    """Compares in the column's own type, so that no digit of a bound or of a value is lost."""
    (column,), body = setting.asked.columns, setting.asked.body
    assert isinstance(body, Range)  # noqa: S101 - the registry's line says so
    kind = setting.kinds[column].arrow
    below, above = _side(kind, body.min, least=True), _side(kind, body.max, least=False)
    said = [f"at least {body.min}"] if body.min is not None else []
    said += [f"at most {body.max}"] if body.max is not None else []
    return RowRule(
        setting.asked,
        f"is {' and '.join(said)}",
        False,
        by_expression(column, lambda value: below(value) | above(value)),
    )


def _side(kind: pa.DataType, bound: Any, *, least: bool) -> Callable[[pl.Expr], pl.Expr]:
    """Whether a value lies beyond the bound: below the least one, above the greatest one."""
    if bound is None:
        return lambda _: pl.lit(False)
    found = _in_type(kind, bound, up=least)
    if isinstance(found, bool):
        # No value of the type is that great: nothing lies above it, and everything below; or the reverse.
        beyond = found is least
        return lambda _: pl.lit(beyond)
    return (lambda value: value < found) if least else (lambda value: value > found)


def _in_type(kind: pa.DataType, bound: Any, *, up: bool) -> pl.Expr | bool:
    """The bound in the column's type; True when it is greater than every value of it, False when less.

    up: a bound between two values of the type stands for the greater one; else for the less.
    """
    if pa.types.is_date(kind):
        return pl.lit(date.fromisoformat(bound))
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(bound)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return pl.lit(moment, dtype=pl.Datetime("us", kind.tz))
    if pa.types.is_integer(kind):
        whole = math.ceil(bound) if up else math.floor(bound)
        return whole > 0 if abs(whole) > _MOST else pl.lit(whole, dtype=pl.Int64)
    if pa.types.is_decimal(kind):
        context = decimal.Context(prec=400, rounding=decimal.ROUND_CEILING if up else decimal.ROUND_FLOOR)
        exact = decimal.Decimal(str(bound)).quantize(decimal.Decimal(1).scaleb(-kind.scale), context=context)
        if abs(exact) >= 10 ** (kind.precision - kind.scale):
            return exact > 0
        return pl.lit(exact, dtype=pl.Decimal(kind.precision, kind.scale))
    return pl.lit(float(bound), dtype=pl.Float64)
