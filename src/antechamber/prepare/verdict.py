"""What became of values that are null in the output: rejected records, and values counted as null by reason.

Costs next to nothing where nothing is wrong: only null counts are compared. Rows are looked at one by one only when
they have something to be said about them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.prepare.plan import Plan
from antechamber.prepare.types import EMPTY, Given
from antechamber.records import LINE, Rejected

MISSING = "the value is missing"


@dataclass(frozen=True)
class Outcome:
    """A column as it came out. source: the series it was made of, in the frame that `given` speaks of. value: before
    it was protected, where somebody asks for it."""

    plan: Plan
    given: Given
    source: pl.Series
    output: pl.Series
    value: pl.Series | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of the rows.

    rejected, dropped: row → (column, reason), in row order. nulled: (column, reason) → values null in all other rows.
    """

    rejected: Mapping[int, tuple[str, str]]
    dropped: Mapping[int, tuple[str, str]]
    nulled: Mapping[tuple[str, str], int]

    @property
    def out(self) -> Mapping[int, tuple[str, str]]:
        """All rows that are not published."""
        return {**self.rejected, **self.dropped}


def judge(
    outcomes: Sequence[Outcome], frame: pl.DataFrame, *, also: Mapping[int, tuple[str, str]] | None = None
) -> Verdict:
    """Look at every column's nulls. The first column at fault, in declared order, decides.

    also: row → (column, reason) of records that are to be rejected when nothing else is wrong with them.
    """
    reasons = [_reasons(outcome, frame) for outcome in outcomes]
    rejected: dict[int, tuple[str, str]] = {}
    dropped: dict[int, tuple[str, str]] = {}
    for outcome, found in zip(outcomes, reasons, strict=True):
        plan = outcome.plan
        if not (plan.rejects_invalid or plan.rejects_missing or plan.drops_invalid):
            continue
        for row, reason in found.items():
            if row in rejected or row in dropped:
                continue
            if reason == EMPTY and plan.rejects_missing:
                rejected[row] = (plan.name, MISSING)
            elif reason != EMPTY and plan.drops_invalid:
                dropped[row] = (plan.name, reason)
            elif reason != EMPTY and plan.rejects_invalid:
                rejected[row] = (plan.name, reason)
    for row, what in (also or {}).items():
        if row not in dropped:
            rejected.setdefault(row, what)
    out = {**rejected, **dropped}
    kept_rows = kept_mask(out, len(frame))
    nulled: Counter[tuple[str, str]] = Counter()
    for outcome, found in zip(outcomes, reasons, strict=True):
        nulls = outcome.output.null_count()
        if nulls == 0:
            continue
        if out:
            nulls = int((outcome.output.is_null() & kept_rows).sum())
        kept = Counter(reason for row, reason in found.items() if row not in out and reason != EMPTY)
        kept[EMPTY] = nulls - kept.total()
        nulled.update({(outcome.plan.name, reason): count for reason, count in kept.items() if count})
    return Verdict(dict(sorted(rejected.items())), dict(sorted(dropped.items())), dict(nulled))


def _reasons(outcome: Outcome, frame: pl.DataFrame) -> dict[int, str]:
    """Row → reason of every null that may be invalid or may reject its record; others need no look."""
    plan, output, source = outcome.plan, outcome.output, outcome.source
    nulls = output.null_count()
    if nulls == 0 or (nulls == source.null_count() and not plan.rejects_missing):
        return {}
    mask = output.is_null() if plan.rejects_missing else output.is_null() & source.is_not_null()
    rows = mask.arg_true()
    reasons = frame[rows].select(plan.reason(outcome.given).alias("reason")).to_series()
    if len(reasons) != len(rows):  # an expression of literals only has one row
        reasons = reasons.new_from_index(0, len(rows))
    return dict(zip(rows.to_list(), reasons.to_list(), strict=True))


def kept_mask(rejected: Mapping[int, object], rows: int) -> pl.Series:
    """True for the rows that are not rejected."""
    mask = pl.repeat(True, rows, eager=True)
    return mask.scatter(list(rejected), False)


def recognised_in(outcomes: Sequence[Outcome], out: Mapping[int, object]) -> dict[str, int]:
    """Column → values of rows that are published which arrived hashed."""
    found = {}
    for outcome in outcomes:
        plan, source, output = outcome.plan, outcome.source, outcome.output
        if plan.hashes is None or not plan.is_long(source):
            continue
        if out:
            mask = kept_mask(out, len(source))
            source, output = source.filter(mask), output.filter(mask)
        count = plan.hashes.count(source, output)
        if count:
            found[plan.name] = count
    return found


def rule_of(fault: tuple[str, str]) -> str:
    """What a (column, reason) is called where records that it drops are counted."""
    column, reason = fault
    return f"{column}: {reason}"


def lines_by_rule(batch: pa.RecordBatch, dropped: Mapping[int, tuple[str, str]]) -> dict[str, pa.Array[Any]]:
    """Rule → the LINEs of the records that it drops. dropped: row → (column, reason)."""
    rows: dict[str, list[int]] = {}
    for row, fault in dropped.items():
        rows.setdefault(rule_of(fault), []).append(row)
    return {rule: batch.column(LINE).take(pa.array(each, pa.int64())) for rule, each in rows.items()}


def rejections(rejected: Mapping[int, tuple[str, str]], batch: pa.RecordBatch) -> tuple[Rejected, ...]:
    """The rejected records, each with its source fields as one JSON object. rejected: row → (column, reason)."""
    if not rejected:
        return ()
    taken = batch.take(pa.array(list(rejected), pa.int64()))
    lines: list[Any] = taken.column(LINE).to_pylist()
    fields = {name: _plain(taken.column(name)) for name in taken.schema.names if name != LINE}
    return tuple(
        Rejected(
            line=lines[position],
            reason=reason,
            raw=json.dumps({name: values[position] for name, values in fields.items()}, ensure_ascii=False),
            column=column,
        )
        for position, (column, reason) in enumerate(rejected.values())
    )


def _plain(values: pa.Array[Any]) -> list[object]:
    """Values as JSON has them: numbers, booleans and text stay; all others become their text."""
    kind = values.type
    if pa.types.is_floating(kind):
        return [value if value is None or math.isfinite(value) else str(value) for value in values.to_pylist()]
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_interval(kind):
        # Python's dates and times end at the year 9999 and at microseconds; Arrow's do not.
        return list(values.cast(pa.string()).to_pylist())
    return [
        value if value is None or isinstance(value, bool | int | str) else str(value) for value in values.to_pylist()
    ]
