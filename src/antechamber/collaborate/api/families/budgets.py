"""Privacy budget templates and the budgets that they give: differential privacy, and access to a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import faults, spending
from antechamber.collaborate.api.access import active, joined, within
from antechamber.collaborate.api.call import Call, Given, Handler, times
from antechamber.collaborate.api.standing import (
    in_collaboration,
    of_collaboration,
    of_membership,
    to_members,
    to_owner,
)
from antechamber.collaborate.api.state import Row

_MEMBERS = {"DIFFERENTIAL_PRIVACY": "differentialPrivacy", "ACCESS_BUDGET": "accessBudget"}


def create(call: Call) -> Given:
    """CreatePrivacyBudgetTemplate: one of differential privacy in a collaboration, one of access for a table."""
    own = active(call)
    kind, parameters = call.given["privacyBudgetType"], call.given["parameters"]
    _check_kind(kind, parameters)
    parent, scope = None, f"differential privacy of {own.collaboration}"
    if kind == "ACCESS_BUDGET":
        _check_access(parameters["accessBudget"]["budgetParameters"])
        if call.given.get("autoRefresh", "NONE") != "NONE":
            raise faults.invalid(
                "each access budget says itself how it refreshes", ("autoRefresh", "must be absent or NONE")
            )
        parent = spending.resource(call, own, parameters["accessBudget"]["resourceArn"]).id
        scope = f"access budget of {parent}"
    made = call.add(
        "budget_template",
        {
            "privacyBudgetType": kind,
            "autoRefresh": call.given.get("autoRefresh", "NONE"),
            "parameters": parameters,
            "begun": call.now,
        },
        collaboration=own.collaboration,
        membership=own.id,
        parent=parent,
        scope=scope,
    )
    return {"privacyBudgetTemplate": _show(call, made)}


def get(call: Call) -> Given:
    """GetPrivacyBudgetTemplate."""
    return {"privacyBudgetTemplate": _show(call, _own(call))}


def list_all(call: Call) -> Given:
    """ListPrivacyBudgetTemplates."""
    return call.page(
        "privacyBudgetTemplateSummaries",
        lambda row: _summary(call, row),
        "kind = 'budget_template' AND membership = ?",
        active(call).id,
    )


def update(call: Call) -> Given:
    """UpdatePrivacyBudgetTemplate. An access budget begins anew; an epsilon that was drawn on is not lowered."""
    row = _own(call)
    kind, given = call.given["privacyBudgetType"], call.given.get("parameters")
    if kind != row["privacyBudgetType"]:
        raise faults.invalid(
            "a template keeps its type", ("privacyBudgetType", f"must be {row['privacyBudgetType']}")
        )
    if given is None:
        return {"privacyBudgetTemplate": _show(call, row)}
    _check_kind(kind, given)
    ((member, changes),) = given.items()
    before = row["parameters"][member]
    after = {**before, **changes}
    if kind == "ACCESS_BUDGET":
        _check_access(after["budgetParameters"])
        changed = call.shelf.change(row, {"parameters": {member: after}, "begun": call.now})
        return {"privacyBudgetTemplate": _show(call, changed)}
    noise_changed = after["usersNoisePerQuery"] != before["usersNoisePerQuery"]
    if (after["epsilon"] < before["epsilon"] or noise_changed) and spending.spent(call, row, 0):
        raise faults.conflict(
            "queries have drawn on the budget: it can be raised, and nothing else of it changed",
            reason="INVALID_STATE",
            kind="MEMBERSHIP",
            identifier=row.id,
        )
    return {"privacyBudgetTemplate": _show(call, call.shelf.change(row, {"parameters": {member: after}}))}


def delete(call: Call) -> Given:
    """DeletePrivacyBudgetTemplate."""
    call.shelf.remove(_own(call))
    return {}


def get_in_collaboration(call: Call) -> Given:
    """GetCollaborationPrivacyBudgetTemplate."""
    row = in_collaboration(call, "budget_template", call.given["privacyBudgetTemplateIdentifier"])
    content = {"autoRefresh": row["autoRefresh"], "parameters": row["parameters"]}
    return {"collaborationPrivacyBudgetTemplate": {**_shared(call, row), **content}}


def list_in_collaboration(call: Call) -> Given:
    """ListCollaborationPrivacyBudgetTemplates."""
    return call.page(
        "collaborationPrivacyBudgetTemplateSummaries",
        lambda row: _shared(call, row),
        "kind = 'budget_template' AND collaboration = ?",
        joined(call).collaboration.id,
    )


def list_budgets(call: Call) -> Given:
    """ListPrivacyBudgets: of the membership's collaboration, with the memberships whose templates give them."""
    budgets = _budgets(call, active(call).collaboration or "")
    return call.slice("privacyBudgetSummaries", [{**_summary_of(call, row), **_budget(call, row)} for row in budgets])


def list_budgets_in_collaboration(call: Call) -> Given:
    """ListCollaborationPrivacyBudgets."""
    budgets = _budgets(call, joined(call).collaboration.id)
    return call.slice(
        "collaborationPrivacyBudgetSummaries",
        [{**_place(call, row), "creatorAccountId": row.account, **_budget(call, row)} for row in budgets],
    )


def preview(call: Call) -> Given:
    """PreviewPrivacyImpact: how many aggregations an epsilon and a noise would pay for."""
    active(call)
    given = call.given["parameters"]["differentialPrivacy"]
    counts = spending.affordable(given["epsilon"], given["usersNoisePerQuery"])
    aggregations = [{"type": name, "maxCount": most} for name, most in counts.items()]
    return {"privacyImpact": {"differentialPrivacy": {"aggregations": aggregations}}}


def _own(call: Call) -> Row:
    return within(call, "budget_template", active(call), call.given["privacyBudgetTemplateIdentifier"])


def _budgets(call: Call, collaboration: str) -> list[Row]:
    wanted, arn = call.given["privacyBudgetType"], call.given.get("accessBudgetResourceArn")
    return [
        row
        for row in call.shelf.all("budget_template", collaboration=collaboration)
        if row["privacyBudgetType"] == wanted
        and arn in (None, row["parameters"].get("accessBudget", {}).get("resourceArn"))
    ]


def _check_kind(kind: str, parameters: Mapping[str, Any]) -> None:
    if _MEMBERS[kind] not in parameters:
        raise faults.invalid(
            "the parameters are of another type", ("parameters", f"must have {_MEMBERS[kind]} for {kind}")
        )


def _check_access(parameters: list[Mapping[str, Any]]) -> None:
    kinds = [each["type"] for each in parameters]
    if sum(kind == "LIFETIME" for kind in kinds) > 1 or sum(kind != "LIFETIME" for kind in kinds) > 1:
        raise faults.invalid(
            "there is one budget per period and one for the lifetime at most",
            ("parameters.accessBudget.budgetParameters", "must have one period and one LIFETIME at most"),
        )
    if any(each["type"] == "LIFETIME" and each.get("autoRefresh") == "ENABLED" for each in parameters):
        raise faults.invalid(
            "a lifetime does not refresh",
            ("parameters.accessBudget.budgetParameters", "must not refresh a LIFETIME budget"),
        )


def _show(call: Call, row: Row) -> Given:
    return {**_summary(call, row), "autoRefresh": row["autoRefresh"], "parameters": row["parameters"]}


def _summary(call: Call, row: Row) -> Given:
    return {**to_owner(call, row), "privacyBudgetType": row["privacyBudgetType"]}


def _shared(call: Call, row: Row) -> Given:
    return {**to_members(call, row), "privacyBudgetType": row["privacyBudgetType"]}


def _place(call: Call, row: Row) -> Given:
    return {
        **of_collaboration(call, row),
        "id": row.id,
        "privacyBudgetTemplateId": row.id,
        "privacyBudgetTemplateArn": call.arn(row),
    }


def _summary_of(call: Call, row: Row) -> Given:
    return {**_place(call, row), **of_membership(call, row)}


def _budget(call: Call, row: Row) -> Given:
    return {"type": row["privacyBudgetType"], "budget": spending.budget(call, row), **times(row)}


HANDLERS: Mapping[str, Handler] = {
    "CreatePrivacyBudgetTemplate": create,
    "DeletePrivacyBudgetTemplate": delete,
    "GetCollaborationPrivacyBudgetTemplate": get_in_collaboration,
    "GetPrivacyBudgetTemplate": get,
    "ListCollaborationPrivacyBudgetTemplates": list_in_collaboration,
    "ListCollaborationPrivacyBudgets": list_budgets_in_collaboration,
    "ListPrivacyBudgetTemplates": list_all,
    "ListPrivacyBudgets": list_budgets,
    "PreviewPrivacyImpact": preview,
    "UpdatePrivacyBudgetTemplate": update,
}
