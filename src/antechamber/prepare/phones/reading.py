"""Reading: which number plain digits are, a whole series at once, step by step as the library's `parse` does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import phonenumbers
import polars as pl

from antechamber.prepare.phones.accepted import Accept
from antechamber.prepare.phones.automaton import Flags, Numbers
from antechamber.prepare.phones.library import known_regions
from antechamber.prepare.phones.numerals import Numerals, numerals
from antechamber.prepare.phones.plans import NONE, Compiled, PlanKey, Plans, keys_of
from antechamber.prepare.phones.prefixes import looks_right, stripped
from antechamber.prepare.phones.ranges import LOCAL_ONLY, MOST_DIGITS, POSSIBLE, TOO_LONG, VALID

FEWEST_DIGITS = 2
"""Of a national number."""
PLANS = Plans()


@dataclass(frozen=True)
class Read:
    """What each row is.

    code: the calling code, 0 where there is no number. national: the national number with its zeros in front;
    anything where there is none. undecided: the library has to be asked.
    """

    code: Numbers
    national: pl.Series
    undecided: Flags


def read(text: pl.Series, plus: Flags, region: Numbers, accept: Accept) -> Read:
    """The numbers that the digits of each text are.

    text: 3 to 32 ASCII digits, whatever else it has. plus: whether a '+' stands in front. region: where each is
    dialled, as a position in `known_regions()`, or NONE when that is not known.
    """
    compiled, home = _plans(region, known_regions().__getitem__)
    undecided = (region != NONE) & (home == NONE)
    given = numerals(text)
    abroad, number = _dialled_abroad(compiled, given, plus, home)
    code = np.zeros(len(text), np.intp)
    code[abroad] = _code(number.of(abroad))
    # The library reads a '+' with a code that there is not once more, without the '+'.
    undecided |= plus & (code == 0) & (region != NONE)
    found = np.flatnonzero(code)
    number = number.merged(found, number.of(found).without(_digits_of_code(code[found])))
    compiled, plan = _plans(np.where(code != 0, code, NONE), lambda one: keys_of(one)[0])
    undecided |= (code != 0) & (plan == NONE)

    at_home = home != NONE
    at_home[abroad] = False
    rows = np.flatnonzero(at_home)
    plan[rows] = home[rows]
    rows, behind = _with_own_code(compiled, given.of(rows), rows, home[rows])
    number = number.merged(rows, behind)
    plan[rows] = compiled.main[home[rows]]
    code[at_home] = compiled.code[home[at_home]]

    national, taken = _national(compiled, number, plan, accept)
    return Read(np.where(taken, code, 0), national.written(), undecided)


def _dialled_abroad(compiled: Compiled, given: Numerals, plus: Flags, home: Numbers) -> tuple[Numbers, Numerals]:
    """The rows with a '+' or an international prefix; and all numbers, without the latter."""
    rows = np.flatnonzero(~plus & (home != NONE))
    dialled = given.of(rows)
    automaton = compiled.dials_abroad[home[rows]]
    end, _ = compiled.automata.prefix(dialled.symbols, dialled.start, dialled.length, automaton)
    # No calling code begins with 0.
    rows, end = rows[end >= 0], end[end >= 0]
    behind = given.of(rows).without(end)
    real = behind.symbols[behind.start] != 0
    rows, behind = rows[real], behind.of(real)
    abroad = plus.copy()
    abroad[rows] = True
    return np.flatnonzero(abroad), given.merged(rows, behind)


def _code(number: Numerals) -> Numbers:
    """The calling code that each begins with, 0 when there is none. Fewer than three digits are too few for one."""
    return _code_at()[number.first_three()]


def _with_own_code(compiled: Compiled, given: Numerals, rows: Numbers, home: Numbers) -> tuple[Numbers, Numerals]:
    """The rows that begin with their own region's calling code and mean it; and their numbers without it."""
    own = np.flatnonzero(_code(given) == compiled.code[home])
    rows, given, home = rows[own], given.of(own), home[own]
    behind = stripped(compiled, given.without(_digits_of_code(compiled.code[home])), home)
    better = looks_right(compiled, behind, home) & ~looks_right(compiled, given, home)
    better |= compiled.lengths[home, given.length] == TOO_LONG
    return rows[better], behind.of(better)


def _national(compiled: Compiled, number: Numerals, plan: Numbers, accept: Accept) -> tuple[Numerals, Flags]:
    """The national numbers, and which rows have one that is taken. plan: by which each is read; NONE: none."""
    taken = np.zeros(len(plan), np.bool_)
    rows = np.flatnonzero((plan != NONE) & (number.length >= FEWEST_DIGITS))
    before, plan = number.of(rows), plan[rows]
    after = stripped(compiled, before, plan)
    said = compiled.lengths[plan, after.length]
    national = after.with_rows_of(before, np.flatnonzero((said != POSSIBLE) & (said != TOO_LONG)))
    if accept == "valid":
        whole = compiled.automata.whole(national.symbols, national.start, national.length, compiled.ranges[plan])
        good = (whole & VALID) != 0
    else:
        said = compiled.lengths[compiled.main[plan], national.length]
        good = (said == POSSIBLE) | (said == LOCAL_ONLY)
    good &= (national.length >= FEWEST_DIGITS) & (national.length <= MOST_DIGITS)
    taken[rows] = good
    return number.merged(rows, national), taken


def _plans(asked: Numbers, key: Callable[[int], PlanKey]) -> tuple[Compiled, Numbers]:
    """All plans so far, and the number of each row's own, NONE where it asks for NONE or the plan is not readable."""
    present = np.flatnonzero(np.bincount(asked + 1)[1:]).tolist()
    keys = [key(one) for one in present]
    compiled = PLANS.of(keys)
    number = np.full(max(present, default=0) + 2, NONE, np.intp)
    number[present] = [compiled.number[one] for one in keys]
    return compiled, number[asked]


@cache
def _code_at() -> Numbers:
    """The calling code that each three digits begin with, else 0; one place more for what is no three digits."""
    codes = np.zeros(1001, np.intp)
    for digits in range(100, 1000):
        for length in (1, 2, 3):
            code = int(str(digits)[:length])
            if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
                codes[digits] = code
                break
    return codes


def _digits_of_code(code: Numbers) -> Numbers:
    return np.where(code < 10, 1, np.where(code < 100, 2, 3))
