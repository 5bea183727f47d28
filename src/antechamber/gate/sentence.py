"""What a connector's quality rules will enforce, for people: one sentence a rule."""

from __future__ import annotations

from typing import Any

from antechamber.declare import Asked, Freshness, RowCount
from antechamber.declare.mistake import dotted

CONSEQUENCE = {
    "warn": "the run says so",
    "quarantine": "the record goes to quarantine",
    "fail": "nothing is published",
}


def enforced(rule: Asked, holds: str | None, sampled: tuple[int, int] | None) -> dict[str, Any]:
    """A rule as `antechamber check` tells it. holds: what holds of a good record, of rules of single records.
    sampled: records of a sample that it judged, and that failed."""
    checked, failed = sampled or (0, 0)
    return {
        "rule": rule.name,
        "columns": list(rule.columns),
        "where": dotted(rule.path),
        "then": rule.then,
        "what": _sentence(rule, holds or _of_run(rule)),
        "checked": checked,
        "failed": failed,
    }


def _sentence(rule: Asked, holds: str) -> str:
    tolerated = getattr(rule.body, "tolerate", None)
    end = CONSEQUENCE[rule.then]
    if tolerated is not None and rule.then == "quarantine":
        end += f"; with more than {tolerated} nothing is published"
    elif tolerated is not None:
        end += f" beyond {tolerated}"
    subject = f"{rule.column} " if rule.columns else ""
    return f"quality, {rule.name}: {subject}{holds}; else {end}"


def _of_run(rule: Asked) -> str:
    body = rule.body
    if isinstance(body, Freshness):
        return f"has a value of the last {body.within}"
    if isinstance(body, RowCount):
        parts = [f"at least {body.min:,} records"] if body.min is not None else []
        parts += [f"at most {body.max:,} records"] if body.max is not None else []
        parts += [f"±{body.change} of the median of {body.over} runs"] if body.change is not None else []
        return "a run publishes " + ", ".join(parts)
    return "comes once" if len(rule.columns) == 1 else "come once together"
