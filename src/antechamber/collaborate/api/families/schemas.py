"""Schemas: what the members see of each other's relations, and the rules that they stand under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import arns, wire
from antechamber.collaborate.api.access import joined
from antechamber.collaborate.api.call import Call, Given, Handler
from antechamber.collaborate.api.relations import KINDS, Relation, all_of, named
from antechamber.collaborate.api.state import Row


def get(call: Call) -> Given:
    """GetSchema."""
    collaboration = joined(call).collaboration
    found = named(call, collaboration.id, call.given["name"])
    if found is None:
        raise call.missing("COLLABORATION", collaboration.id)
    return {"schema": show(call, collaboration, found)}


def list_all(call: Call) -> Given:
    """ListSchemas."""
    collaboration = joined(call).collaboration
    wanted = call.given.get("schemaType")
    found = sorted(all_of(call, collaboration.id), key=lambda each: each.row.sequence)
    return call.slice(
        "schemaSummaries",
        [_summary(call, collaboration, each) for each in found if wanted in (None, KINDS[each.row.kind])],
    )


def get_many(call: Call) -> Given:
    """BatchGetSchema: what there is, and an error for what there is not."""
    collaboration = joined(call).collaboration
    answer: Given = {"schemas": [], "errors": []}
    for name in dict.fromkeys(call.given["names"]):
        found = named(call, collaboration.id, name)
        if found is None:
            answer["errors"].append({"name": name, **_NOT_FOUND})
        else:
            answer["schemas"].append(show(call, collaboration, found))
    return answer


def get_rule(call: Call) -> Given:
    """GetSchemaAnalysisRule."""
    collaboration = joined(call).collaboration
    rule = _rule(call, collaboration, call.given["name"], call.given["type"])
    if rule is None:
        raise call.missing("COLLABORATION", collaboration.id)
    return {"analysisRule": rule}


def get_rules(call: Call) -> Given:
    """BatchGetSchemaAnalysisRule."""
    collaboration = joined(call).collaboration
    answer: Given = {"analysisRules": [], "errors": []}
    for request in call.given["schemaAnalysisRuleRequests"]:
        rule = _rule(call, collaboration, request["name"], request["type"])
        if rule is None:
            answer["errors"].append({**request, **_NOT_FOUND})
        else:
            answer["analysisRules"].append(rule)
    return answer


_NOT_FOUND = {"code": "ResourceNotFoundException", "message": "there is none of this name in the collaboration"}


def show(call: Call, collaboration: Row, found: Relation) -> Given:
    """`Schema`."""
    detail: Given = {
        "status": "NOT_READY" if found.reasons else "READY",
        "reasons": [{"code": code, "message": message} for code, message in found.reasons.items()],
        "analysisRuleType": found.type,
        "analysisType": "DIRECT_ANALYSIS",
    }
    if found.type == "CUSTOM" and wire.body_of(found.policy or {}).get("differentialPrivacy"):
        detail["configurations"] = ["DIFFERENTIAL_PRIVACY"]
    return {
        **_summary(call, collaboration, found),
        "columns": [
            {"name": name, "type": type_} for name, type_ in found.columns.items() if name not in found.partitions
        ],
        "partitionKeys": [{"name": name, "type": found.columns[name]} for name in found.partitions],
        "description": found.row.get("description", ""),
        "schemaStatusDetails": [detail],
        "schemaTypeProperties": _properties(found),
    }


def _summary(call: Call, collaboration: Row, found: Relation) -> Given:
    row = found.row
    configured = call.shelf.find("configured_table", row.parent or "")
    methods: Mapping[str, Any] = configured.document if configured is not None else {"analysisMethod": "DIRECT_QUERY"}
    return {
        "name": row.name,
        "type": KINDS[row.kind],
        "creatorAccountId": row.account,
        "createTime": row.created,
        "updateTime": found.changed,
        "collaborationId": collaboration.id,
        "collaborationArn": call.arn(collaboration),
        "analysisRuleTypes": [found.type] if found.type else [],
        "analysisMethod": methods["analysisMethod"],
        "selectedAnalysisMethods": methods.get("selectedAnalysisMethods"),
        # The pattern of the member has no word for intermediate tables.
        "resourceArn": arns.budgeted(row, call.house.region) if row.kind != "intermediate" else None,
    }


def _properties(found: Relation) -> Given:
    if found.row.kind == "association":
        return {"configuredTableAssociation": {"configuredTableAssociationId": found.row.id}}
    if found.row.kind == "intermediate":
        return {"intermediateTable": {"intermediateTableId": found.row.id}}
    return {
        "idMappingTable": {
            "idMappingTableInputSource": found.row["inputSources"],
            "idMappingTableId": found.row.id,
        }
    }


def _rule(call: Call, collaboration: Row, name: str, type_: str) -> Given | None:
    """`AnalysisRule`, or None when there is no such relation or rule."""
    found = named(call, collaboration.id, name)
    if found is None or found.policy is None or found.type != type_:
        return None
    rule: Given = {
        "collaborationId": collaboration.id,
        "type": type_,
        "name": found.row.name,
        "createTime": found.made,
        "updateTime": found.changed,
        "policy": found.policy,
    }
    own = found.collaboration_policy
    if own is not None:
        rule["collaborationPolicy"] = own
        if wire.kind_of(own) == type_:
            merged = {**wire.body_of(found.policy), **wire.body_of(own)}
            rule["consolidatedPolicy"] = {"v1": {wire.KINDS[type_]: merged}}
    return rule


HANDLERS: Mapping[str, Handler] = {
    "BatchGetSchema": get_many,
    "BatchGetSchemaAnalysisRule": get_rules,
    "GetSchema": get,
    "GetSchemaAnalysisRule": get_rule,
    "ListSchemas": list_all,
}
