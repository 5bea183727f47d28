"""Noise on sums: OpenDP's discrete Laplace, whose sampler is exact and whose source of chance is the system's."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from antechamber.errors import MissingExtra


def noisy(sums: Sequence[int], *, scale: float, sensitivity: int, epsilon: float) -> list[int]:
    """Whole sums with noise of a scale, that together cost `epsilon` at most when one user changes them by
    `sensitivity` in all.

    Raises MissingExtra when OpenDP is not installed.
    """
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    while True:
        measure = dp.m.make_laplace(*space, scale=scale)
        # The scale was rounded when it was computed: the loss must not be greater than what is paid.
        if measure.map(sensitivity) <= epsilon:
            return list(measure(list(sums)))
        scale *= 1 + 1e-12


def _opendp() -> Any:
    try:
        dp = importlib.import_module("opendp.prelude")
    except ModuleNotFoundError:
        raise MissingExtra("noise", needed_for="differential privacy") from None
    # OpenDP asks to be told that proofs of these parts are by review.
    dp.enable_features("contrib")
    return dp
