"""The room of a collaboration as the state has it: what a protected query is checked against and answered by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from antechamber.collaborate.api import faults, spending, wire
from antechamber.collaborate.api.access import abilities
from antechamber.collaborate.api.call import Call
from antechamber.collaborate.api.families.templates import by_arn, tables_named
from antechamber.collaborate.api.relations import MAPPED, Relation, named
from antechamber.collaborate.api.state import Row
from antechamber.collaborate.engine import Limits
from antechamber.collaborate.hive import ReadTable
from antechamber.collaborate.privacy import Policy
from antechamber.collaborate.room import Room
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Parameter, Template
from antechamber.declare.collaboration import Collaboration, Member
from antechamber.declare.share import CollaborationRule
from antechamber.errors import QueryFailed

_ABILITIES: Mapping[str, str] = {"CAN_QUERY": "query", "CAN_RECEIVE_RESULTS": "receive"}


@dataclass(frozen=True)
class Question:
    """A statement and the room that it is asked in.

    relations: those that the statement names.
    """

    room: Room
    sql: str
    template: Template | None
    parameters: Mapping[str, str]
    relations: tuple[Relation, ...]


def question(
    call: Call, collaboration: Row, sql: Mapping[str, Any], limits: Limits, pay: Callable[[Row, float], None]
) -> Question:
    """What `sqlParameters` ask.

    pay: takes an epsilon from the budget of a privacy budget template before an answer is given.
    Raises Fault when a template or a relation is not there, not ready, or kept where this server cannot read.
    """
    template = _template(call, collaboration, sql)
    text: str = sql["queryString"] if template is None else template.sql
    relations = tuple(_relations(call, collaboration, text))
    shared = [_shared(call, each) for each in relations]
    return Question(
        Room(
            _collaboration(call, collaboration),
            {table.name: table for table in shared},
            limits,
            _privacy(call, collaboration, pay),
        ),
        text,
        template,
        sql.get("parameters", {}),
        relations,
    )


def unpaid(template: Row, epsilon: float) -> None:
    """For a question that is only explained: nothing is paid."""


def _privacy(call: Call, collaboration: Row, pay: Callable[[Row, float], None]) -> dict[str, Policy]:
    template = spending.privacy_template(call, collaboration.id)
    if template is None:
        return {}
    users = template["parameters"]["differentialPrivacy"]["usersNoisePerQuery"]
    return {template.account: Policy(users, lambda epsilon: pay(template, epsilon))}


def _template(call: Call, collaboration: Row, sql: Mapping[str, Any]) -> Template | None:
    arn = sql.get("analysisTemplateArn")
    if arn is None:
        return None
    row = by_arn(call, collaboration.id, arn)
    if row is None:
        raise call.missing("COLLABORATION", arn)
    parameters = {
        each["name"]: Parameter(each["type"], each.get("defaultValue")) for each in row.get("analysisParameters", [])
    }
    return Template(row.name, row.account, row["source"]["text"], parameters, call.arn(row))


def _relations(call: Call, collaboration: Row, text: str) -> list[Relation]:
    try:
        names = tables_named(text)
    except faults.Fault:
        # The room says what is wrong with the statement, and where.
        return []
    most = call.house.quotas["Configured tables per protected query"]
    if len(names) > most:
        raise faults.exceeded("Configured tables per protected query", most)
    found = {name.lower(): named(call, collaboration.id, name) for name in names}
    for each in found.values():
        for reason in () if each is None else each.reasons.values():
            raise _refused(f"{each.row.name} cannot be queried: {reason}")  # type: ignore[union-attr]
    return [each for each in found.values() if each is not None]


def _shared(call: Call, found: Relation) -> SharedTable:
    table: ReadTable | None = None
    try:
        table = call.house.tables.table(found.row.account, found.reference)
    except QueryFailed as error:
        raise _refused(f"{found.row.name}: {error.what}; {error.remedy}") from None
    if found.row.kind != "association":
        table = call.house.tables.kept(found.row)
    if table is None:
        raise _refused(f"{found.row.name} is not a table that this server can read")
    policy = found.policy
    assert policy is not None  # noqa: S101 - without a rule it is not ready
    return SharedTable(
        found.row.name,
        found.row.account,
        tuple(found.columns),
        wire.rule_of(policy),
        table,
        _said(found),
        dict(zip(MAPPED, found.row.get("owners") or (), strict=False)),
    )


def _said(found: Relation) -> CollaborationRule | None:
    bodies = [wire.body_of(each) for each in (found.policy, found.collaboration_policy) if each is not None]
    return wire.collaboration_rule_of(*bodies)


def _collaboration(call: Call, row: Row) -> Collaboration:
    """The members who have joined, by their accounts, with what they may do."""
    members = {
        each.account: Member.model_construct(
            abilities=tuple(_ABILITIES[ability] for ability in abilities(each) if ability in _ABILITIES)
        )
        for each in call.shelf.all("member", collaboration=row.id, status="ACTIVE")
    }
    # Not validated: a declared collaboration has two members at least, one of the API may have one.
    return Collaboration.model_construct(collaboration=row.id, description="", members=members)


def _refused(what: str) -> faults.Fault:
    return faults.invalid(what, ("sqlParameters", what), reason="INVALID_QUERY")
