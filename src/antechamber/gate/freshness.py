"""freshness: the newest value of a column is not older than a span of time when the run starts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from antechamber.declare import Asked, Freshness, span_of
from antechamber.gate.outcome import Outcome, not_checked, of_run
from antechamber.publish import Staging

AHEAD = timedelta(days=1)
"""A value that lies further in the future is a mistake of its sender, and no sign of freshness."""


def judge(rule: Asked, staging: Staging, started: datetime) -> Outcome:
    """Looks at the records that are to be published. A day counts as its last moment, in UTC."""
    body = rule.body
    assert isinstance(body, Freshness)  # noqa: S101 - the registry's line says so
    newest: datetime | None = None
    records = 0
    for batch in staging.batches():
        records += batch.num_rows
        values = pl.Series(batch.column(body.column))
        latest = started + AHEAD
        near = values.filter(values <= (latest.date() if values.dtype == pl.Date else latest))
        found = near.max()
        if isinstance(found, date):
            moment = found if isinstance(found, datetime) else datetime.combine(found, time.max, UTC)
            newest = moment if newest is None else max(newest, moment)
    if not records:
        return not_checked(rule, "no record is published")
    if newest is None:
        return of_run(rule, holds=False, found="no record has a value that does not lie in the future")
    age = max(started - newest, timedelta(0))
    return of_run(rule, holds=age <= span_of(body.within), found=f"the newest is {_said(age)} old, of {body.within}")


def _said(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days:,} d"] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes % 60} m"] if not days and (minutes % 60 or not hours) else []
    return " ".join(parts)
