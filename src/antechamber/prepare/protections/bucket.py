"""Buckets: a number leaves as the range that it lies in, a date of birth as the range of its age."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from datetime import date

import polars as pl

from antechamber.prepare.protections.protection import ByValue
from antechamber.prepare.text import by_distinct, where_present
from antechamber.prepare.types import Kind
from antechamber.prepare.types.decimal import Decimal

_EXACTLY = decimal.Context(prec=800)
"""More digits than the canonical text of any number has."""


class Bucket(ByValue):
    """The protection `bucket`. A bucket holds its lower bound and not its upper one.

    bounds: growing; or width: of all buckets, one of which begins at 0.
    whole: whether the values have no fraction; then a bucket is named by its least and its greatest value (`18-24`),
        else by its bounds (`18-<25`).
    as_of: values are dates, and the day at which their ages in whole years are.
    """

    def __init__(
        self, bounds: Sequence[float] | None, width: float | None, *, whole: bool, as_of: date | None = None
    ) -> None:
        self._whole = whole
        self._as_of = as_of
        self._width = None if width is None else _exact(width)
        self._bounds = [_exact(bound) for bound in bounds or ()]
        self._labels = [
            f"<{_plain(self._bounds[0])}",
            *(self._label(low, high) for low, high in zip(self._bounds, self._bounds[1:], strict=False)),
            f"{_plain(self._bounds[-1])}+",
        ] if self._bounds else []  # fmt: skip
        what = "the age falls" if as_of else "falls"
        at = f" at {as_of}" if as_of else ""
        into = ", ".join(self._labels) if self._labels else f"buckets of {_plain(self._width or decimal.Decimal(1))}"
        self.sentence = f"{what}{at} into {into}"

    def apply(self, value: pl.Expr, kind: Kind) -> pl.Expr:
        if self._as_of is not None:
            number = age(value, self._as_of)
            text = number.cast(pl.String)
        else:
            number, text = value, kind.text(value)
        if self._width is not None:
            return where_present(lambda texts: by_distinct(texts, self._by_width), text)
        place = pl.sum_horizontal((number >= literal).cast(pl.UInt32) for literal in self._literals(kind))
        return pl.when(number.is_not_null()).then(
            place.replace_strict(list(range(len(self._labels))), self._labels, return_dtype=pl.String)
        )

    def _literals(self, kind: Kind) -> list[pl.Expr]:
        """The bounds in the value's own type: a decimal is not less than a bound when it is not less than the next
        decimal of its scale."""
        if isinstance(kind, Decimal):
            step = decimal.Decimal(1).scaleb(-kind.scale)
            up = [bound.quantize(step, decimal.ROUND_CEILING, _EXACTLY) for bound in self._bounds]
            return [pl.lit(bound, dtype=pl.Decimal(38, kind.scale)) for bound in up]
        if self._whole:
            return [pl.lit(int(bound), dtype=pl.Int64) for bound in self._bounds]
        return [pl.lit(float(bound), dtype=pl.Float64) for bound in self._bounds]

    def _by_width(self, text: str) -> str:
        number, width = decimal.Decimal(text), self._width
        assert width is not None  # noqa: S101 -- asked only where there is one
        with decimal.localcontext(_EXACTLY):
            count = (number / width).to_integral_value(decimal.ROUND_FLOOR)
            low = count * width
            return self._label(low, low + width)

    def _label(self, low: decimal.Decimal, high: decimal.Decimal) -> str:
        if self._whole:
            high -= 1
            if low == high:
                return _plain(low)
            return f"{_plain(low)} to {_plain(high)}" if low < 0 else f"{_plain(low)}-{_plain(high)}"
        return f"{_plain(low)} to <{_plain(high)}" if low < 0 else f"{_plain(low)}-<{_plain(high)}"


def age(born: pl.Expr, day: date) -> pl.Expr:
    """Whole years between two days. Who is born on 29 February has a birthday on 1 March of other years."""
    still_to_come = (born.dt.month() > day.month) | ((born.dt.month() == day.month) & (born.dt.day() > day.day))
    return (day.year - born.dt.year()).cast(pl.Int64) - still_to_come.cast(pl.Int64)


def _exact(number: float) -> decimal.Decimal:
    """The number as it was written: its shortest digits."""
    return decimal.Decimal(repr(float(number)))


def _plain(number: decimal.Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
