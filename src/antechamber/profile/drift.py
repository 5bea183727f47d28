"""Drift: what of a column is otherwise than it was before the last run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from antechamber.profile.facts import ColumnFacts, Histogram

NOTABLE_FILLED = 0.05
"""A change of the filled share by five points."""

NOTABLE_DISTINCT = 0.25
"""A change of the number of different values by a quarter, beyond what the estimate and the records account for."""

NOTABLE_STABILITY = 0.2
"""A population stability index above this is commonly called a significant shift."""


@dataclass(frozen=True)
class Drift:
    """One column, before and now.

    stability: the population stability index over the bins or the frequent values; None where there are none.
    said: what is notable, in words.
    """

    column: str
    filled_before: float
    filled_now: float
    distinct_before: int
    distinct_now: int
    stability: float | None
    said: tuple[str, ...]


def drift(before: Sequence[ColumnFacts], now: Sequence[ColumnFacts]) -> list[Drift]:
    """The drift of every column that was there before. before: made with `like` of the facts now."""
    earlier = {each.name: each for each in before}
    return [_drift(earlier[each.name], each) for each in now if each.name in earlier]


def _drift(before: ColumnFacts, now: ColumnFacts) -> Drift:
    index = stability(_shares(before), _shares(now))
    said = []
    if abs(now.filled - before.filled) >= NOTABLE_FILLED:
        said.append(f"filled {before.filled:.0%} before, {now.filled:.0%} now")
    grown = (now.present / before.present) if before.present else 1.0
    if before.distinct >= 20 and not 1 - NOTABLE_DISTINCT <= (now.distinct / before.distinct) <= (
        1 + NOTABLE_DISTINCT
    ) * max(grown, 1.0):
        said.append(f"{before.distinct:,} different values before, {now.distinct:,} now")
    if index is not None and index > NOTABLE_STABILITY:
        said.append(f"distributed otherwise (stability index {index:.2f})")
    return Drift(now.name, before.filled, now.filled, before.distinct, now.distinct, index, tuple(said))


def _shares(facts: ColumnFacts) -> list[int]:
    """Records in each bin, or of each frequent value, and all others. Ids grow: their lengths are no distribution."""
    if facts.type == "id":
        return []
    histogram: Histogram | None = facts.histogram or facts.lengths
    if facts.top:
        return [*facts.top.values(), facts.present - sum(facts.top.values())]
    return [*histogram.counts, histogram.outside] if histogram is not None else []


def stability(before: Sequence[int], now: Sequence[int]) -> float | None:
    """The population stability index of two counts of the same bins: Σ (q - p) · ln(q / p), with half a record more
    in each, so that an empty bin has a logarithm. None where one side has no records, or there are no bins."""
    if len(before) != len(now) or not sum(before) or not sum(now):
        return None
    total_before, total_now = sum(before) + len(before) / 2, sum(now) + len(now) / 2
    shares = [((p + 0.5) / total_before, (q + 0.5) / total_now) for p, q in zip(before, now, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in shares)
