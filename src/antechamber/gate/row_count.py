"""row_count: how many records a run publishes, in itself and against the last runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from antechamber.declare import Asked, RowCount, share_of
from antechamber.gate.outcome import Outcome, not_checked, of_run
from antechamber.publish import PublishedRun


def counts_of(runs: Sequence[PublishedRun], connector: str) -> list[int]:
    """How many records each earlier run of the connector published, oldest first: those that took in what was new,
    as the commits tell. What was read again (a backfill, a full run, a retry) is none of them."""
    return [
        run.rows_added
        for run in runs
        if run.connector == connector and not run.retried and not run.account.get("again")
    ]


def judge(rule: Asked, count: int, before: Sequence[int], *, new: bool) -> Outcome:
    """count: records that are to be published. before: what earlier runs published. new: whether this run takes in
    what is new, so that it can be compared with them."""
    body = rule.body
    assert isinstance(body, RowCount)  # noqa: S101 - the registry's line says so
    found = f"{count:,} records"
    if (body.min is not None and count < body.min) or (body.max is not None and count > body.max):
        least = f"at least {body.min:,}" if body.min is not None else ""
        most = f"at most {body.max:,}" if body.max is not None else ""
        return of_run(rule, holds=False, found=f"{found}, of {' and '.join(filter(None, (least, most)))}")
    if body.change is None:
        return of_run(rule, holds=True, found=found)
    last = before[-body.over :]
    absolute = body.min is not None or body.max is not None
    if not new or len(last) < body.over:
        why = (
            "a run that reads again is not compared"
            if not new
            else f"{len(last)} of {body.over} runs to compare with"
        )
        return of_run(rule, holds=True, found=f"{found}; {why}") if absolute else not_checked(rule, f"{found}; {why}")
    usual = statistics.median(last)
    holds = not usual or abs(count - usual) <= share_of(body.change) * usual
    return of_run(
        rule, holds=holds, found=f"{found}, the median of {len(last)} runs is {usual:,.0f}, of ±{body.change}"
    )
