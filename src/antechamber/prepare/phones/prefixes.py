"""Prefixes: what a plan takes off in front of a national number, or puts there instead."""

from __future__ import annotations

import numpy as np
import polars as pl

from antechamber.prepare.phones.automaton import Flags, Numbers
from antechamber.prepare.phones.numerals import Numerals
from antechamber.prepare.phones.plans import Compiled


def looks_right(compiled: Compiled, number: Numerals, plan: Numbers) -> Flags:
    """Whether each number has the general shape of its plan's."""
    said = compiled.automata.whole(number.symbols, number.start, number.length, compiled.ranges[plan])
    right: Flags = (said & compiled.looks_right[plan]) != 0
    return right


def stripped(compiled: Compiled, number: Numerals, plan: Numbers) -> Numerals:
    """Without national prefix and carrier code, as each row's plan has them.

    A number that looked right and would not without its prefix keeps it.
    """
    end, grouped = compiled.automata.prefix(number.symbols, number.start, number.length, compiled.prefixes[plan])
    replaced = grouped & compiled.transforms[plan]
    result = _unless_spoiled(
        compiled, number, number.without(np.where(replaced, 0, np.maximum(end, 0))), plan, end > 0
    )
    rows = np.flatnonzero(replaced)
    if not len(rows):
        return result
    before, plan = number.of(rows), plan[rows]
    after = before.rewritten(_replaced(compiled, before.written(), plan))
    every = np.ones(len(rows), np.bool_)
    return result.merged(rows, _unless_spoiled(compiled, before, after, plan, every))


def _unless_spoiled(compiled: Compiled, before: Numerals, after: Numerals, plan: Numbers, changed: Flags) -> Numerals:
    rows = np.flatnonzero(changed)
    rows = rows[looks_right(compiled, before.of(rows), plan[rows])]
    rows = rows[~looks_right(compiled, after.of(rows), plan[rows])]
    return after.with_rows_of(before, rows)


def _replaced(compiled: Compiled, numbers: pl.Series, plan: Numbers) -> pl.Series:
    results = numbers
    for one in np.unique(plan):
        transform = compiled.plans[one].transform
        assert transform is not None  # noqa: S101 -- only rows of plans that have one come here
        theirs = numbers.str.replace(*transform)
        results = theirs.zip_with(pl.Series(plan == one), results)
    return results
