"""unique: no two records have the same values in some columns. The first passes, all others fail."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from antechamber.declare import Asked
from antechamber.gate.outcome import Outcome, of_records
from antechamber.prepare.quality import reason_of
from antechamber.prepare.verdict import rejections
from antechamber.publish import Origins, Repeated, Staging
from antechamber.records import Rejected

HoldBack = Callable[[int, Rejected, str], None]


def judge(
    rule: Asked, find: Callable[[], Repeated], staging: Staging, origins: Origins | None, hold_back: HoldBack
) -> Outcome:
    """find: the records that repeat others. hold_back: takes (partition, record, member) of one for quarantine."""
    found = find()
    outcome = of_records(rule, found.judged, found.count)
    if rule.then == "quarantine" and outcome.came == "quarantined":
        assert origins is not None  # noqa: S101 - they are kept for such rules
        for number, rows in found.rows.items():
            _hold_back(rule, number, rows.to_list(), staging, origins, hold_back)
            staging.hold_back(number, rows)
    return outcome


def _hold_back(
    rule: Asked, number: int, rows: list[int], staging: Staging, origins: Origins, hold_back: HoldBack
) -> None:
    batch, spans = origins.read(*staging.place(number))
    said = (rule.column, reason_of(rule.name))
    rejected = rejections(dict.fromkeys(rows, said), batch)
    ends = list(accumulate(span.rows for span in spans))
    for row, record in zip(rows, rejected, strict=True):
        span = spans[bisect_right(ends, row)]
        hold_back(span.partition, record, span.member)
