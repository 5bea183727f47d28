"""ID mapping tables: pairs of ids of two members.

Where connector files declare the two ID namespaces, populating matches their published tables, as a rule-based ID
mapping workflow of AWS Entity Resolution does. Else what the workflow gave is the published table of the account that
has the workflow's name, with the columns `source_id` and `target_id`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from antechamber.collaborate.api import faults, populating
from antechamber.collaborate.api.access import active, within
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown
from antechamber.collaborate.api.families.id_namespaces import type_of
from antechamber.collaborate.api.relations import MAPPED, children, lose_base, scope_of_names
from antechamber.collaborate.api.standing import to_owner
from antechamber.collaborate.api.state import Row
from antechamber.collaborate.api.tables import columns_of
from antechamber.errors import DeclarationError


def create(call: Call) -> Given:
    """CreateIdMappingTable: between the newest source and the newest target namespace of the collaboration."""
    own = active(call)
    call.within("ID mapping tables per membership", call.shelf.count("id_mapping_table", membership=own.id))
    newest = {type_of(call, row): row for row in call.shelf.all("id_namespace", collaboration=own.collaboration)}
    if set(newest) != {"SOURCE", "TARGET"}:
        raise faults.invalid(
            "the collaboration needs an ID namespace association of sources and one of targets",
            ("inputReferenceConfig", "must map a source namespace to a target namespace of the collaboration"),
            reason="INVALID_CONFIGURATION",
        )
    made = call.add(
        "id_mapping_table",
        {
            **only(call.given, "description", "inputReferenceConfig", "kmsKeyArn"),
            "inputSources": [
                {"idNamespaceAssociationId": newest[kind].id, "type": kind} for kind in ("SOURCE", "TARGET")
            ],
            "owners": [newest[kind].account for kind in ("SOURCE", "TARGET")],
            "namespaces": [
                newest[kind]["inputReferenceConfig"]["inputReferenceArn"].rpartition("/")[2]
                for kind in ("SOURCE", "TARGET")
            ],
        },
        collaboration=own.collaboration,
        membership=own.id,
        scope=scope_of_names(own.collaboration),
        name=call.given["name"],
    )
    return {"idMappingTable": _show(call, made)}


def get(call: Call) -> Given:
    """GetIdMappingTable."""
    return {"idMappingTable": _show(call, _own(call))}


def list_all(call: Call) -> Given:
    """ListIdMappingTables."""
    return call.page(
        "idMappingTableSummaries",
        lambda row: _summary(call, row),
        "kind = 'id_mapping_table' AND membership = ?",
        active(call).id,
    )


def update(call: Call) -> Given:
    """UpdateIdMappingTable."""
    changed = call.shelf.change(_own(call), only(call.given, "description", "kmsKeyArn"))
    return {"idMappingTable": _show(call, changed)}


def delete(call: Call) -> Given:
    """DeleteIdMappingTable: intermediate tables made of it become unusable."""
    row = _own(call)
    lose_base(call, row)
    held = row.get("held")
    if held is not None:
        call.after.append(lambda: call.house.tables.drop(held))
    call.shelf.remove(row)
    return {}


def populate(call: Call) -> Given:
    """PopulateIdMappingTable: the tables of both namespaces, or the workflow's, must be published by now.

    Every job makes the pairs anew but for DELETE_ONLY, which takes away those whose ids are gone.
    """
    row = _own(call)
    both = populating.namespaces(call.house.tables, row)
    if both is not None:
        try:
            populating.statement(*both)
        except DeclarationError as error:
            text = f"{error.where}: {error.what}; {error.remedy}"
            raise faults.invalid(text, ("idMappingTableIdentifier", text), reason="INVALID_CONFIGURATION") from None
        if row.status == populating.RUNNING:
            raise faults.conflict(
                "the table is being populated", reason="INVALID_STATE", kind="MEMBERSHIP", identifier=row.id
            )
        call.shelf.change(row, {"job": call.given.get("jobType", "BATCH")}, status=populating.RUNNING)
        call.after.append(lambda: call.house.work.mapping(row.id))
        return {"idMappingJobId": str(uuid.uuid4())}
    table = call.house.tables.kept(row)
    absent = MAPPED if table is None else [name for name in MAPPED if name not in columns_of(table)]
    if absent:
        raise faults.invalid(
            "the workflow has no result: a published table of its name with the columns of the mapping",
            *(("idMappingTableIdentifier", f"the workflow's table lacks the column {name}") for name in absent),
            reason="INVALID_CONFIGURATION",
        )
    call.shelf.change(row, {"populated": True})
    return {"idMappingJobId": str(uuid.uuid4())}


def _own(call: Call) -> Row:
    return within(call, "id_mapping_table", active(call), call.given["idMappingTableIdentifier"])


def _show(call: Call, row: Row) -> Given:
    return {
        **_summary(call, row),
        "inputReferenceProperties": {"idMappingTableInputSource": row["inputSources"]},
        "childResources": children(call, row),
        **shown(row, "kmsKeyArn"),
    }


def _summary(call: Call, row: Row) -> Given:
    return {**to_owner(call, row), "name": row.name, **shown(row, "description", "inputReferenceConfig")}


HANDLERS: Mapping[str, Handler] = {
    "CreateIdMappingTable": create,
    "DeleteIdMappingTable": delete,
    "GetIdMappingTable": get,
    "ListIdMappingTables": list_all,
    "PopulateIdMappingTable": populate,
    "UpdateIdMappingTable": update,
}
