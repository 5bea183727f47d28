"""Budgets: how often a table may still be asked, and how much privacy is left; spent where a query is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from antechamber.collaborate.api import arns, faults
from antechamber.collaborate.api.call import Call, Given
from antechamber.collaborate.api.state import Row

AGGREGATIONS: Mapping[str, int] = {"AVG": 2, "COUNT": 1, "COUNT_DISTINCT": 1, "SUM": 1, "STDDEV": 3}
"""Aggregation → how many noisy sums it takes: an average is a sum and a count, a deviation also a sum of squares."""


def spend(call: Call, rows: Iterable[Row], query: str) -> None:
    """Take one from every access budget of the relations that a query reads. Raises Fault when one has nothing left.

    Within the transaction that accepts the query: either both are on disk, or neither.
    """
    for row in rows:
        for template in call.shelf.all("budget_template", parent=row.id):
            if budget(call, template)["accessBudget"]["aggregateRemainingBudget"] < 1:
                raise faults.invalid(
                    f"the access budget of {row.name} is used up",
                    ("sqlParameters", f"must not read {row.name} until its budget is renewed or raised"),
                    reason="INVALID_QUERY",
                )
            spend_from(call, template, query, 1)


def spend_from(call: Call, template: Row, query: str, amount: float) -> None:
    """Write down what a query takes of a budget: uses of a table, or epsilon."""
    call.shelf.connection.execute(
        "INSERT INTO spendings (template, query, amount, at) VALUES (?, ?, ?, ?)",
        (template.id, query, amount, call.now),
    )


def privacy_template(call: Call, collaboration: str | None) -> Row | None:
    """The privacy budget template of a collaboration; it holds for the tables of the member who made it."""
    for template in call.shelf.all("budget_template", collaboration=collaboration):
        if template["privacyBudgetType"] == "DIFFERENTIAL_PRIVACY":
            return template
    return None


def pay(call: Call, template: Row, query: str, epsilon: float) -> None:
    """Take an epsilon for a query. Raises Fault when less is left."""
    check_affordable(call, template, epsilon)
    spend_from(call, template, query, epsilon)


def check_affordable(call: Call, template: Row, epsilon: float) -> None:
    """Raises Fault when less than this is left of the privacy budget."""
    if epsilon > left(call, template) + _SLACK:
        raise faults.invalid(
            "the privacy budget is used up, or has too little left for this query",
            ("sqlParameters", "must ask for fewer aggregates until the budget is renewed or raised"),
            reason="INVALID_QUERY",
        )


def left(call: Call, template: Row) -> float:
    """What is left of a privacy budget, in epsilon."""
    since = _period("CALENDAR_MONTH", call.now)[0] if template["autoRefresh"] == "CALENDAR_MONTH" else 0.0
    whole: float = template["parameters"]["differentialPrivacy"]["epsilon"]
    return max(0.0, whole - spent(call, template, since))


_SLACK = 1e-9
"""Sums of floating numbers differ in their last digits."""


def budget(call: Call, template: Row) -> Given:
    """`PrivacyBudget`: what a template allows and what is left."""
    parameters = template["parameters"]
    if "differentialPrivacy" in parameters:
        return {"differentialPrivacy": _privacy(call, template, parameters["differentialPrivacy"])}
    details = [_detail(call, template, each) for each in parameters["accessBudget"]["budgetParameters"]]
    return {
        "accessBudget": {
            "resourceArn": parameters["accessBudget"]["resourceArn"],
            "details": details,
            "aggregateRemainingBudget": min(each["remainingBudget"] for each in details),
        }
    }


def spent(call: Call, template: Row, since: float) -> float:
    """What was spent of a template from a time on."""
    (amount,) = call.shelf.connection.execute(
        "SELECT coalesce(sum(amount), 0) FROM spendings WHERE template = ? AND at >= ?", (template.id, since)
    ).fetchone()
    return float(amount)


def affordable(epsilon: float, users: int) -> dict[str, int]:
    """Aggregation → how many of it an epsilon pays for, when each hides the contributions of so many users.

    A noisy sum whose Laplace noise has a standard deviation of `users` contributions costs √2 ÷ users. AWS does not
    publish its own count; this is ours.
    """
    sums = epsilon * users / 2**0.5
    return {name: int(sums / cost + 1e-9) for name, cost in AGGREGATIONS.items()}


def resource(call: Call, own: Row, arn: str) -> Row:
    """The association or intermediate table of a membership that an access budget is for. Raises Fault."""
    identifier = arns.identifier(arn)
    for kind in ("association", "intermediate") if identifier else ():
        row = call.shelf.find(kind, identifier or "")
        if row is not None and row.membership == own.id and arns.budgeted(row, call.house.region) == arn:
            return row
    raise call.missing("CONFIGURED_TABLE_ASSOCIATION", arn)


def _privacy(call: Call, template: Row, parameters: Mapping[str, Any]) -> Given:
    whole = affordable(parameters["epsilon"], parameters["usersNoisePerQuery"])
    remaining = affordable(left(call, template), parameters["usersNoisePerQuery"])
    return {
        "aggregations": [
            {"type": name, "maxCount": most, "remainingCount": remaining[name]} for name, most in whole.items()
        ],
        "epsilon": parameters["epsilon"],
    }


def _detail(call: Call, template: Row, parameter: Mapping[str, Any]) -> Given:
    """One budget. An edit begins it anew; a period that does not refresh goes on until an edit."""
    begun: float = template["begun"]
    kind, refresh = parameter["type"], parameter.get("autoRefresh")
    detail: Given = {"budgetType": kind, "budget": parameter["budget"], "autoRefresh": refresh, "startTime": begun}
    since = begun
    if kind != "LIFETIME" and refresh == "ENABLED":
        start, end = _period(kind, call.now)
        since = max(start, begun)
        detail |= {"startTime": start, "endTime": end}
    return {**detail, "remainingBudget": max(0, parameter["budget"] - int(spent(call, template, since)))}


def _period(kind: str, now: float) -> tuple[float, float]:
    """The calendar period that a time lies in, in UTC: its start and its end. Weeks begin on Monday."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "CALENDAR_DAY":
        start, end = day, day + timedelta(days=1)
    elif kind == "CALENDAR_WEEK":
        start = day - timedelta(days=day.weekday())
        end = start + timedelta(days=7)
    else:
        start = day.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    return start.timestamp(), end.timestamp()
