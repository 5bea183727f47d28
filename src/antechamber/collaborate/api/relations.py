"""Relations: what a query can name in a collaboration, the rules that it stands under, and whether it is ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antechamber.collaborate.api import faults, wire
from antechamber.collaborate.api.call import Call, Given
from antechamber.collaborate.api.state import Row

KINDS: Mapping[str, str] = {
    "association": "TABLE",
    "id_mapping_table": "ID_MAPPING_TABLE",
    "intermediate": "INTERMEDIATE_TABLE",
}
"""Kind of a row → SchemaType."""

MAPPED = ("source_id", "target_id")
"""The columns of an ID mapping table."""

_UNUSABLE: Mapping[str, str] = {
    "CREATED": "INTERMEDIATE_TABLE_NOT_POPULATED",
    "POPULATE_STARTED": "INTERMEDIATE_TABLE_NOT_POPULATED",
    "POPULATE_FAILED": "INTERMEDIATE_TABLE_NOT_POPULATED",
    "BASE_TABLE_REMOVED": "INTERMEDIATE_TABLE_BASE_TABLE_REMOVED",
    "DISALLOWED_BY_DATA_PROVIDER": "INTERMEDIATE_TABLE_DISALLOWED_BY_DATA_PROVIDER",
    "RETENTION_PERIOD_EXPIRED": "INTERMEDIATE_TABLE_RETENTION_PERIOD_EXPIRED",
}

Reasons = dict[str, str]


@dataclass(frozen=True)
class Relation:
    """One relation.

    row: its association, ID mapping table or intermediate table.
    columns: those that are shared → their types.
    partitions: those of them that the table is partitioned by.
    reference: what it is a table of; empty for what this server keeps itself.
    policy, collaboration_policy: the rules, or None; `changed`: when a rule was last changed.
    reasons: why it cannot be queried: SchemaStatusReasonCode → a sentence; empty when it is ready.
    """

    row: Row
    columns: Mapping[str, str]
    partitions: tuple[str, ...]
    reference: Mapping[str, Any]
    policy: Mapping[str, Any] | None
    collaboration_policy: Mapping[str, Any] | None
    made: float
    changed: float
    reasons: Reasons

    @property
    def type(self) -> str | None:
        """The type of its rule."""
        return None if self.policy is None else wire.kind_of(self.policy)


def scope_of_names(collaboration: str | None) -> str:
    """Within what the name of a relation is the only one."""
    return f"relation of {collaboration}"


def all_of(call: Call, collaboration: str) -> Iterator[Relation]:
    """The relations of a collaboration whose owners are still in it."""
    for kind in KINDS:
        for row in call.shelf.all(kind, collaboration=collaboration):
            if _present(call, row):
                yield relation(call, row)


def named(call: Call, collaboration: str, name: str) -> Relation | None:
    """The relation of a name, or None."""
    for kind in KINDS:
        for row in call.shelf.all(kind, collaboration=collaboration, name=name):
            if _present(call, row):
                return relation(call, row)
    return None


def relation(call: Call, row: Row) -> Relation:
    """What a row means."""
    return {"association": _association, "id_mapping_table": _mapping, "intermediate": _intermediate}[row.kind](
        call, row
    )


def children(call: Call, row: Row) -> list[Given]:
    """The intermediate tables that were made of a relation."""
    return [
        {
            "resourceId": each.id,
            "resourceType": "INTERMEDIATE_TABLE",
            "resourceName": each.name,
            "ownerAccountId": each.account,
            "resourceStatus": each.status,
        }
        for each in _made_of(call, row)
    ]


def lose_base(call: Call, row: Row) -> None:
    """Make the intermediate tables of a relation that goes away unusable."""
    for each in _made_of(call, row):
        call.shelf.change(each, status="BASE_TABLE_REMOVED")


def custom_reasons(body: Mapping[str, Any]) -> Reasons:
    """Why a custom rule allows nothing, as far as the rule itself says."""
    allowed = body.get("allowedAnalyses") or []
    if not allowed:
        return {"ANALYSIS_TEMPLATES_NOT_CONFIGURED": "the custom rule allows no analysis"}
    if "ANY_QUERY" in allowed and not body.get("allowedAnalysisProviders"):
        return {"ANALYSIS_PROVIDERS_NOT_CONFIGURED": "the custom rule allows any query of nobody"}
    return {}


def _association(call: Call, row: Row) -> Relation:
    configured = call.shelf.held("configured_table", row.parent)
    rule = next(call.shelf.all("table_rule", parent=configured.id), None)
    own = next(call.shelf.all("association_rule", parent=row.id), None)
    try:
        known = call.house.tables.relation(configured.account, configured["tableReference"])
    except faults.Fault:
        # Its owner took the table away: it is still a relation, and a query over it is refused.
        known = None
    types = {} if known is None else known.columns
    changes = [each.updated for each in (rule, own) if each is not None]
    return Relation(
        row,
        {name: types.get(name, "string") for name in configured["allowedColumns"]},
        tuple(name for name in (() if known is None else known.partitions) if name in configured["allowedColumns"]),
        configured["tableReference"],
        None if rule is None else rule["policy"],
        None if own is None else own["policy"],
        made=row.created if rule is None else rule.created,
        changed=max([row.updated, *changes]),
        reasons=_reasons(call, row, rule, own),
    )


def _reasons(call: Call, row: Row, rule: Row | None, own: Row | None) -> Reasons:
    if rule is None:
        return {"ANALYSIS_RULE_MISSING": "the table has no analysis rule"}
    body = wire.body_of(rule["policy"])
    further = body.get("additionalAnalyses")
    if own is None and further is not None:
        # A rule that says something of additional analyses counts on the collaboration's own rule.
        return {"COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED": "the association has no collaboration analysis rule"}
    if own is not None and own.status != rule.status:
        return {"ANALYSIS_RULE_TYPES_NOT_COMPATIBLE": "the two rules of the table are of different types"}
    if further == "REQUIRED":
        return {"RESULT_RECEIVERS_NOT_ALLOWED": "the table is the input of additional analyses only"}
    if own is not None and wire.body_of(own["policy"]).get("allowedResultReceivers") == []:
        return {"RESULT_RECEIVERS_NOT_CONFIGURED": "the collaboration analysis rule names no receiver of results"}
    if rule.status != "CUSTOM":
        return {}
    if body.get("differentialPrivacy") is not None and not any(
        each["privacyBudgetType"] == "DIFFERENTIAL_PRIVACY" and each.account == row.account
        for each in call.shelf.all("budget_template", collaboration=row.collaboration)
    ):
        return {"DIFFERENTIAL_PRIVACY_POLICY_NOT_CONFIGURED": "the collaboration has no privacy budget template"}
    return custom_reasons(body)


def _mapping(call: Call, row: Row) -> Relation:
    """An ID mapping table: two columns of ids, which the service itself puts under a rule."""
    sources = [call.shelf.find("id_namespace", each["idNamespaceAssociationId"]) for each in row["inputSources"]]
    columns = list(MAPPED)
    shown = [
        column
        for column, source in zip(columns, sources, strict=True)
        if source is not None and (source.get("idMappingConfig") or {}).get("allowUseAsDimensionColumn")
    ]
    policy = {
        "joinColumns": columns,
        "queryConstraints": [{"requireOverlap": {"columns": columns}}],
        **({"dimensionColumns": shown} if shown else {}),
    }
    return Relation(
        row,
        dict.fromkeys(columns, "string"),
        (),
        {},
        {"v1": {"idMappingTable": policy}},
        None,
        made=row.created,
        changed=row.updated,
        reasons={}
        if row.get("populated")
        else {"ID_MAPPING_TABLE_NOT_POPULATED": row.get("trouble") or "the ID mapping table has not been populated"},
    )


def _intermediate(call: Call, row: Row) -> Relation:
    rule = next(call.shelf.all("intermediate_rule", parent=row.id), None)
    body = None if rule is None else wire.body_of(rule["policy"])
    expires = (row.get("active") or {}).get("expirationTime")
    status = "RETENTION_PERIOD_EXPIRED" if expires is not None and expires <= call.now else row.status
    code = _UNUSABLE.get(status)
    reasons: Reasons = {} if code is None else {code: f"the intermediate table is {status}"}
    if not reasons and body is None:
        reasons = {"INTERMEDIATE_TABLE_ANALYSIS_RULE_MISSING": "the intermediate table has no analysis rule"}
    return Relation(
        row,
        row.get("columns") or {},
        (),
        {},
        None if rule is None else rule["policy"],
        None,
        made=row.created if rule is None else rule.created,
        changed=row.updated if rule is None else max(row.updated, rule.updated),
        reasons=reasons or custom_reasons(body or {}),
    )


def _present(call: Call, row: Row) -> bool:
    membership = call.shelf.find("membership", row.membership or "")
    return membership is not None and membership.status == "ACTIVE"


def _made_of(call: Call, row: Row) -> list[Row]:
    return [
        each
        for each in call.shelf.all("intermediate", collaboration=row.collaboration)
        if any(base["id"] == row.id for base in each.get("tableDependencies") or ())
    ]
