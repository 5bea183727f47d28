"""Analysis rules: of a configured table, and of its association with a collaboration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import active, association, table
from antechamber.collaborate.api.call import Call, Given, Handler, already, times
from antechamber.collaborate.api.state import Row
from antechamber.collaborate.api.wire import body_of, kind_of, rule_of
from antechamber.collaborate.tables import SharedTable
from antechamber.errors import DeclarationError

LARGEST = 100_000
"""Bytes of a rule's JSON (user guide, *AWS Clean Rooms quotas*)."""


def create_of_table(call: Call) -> Given:
    """CreateConfiguredTableAnalysisRule: the table's one rule. The same one again is the one that is there."""
    found = table(call)
    policy = _policy(call)
    check_policy(policy, found["allowedColumns"], found["tableReference"])
    return {"analysisRule": _show_of_table(call, _put(call, "table_rule", found, policy), found)}


def get_of_table(call: Call) -> Given:
    """GetConfiguredTableAnalysisRule."""
    found = table(call)
    return {"analysisRule": _show_of_table(call, _rule(call, "table_rule", found), found)}


def update_of_table(call: Call) -> Given:
    """UpdateConfiguredTableAnalysisRule. The type of a rule cannot be changed."""
    found = table(call)
    rule, policy = _rule(call, "table_rule", found), _policy(call)
    check_policy(policy, found["allowedColumns"], found["tableReference"])
    return {"analysisRule": _show_of_table(call, call.shelf.change(rule, {"policy": policy}), found)}


def delete_of_table(call: Call) -> Given:
    """DeleteConfiguredTableAnalysisRule."""
    found = table(call)
    call.shelf.remove(_rule(call, "table_rule", found))
    return {}


def create_of_association(call: Call) -> Given:
    """CreateConfiguredTableAssociationAnalysisRule: what holds in this collaboration only."""
    found = association(call, active(call))
    policy = _policy(call)
    return {"analysisRule": _show_of_association(call, _put(call, "association_rule", found, policy), found)}


def get_of_association(call: Call) -> Given:
    """GetConfiguredTableAssociationAnalysisRule."""
    found = association(call, active(call))
    return {"analysisRule": _show_of_association(call, _rule(call, "association_rule", found), found)}


def update_of_association(call: Call) -> Given:
    """UpdateConfiguredTableAssociationAnalysisRule."""
    found = association(call, active(call))
    rule, policy = _rule(call, "association_rule", found), _policy(call)
    return {"analysisRule": _show_of_association(call, call.shelf.change(rule, {"policy": policy}), found)}


def delete_of_association(call: Call) -> Given:
    """DeleteConfiguredTableAssociationAnalysisRule."""
    found = association(call, active(call))
    call.shelf.remove(_rule(call, "association_rule", found))
    return {}


def check_policy(policy: Mapping[str, Any], columns: list[str], reference: Mapping[str, Any]) -> None:
    """Whether the policy of a table can be enforced over these columns of it. Raises Fault."""
    if "glue" not in reference and kind_of(policy) != "CUSTOM":
        raise faults.invalid(
            "a table outside of Glue takes a custom rule only",
            ("analysisRuleType", "must be CUSTOM"),
            reason="INVALID_CONFIGURATION",
        )
    try:
        rule = rule_of(policy)
        # The checks of what is declared; they look at names, not at the table.
        SharedTable("table", "owner", tuple(columns), rule, None)  # type: ignore[arg-type]
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors()})
        raise faults.invalid(
            "the rule holds what this server does not accept",
            *(("analysisRulePolicy", f"{place} is not accepted") for place in places),
            reason="INVALID_CONFIGURATION",
        ) from None
    except DeclarationError as error:
        raise faults.invalid(
            f"{error.what}; {error.remedy}",
            ("analysisRulePolicy", error.what),
            reason="INVALID_CONFIGURATION",
        ) from None


def _put(call: Call, kind: str, parent: Row, policy: Mapping[str, Any]) -> Row:
    """The parent's rule, made or found to be the same."""
    existing = next(call.shelf.all(kind, parent=parent.id), None)
    if existing is not None:
        if existing["policy"] == policy:
            return existing
        raise already(existing)
    return call.shelf.add(
        kind,
        call.account,
        {"policy": policy},
        parent=parent.id,
        membership=parent.membership,
        collaboration=parent.collaboration,
        scope=f"rule of {parent.id}",
        status=call.given["analysisRuleType"],
    )


def _rule(call: Call, kind: str, parent: Row) -> Row:
    """The parent's rule of the type that is asked for. Raises Fault."""
    found = next(call.shelf.all(kind, parent=parent.id, status=call.given["analysisRuleType"]), None)
    if found is None:
        where = "CONFIGURED_TABLE" if kind == "table_rule" else "CONFIGURED_TABLE_ASSOCIATION"
        raise call.missing(where, parent.id)
    return found


def _policy(call: Call) -> dict[str, Any]:
    """The policy that was given, of the type that was named. Raises Fault."""
    policy: dict[str, Any] = call.given["analysisRulePolicy"]
    if kind_of(policy) != call.given["analysisRuleType"]:
        raise faults.invalid(
            "the policy is of another type than the rule",
            ("analysisRulePolicy.v1", f"must hold a policy of {call.given['analysisRuleType']}"),
        )
    if len(json.dumps(policy)) > LARGEST:
        raise faults.invalid("the rule is too large", ("analysisRulePolicy", f"must have at most {LARGEST} bytes"))
    further = body_of(policy).get("additionalAnalyses")
    if body_of(policy).get("allowedAdditionalAnalyses") and further == "NOT_ALLOWED":
        raise faults.invalid(
            "additional analyses are listed and not allowed",
            ("analysisRulePolicy", "must not list allowedAdditionalAnalyses with NOT_ALLOWED"),
        )
    return policy


def _show_of_table(call: Call, rule: Row, row: Row) -> Given:
    return {
        "configuredTableId": row.id,
        "configuredTableArn": call.arn(row),
        "policy": rule["policy"],
        "type": rule.status,
        **times(rule),
    }


def _show_of_association(call: Call, rule: Row, row: Row) -> Given:
    return {
        "membershipIdentifier": row.membership,
        "configuredTableAssociationId": row.id,
        "configuredTableAssociationArn": call.arn(row),
        "policy": rule["policy"],
        "type": rule.status,
        **times(rule),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateConfiguredTableAnalysisRule": create_of_table,
    "DeleteConfiguredTableAnalysisRule": delete_of_table,
    "GetConfiguredTableAnalysisRule": get_of_table,
    "UpdateConfiguredTableAnalysisRule": update_of_table,
    "CreateConfiguredTableAssociationAnalysisRule": create_of_association,
    "DeleteConfiguredTableAssociationAnalysisRule": delete_of_association,
    "GetConfiguredTableAssociationAnalysisRule": get_of_association,
    "UpdateConfiguredTableAssociationAnalysisRule": update_of_association,
}
