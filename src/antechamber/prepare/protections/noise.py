"""Noise: a reported number leaves with Laplace noise on it, so that it says little about its own record (OpenDP).

The noise is OpenDP's, whose sampler is exact and whose source of chance is the system's: nothing seeds it, so every
run draws anew.
"""

from __future__ import annotations

import decimal
import importlib
import math
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.declare.protect import Noise as Declared
from antechamber.errors import MissingExtra
from antechamber.prepare.protections.protection import ByValue
from antechamber.prepare.text import where_present
from antechamber.prepare.types import Kind
from antechamber.prepare.types.decimal import Decimal
from antechamber.prepare.types.number import Integer

_MOST = (1 << 63) - 1


class Noise(ByValue):
    """The protection `noise`. Values are clamped to the bounds first; the output is not."""

    per_record = True

    def __init__(self, declared: Declared) -> None:
        self._dp = _opendp()
        self._declared = declared
        scale = (declared.upper - declared.lower) / declared.epsilon
        self.sentence = (
            f"clamped to {declared.lower:g} to {declared.upper:g} and given Laplace noise of scale {scale:g} "
            f"(epsilon {declared.epsilon:g}), another in every run"
        )

    def arrow(self, kind: Kind) -> pa.DataType:
        return kind.arrow

    def apply(self, value: pl.Expr, kind: Kind) -> pl.Expr:
        if isinstance(kind, Integer):
            return where_present(self._of_integers, value, dtype=pl.Int64())
        if isinstance(kind, Decimal):
            return self._of_decimals(value, kind)
        return where_present(self._of_floats, value, dtype=pl.Float64())

    def _of_integers(self, values: pl.Series) -> pl.Series:
        return self._discrete(values, int(self._declared.lower), int(self._declared.upper))

    def _discrete(self, values: pl.Series, lower: int, upper: int) -> pl.Series:
        measure = self._measurement("i64", upper - lower)
        return pl.Series(values.name, measure(values.clip(lower, upper).to_list()), dtype=pl.Int64)

    def _of_floats(self, values: pl.Series) -> pl.Series:
        lower, upper = self._declared.lower, self._declared.upper
        measure = self._measurement("f64", upper - lower)
        return pl.Series(values.name, measure(values.clip(lower, upper).to_list()), dtype=pl.Float64)

    def _of_decimals(self, value: pl.Expr, kind: Decimal) -> pl.Expr:
        dtype = pl.Decimal(kind.precision, kind.scale)
        step = 10**kind.scale
        # Bounds in units of the last digit, so that the noise is discrete there.
        lower = math.floor(decimal.Decimal(repr(self._declared.lower)) * step)
        upper = math.ceil(decimal.Decimal(repr(self._declared.upper)) * step)
        most = 10**kind.precision - 1

        def noisy(values: pl.Series) -> pl.Series:
            units = [min(max(int(each.scaleb(kind.scale)), lower), upper) for each in values.to_list()]
            measured = self._measurement("i64", upper - lower)(units)
            exact = [decimal.Decimal(min(max(each, -most), most)).scaleb(-kind.scale) for each in measured]
            return pl.Series(values.name, exact, dtype=dtype)

        return where_present(noisy, value, dtype=dtype)

    def _measurement(self, kind: str, width: float) -> Any:
        """Adds noise to each number of a list; one number that changes by `width` costs at most epsilon."""
        dp = self._dp
        domain = dp.atom_domain(T=kind, nan=False) if kind == "f64" else dp.atom_domain(T=kind)
        scale = width / self._declared.epsilon
        while True:
            made = dp.m.make_laplace(dp.vector_domain(domain), dp.l1_distance(T=kind), scale=scale)
            if made.map(width) <= self._declared.epsilon:
                return made
            scale *= 1 + 1e-12  # The division was rounded down: the loss must not be greater than declared.


def _opendp() -> Any:
    try:
        dp = importlib.import_module("opendp.prelude")
    except ModuleNotFoundError:
        raise MissingExtra("noise", needed_for="`protect: noise`") from None
    # OpenDP asks to be told that proofs of these parts are by review.
    dp.enable_features("contrib")
    return dp
