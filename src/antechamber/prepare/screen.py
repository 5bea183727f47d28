"""Screening: records with a raw identity in a column that is declared as something else do not pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from antechamber.declare import Column
from antechamber.prepare.detection import Situation, Watch, found_in
from antechamber.prepare.verdict import Outcome

WATCHED = frozenset({"id", "string", "city", "state", "postal_code", "country"})
"""Types of text that point at nobody: others are identities, which need a protection, or numbers and times."""


def watch_of(column: Column, regions: tuple[str, ...]) -> Watch | None:
    """How a published column is searched, or None: what leaves as a hash, a token or a bucket holds nothing raw."""
    if column.type not in WATCHED or column.protect not in (None, "none", "mask", "truncate"):
        return None
    return Watch(
        where=Situation(is_id=column.type == "id", regions=regions),
        excused=frozenset(column.may_hold),
        raw=column.protect in (None, "none"),
    )


def screen(outcomes: Sequence[Outcome]) -> tuple[dict[int, tuple[str, str]], dict[tuple[str, str], int]]:
    """Row → (column, reason) of records that hold a raw identity; and the counts, as in `Prepared.detected`."""
    rejected: dict[int, tuple[str, str]] = {}
    detected: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        plan = outcome.plan
        if plan.watch is None:
            continue
        texts = outcome.source if plan.watch.raw else outcome.output
        if texts.dtype != pl.String:
            continue
        detected[plan.name, ""] += len(texts) - texts.null_count()
        for detector, held in found_in(texts, plan.watch.where, plan.watch.excused):
            rows = held.arg_true()
            detected[plan.name, detector.kind] += len(rows)
            reason = f"{detector.noun} in a column declared {plan.type}"
            for row in rows:
                rejected.setdefault(row, (plan.name, reason))
    return rejected, dict(detected)
