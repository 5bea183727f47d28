"""Configured table associations: a configured table in one collaboration, under the name that queries use."""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api.access import active, association, table
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown, times
from antechamber.collaborate.api.relations import children, lose_base, scope_of_names
from antechamber.collaborate.api.state import Row


def create(call: Call) -> Given:
    """CreateConfiguredTableAssociation. A name is the only one in the collaboration, whoever gives it."""
    own, configured = active(call), table(call)
    call.within("Table associations per membership", call.shelf.count("association", membership=own.id))
    made = call.add(
        "association",
        only(call.given, "description", "roleArn"),
        collaboration=own.collaboration,
        membership=own.id,
        parent=configured.id,
        scope=scope_of_names(own.collaboration),
        name=call.given["name"],
    )
    return {"configuredTableAssociation": show(call, made)}


def get(call: Call) -> Given:
    """GetConfiguredTableAssociation."""
    return {"configuredTableAssociation": show(call, association(call, active(call)))}


def list_all(call: Call) -> Given:
    """ListConfiguredTableAssociations."""
    return call.page(
        "configuredTableAssociationSummaries",
        lambda row: _summary(call, row),
        "kind = 'association' AND membership = ?",
        active(call).id,
    )


def update(call: Call) -> Given:
    """UpdateConfiguredTableAssociation."""
    found = association(call, active(call))
    return {
        "configuredTableAssociation": show(call, call.shelf.change(found, only(call.given, "description", "roleArn")))
    }


def delete(call: Call) -> Given:
    """DeleteConfiguredTableAssociation: with its rule and budget; intermediate tables made of it become unusable."""
    take_away(call, association(call, active(call)))
    return {}


def take_away(call: Call, row: Row) -> None:
    """An association, with what hangs on it."""
    lose_base(call, row)
    for kind in ("association_rule", "budget_template"):
        for each in list(call.shelf.all(kind, parent=row.id)):
            call.shelf.remove(each)
    call.shelf.remove(row)


def end(call: Call, membership: Row, status: str) -> None:
    """End a membership from without: its tables leave the collaboration, and are their owner's alone again."""
    for row in list(call.shelf.all("association", membership=membership.id)):
        take_away(call, row)
    call.shelf.change(membership, status=status, scope=None)


def show(call: Call, row: Row) -> Given:
    """`ConfiguredTableAssociation`."""
    configured = call.shelf.held("configured_table", row.parent)
    return {
        **_summary(call, row),
        "configuredTableArn": call.arn(configured),
        **shown(row, "description", "roleArn"),
        "childResources": children(call, row),
    }


def _summary(call: Call, row: Row) -> Given:
    membership = call.shelf.held("membership", row.membership)
    return {
        "configuredTableId": row.parent,
        "membershipId": membership.id,
        "membershipArn": call.arn(membership),
        "name": row.name,
        "id": row.id,
        "arn": call.arn(row),
        "analysisRuleTypes": [rule.status for rule in call.shelf.all("association_rule", parent=row.id)],
        **times(row),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateConfiguredTableAssociation": create,
    "DeleteConfiguredTableAssociation": delete,
    "GetConfiguredTableAssociation": get,
    "ListConfiguredTableAssociations": list_all,
    "UpdateConfiguredTableAssociation": update,
}
