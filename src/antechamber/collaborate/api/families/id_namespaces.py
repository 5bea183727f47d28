"""ID namespace associations: whose ids a collaboration maps to whose.

AWS Entity Resolution, which keeps ID namespaces, is not here: a namespace is the `id_namespace:` of a connector file
of the account. Of one that no file declares, a name that holds `target` says that it is one of targets.
"""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api.access import active, joined, within
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown
from antechamber.collaborate.api.standing import in_collaboration, to_members, to_owner
from antechamber.collaborate.api.state import Row


def create(call: Call) -> Given:
    """CreateIdNamespaceAssociation."""
    own = active(call)
    call.within("ID namespace associations per membership", call.shelf.count("id_namespace", membership=own.id))
    made = call.add(
        "id_namespace",
        only(call.given, "description", "inputReferenceConfig", "idMappingConfig"),
        collaboration=own.collaboration,
        membership=own.id,
        scope=f"id namespace of {own.id}",
        name=call.given["name"],
    )
    return {"idNamespaceAssociation": _show(call, made)}


def get(call: Call) -> Given:
    """GetIdNamespaceAssociation."""
    return {"idNamespaceAssociation": _show(call, _own(call))}


def list_all(call: Call) -> Given:
    """ListIdNamespaceAssociations."""
    return call.page(
        "idNamespaceAssociationSummaries",
        lambda row: _summary(call, row),
        "kind = 'id_namespace' AND membership = ?",
        active(call).id,
    )


def update(call: Call) -> Given:
    """UpdateIdNamespaceAssociation."""
    row = _own(call)
    changes = only(call.given, "description", "idMappingConfig")
    columns = {"name": call.given["name"]} if "name" in call.given else {}
    return {"idNamespaceAssociation": _show(call, call.change(row, changes, **columns))}


def delete(call: Call) -> Given:
    """DeleteIdNamespaceAssociation."""
    call.shelf.remove(_own(call))
    return {}


def get_in_collaboration(call: Call) -> Given:
    """GetCollaborationIdNamespaceAssociation."""
    row = in_collaboration(call, "id_namespace", call.given["idNamespaceAssociationIdentifier"])
    return {"collaborationIdNamespaceAssociation": {**_shared(call, row), **_content(call, row)}}


def list_in_collaboration(call: Call) -> Given:
    """ListCollaborationIdNamespaceAssociations."""
    return call.page(
        "collaborationIdNamespaceAssociationSummaries",
        lambda row: _shared(call, row),
        "kind = 'id_namespace' AND collaboration = ?",
        joined(call).collaboration.id,
    )


def type_of(call: Call, row: Row) -> str:
    """SOURCE or TARGET."""
    name = row["inputReferenceConfig"]["inputReferenceArn"].rpartition("/")[2]
    declared = call.house.tables.namespace(row.account, name)
    if declared is not None:
        return declared.space.type.upper()
    return "TARGET" if "target" in name.lower() else "SOURCE"


def _own(call: Call) -> Row:
    return within(call, "id_namespace", active(call), call.given["idNamespaceAssociationIdentifier"])


def _show(call: Call, row: Row) -> Given:
    return {**_summary(call, row), **_content(call, row)}


def _content(call: Call, row: Row) -> Given:
    properties = {"idNamespaceType": type_of(call, row), "idMappingWorkflowsSupported": []}
    return {"inputReferenceProperties": properties, **shown(row, "idMappingConfig")}


def _summary(call: Call, row: Row) -> Given:
    return {**to_owner(call, row), **_named(call, row)}


def _shared(call: Call, row: Row) -> Given:
    return {**to_members(call, row), **_named(call, row)}


def _named(call: Call, row: Row) -> Given:
    return {
        "name": row.name,
        "inputReferenceProperties": {"idNamespaceType": type_of(call, row)},
        **shown(row, "description", "inputReferenceConfig"),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateIdNamespaceAssociation": create,
    "DeleteIdNamespaceAssociation": delete,
    "GetCollaborationIdNamespaceAssociation": get_in_collaboration,
    "GetIdNamespaceAssociation": get,
    "ListCollaborationIdNamespaceAssociations": list_in_collaboration,
    "ListIdNamespaceAssociations": list_all,
    "UpdateIdNamespaceAssociation": update,
}
