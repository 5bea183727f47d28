"""What an intermediate table inherits from the tables that it was made of: the controls that were put off until it
is asked itself.

Source: AWS Clean Rooms user guide, *Intermediate tables in AWS Clean Rooms* and *Configuring an analysis rule for an
intermediate table*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

from antechamber.collaborate.api import faults, wire
from antechamber.collaborate.api.relations import KINDS, Relation
from antechamber.collaborate.api.rooms import Question
from antechamber.collaborate.room import Room
from antechamber.declare.collaboration import Member
from antechamber.declare.share import CustomRule

_STRICTNESS = ("NOT_ALLOWED", "ALLOWED", "REQUIRED")


def deferred(asked: Question, account: str) -> Room:
    """The room of a question without the controls that are put off: who receives, and what must not be output."""
    room = asked.room
    able = Member.model_construct(abilities=("query", "receive"))
    members = {**room.collaboration.members, account: able}
    tables = {
        name: replace(
            table,
            collaboration_rule=None,
            rule=table.rule.model_copy(
                update={
                    "additional_analyses": None,
                    **({"disallowed_output": ()} if isinstance(table.rule, CustomRule) else {}),
                }
            ),
        )
        for name, table in room.tables.items()
    }
    return replace(room, collaboration=room.collaboration.model_copy(update={"members": members}), tables=tables)


def constraints(relations: Sequence[Relation], sql: str, columns: Iterable[str]) -> dict[str, Any]:
    """`IntermediateTableInheritedConstraints`. columns: of the intermediate table."""
    found: dict[str, Any] = {}
    lists = {
        "allowedAdditionalAnalyses": _said(relations, "allowedAdditionalAnalyses"),
        "allowedResultReceivers": _said(relations, "allowedResultReceivers"),
    }
    for name, sources in lists.items():
        if sources:
            first = sources[0]["value"]
            value = [each for each in first if all(each in source["value"] for source in sources)]
            found[name] = {"value": value, "sources": sources}
    further = _said(relations, "additionalAnalyses")
    if further:
        strictest = max((source["value"] for source in further), key=_STRICTNESS.index)
        found["additionalAnalyses"] = {"value": strictest, "sources": further}
    entries = [entry for each in relations for entry in _disallowed(each, sql, list(columns))]
    if entries:
        value = list(dict.fromkeys(entry["column"] for entry in entries))
        found["disallowedOutputColumns"] = {"value": value, "columnLineage": entries}
    return found


def check_stricter(body: Mapping[str, Any], inherited: Mapping[str, Any]) -> None:
    """Raises Fault when the custom rule of a table made of others' tables allows more than those do."""
    for name in ("allowedResultReceivers", "allowedAdditionalAnalyses"):
        if name in inherited and (body.get(name) is None or not set(body[name]) <= set(inherited[name]["value"])):
            raise _looser(name, "must name some of what the base tables allow, and nothing else")
    barred = set(inherited.get("disallowedOutputColumns", {}).get("value", ()))
    if not barred <= set(body.get("disallowedOutputColumns", ())):
        raise _looser("disallowedOutputColumns", f"must name {', '.join(sorted(barred))} too")
    if "additionalAnalyses" in inherited:
        least = inherited["additionalAnalyses"]["value"]
        given = body.get("additionalAnalyses", "NOT_ALLOWED")
        if _STRICTNESS.index(given) < _STRICTNESS.index(least):
            raise _looser("additionalAnalyses", f"must be {least} or more restrictive")


def dependencies(relations: Sequence[Relation]) -> list[dict[str, Any]]:
    """`tableDependencies`: the tables of the statement, and those that its intermediate tables were made of."""
    direct = [_dependency(each, "DIRECT") for each in relations]
    known = {each["id"] for each in direct}
    indirect = {
        base["id"]: {**base, "parentType": "INDIRECT"}
        for each in relations
        for base in each.row.get("tableDependencies") or ()
        if base["id"] not in known
    }
    return [*direct, *indirect.values()]


def _dependency(found: Relation, parent: str) -> dict[str, Any]:
    return {
        "id": found.row.id,
        "name": found.row.name,
        "type": KINDS[found.row.kind],
        "parentType": parent,
        "creatorAccountId": found.row.account,
    }


def _said(relations: Sequence[Relation], name: str) -> list[dict[str, Any]]:
    """What each relation's rules say of a control, for those that say something."""
    sources = []
    for each in relations:
        for policy in (each.collaboration_policy, each.policy):
            value = None if policy is None else wire.body_of(policy).get(name)
            if value is not None:
                sources.append(
                    {
                        "name": each.row.name,
                        "id": each.row.id,
                        "type": KINDS[each.row.kind],
                        "value": value,
                        "sourceAccountId": each.row.account,
                    }
                )
                break
    return sources


def _disallowed(found: Relation, sql: str, columns: list[str]) -> list[dict[str, Any]]:
    """Which columns of the result rest on a column of a relation that must not be output."""
    barred = [] if found.policy is None else wire.body_of(found.policy).get("disallowedOutputColumns") or []
    return [
        {
            "column": column,
            "sourceColumn": source,
            "sourceName": found.row.name,
            "sourceId": found.row.id,
            "sourceType": KINDS[found.row.kind],
            "sourceAccountId": found.row.account,
        }
        for source in barred
        for column in columns
        if _rests(sql, column, found, source)
    ]


def _rests(sql: str, column: str, found: Relation, source: str) -> bool:
    """Whether a column of the result rests on a column of a relation; yes where that cannot be told."""
    try:
        trees = [tree for tree in parse(sql, dialect="spark") if tree is not None]
        named = {each.name.lower() for tree in trees for each in tree.find_all(exp.Column)}
        if source.lower() not in named and not any(tree.find(exp.Star) for tree in trees):
            return False
        if len(trees) != 1 or trees[0].find(exp.Lateral, exp.Pivot):
            # Lineage does not see through what is cached, exploded or pivoted.
            return True
        schema = {found.row.name: dict(found.columns)}
        leaves = [node for node in lineage(column, sql, schema=schema, dialect="spark").walk() if not node.downstream]
    except (SqlglotError, ValueError, RecursionError):
        return True
    return any(leaf.name.rpartition(".")[2].strip('`"').lower() in (source.lower(), "*") for leaf in leaves)


def _looser(name: str, what: str) -> faults.Fault:
    return faults.invalid(
        "the rule allows more than the base tables do",
        (f"analysisRulePolicy.v1.custom.{name}", what),
        reason="INVALID_CONFIGURATION",
    )
