"""The analysis rule of an intermediate table: custom, and no looser than what the table inherits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import faults, inherited
from antechamber.collaborate.api.call import Call, Given, Handler, already, times
from antechamber.collaborate.api.families.intermediate import own_table
from antechamber.collaborate.api.families.rules import check_policy
from antechamber.collaborate.api.state import Row
from antechamber.collaborate.api.wire import body_of


def create(call: Call) -> Given:
    """CreateIntermediateTableAnalysisRule. The same one again is the one that is there."""
    row = own_table(call)
    policy = _policy(call, row)
    existing = next(call.shelf.all("intermediate_rule", parent=row.id), None)
    if existing is not None and existing["policy"] != policy:
        raise already(existing)
    rule = existing or call.shelf.add(
        "intermediate_rule",
        call.account,
        {"policy": policy},
        parent=row.id,
        membership=row.membership,
        collaboration=row.collaboration,
        scope=f"rule of {row.id}",
        status=call.given["analysisRuleType"],
    )
    return {"analysisRule": _show(call, rule, row)}


def get(call: Call) -> Given:
    """GetIntermediateTableAnalysisRule."""
    row = own_table(call)
    return {"analysisRule": _show(call, _rule(call, row), row)}


def update(call: Call) -> Given:
    """UpdateIntermediateTableAnalysisRule."""
    row = own_table(call)
    rule = call.shelf.change(_rule(call, row), {"policy": _policy(call, row)})
    return {"analysisRule": _show(call, rule, row)}


def delete(call: Call) -> Given:
    """DeleteIntermediateTableAnalysisRule."""
    call.shelf.remove(_rule(call, own_table(call)))
    return {}


def _policy(call: Call, row: Row) -> dict[str, Any]:
    """The policy that was given, over the table's columns and within what it inherits. Raises Fault."""
    policy: dict[str, Any] = call.given["analysisRulePolicy"]
    version = row.get("active")
    if version is None:
        raise faults.conflict(
            "the table has no columns before it is populated",
            reason="INVALID_STATE",
            kind="MEMBERSHIP",
            identifier=row.id,
        )
    check_policy(policy, list(row["columns"]), {"glue": {}})
    if any(base["creatorAccountId"] != row.account for base in row["tableDependencies"]):
        inherited.check_stricter(body_of(policy), version["inheritedConstraints"])
    return policy


def _rule(call: Call, row: Row) -> Row:
    found = next(call.shelf.all("intermediate_rule", parent=row.id), None)
    if found is None:
        raise call.missing("MEMBERSHIP", row.id)
    return found


def _show(call: Call, rule: Row, row: Row) -> Given:
    return {
        "intermediateTableIdentifier": row.id,
        "intermediateTableArn": call.arn(row),
        "analysisRulePolicy": rule["policy"],
        "analysisRuleType": rule.status,
        **times(rule),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateIntermediateTableAnalysisRule": create,
    "DeleteIntermediateTableAnalysisRule": delete,
    "GetIntermediateTableAnalysisRule": get,
    "UpdateIntermediateTableAnalysisRule": update,
}
