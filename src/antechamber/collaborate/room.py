"""The room: the tables that tenants share with a collaboration, and the one door to them, a query under rules."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import pyarrow as pa

from antechamber.collaborate.engine import Limits, run
from antechamber.collaborate.opened import opened
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.plan import Plan, plan
from antechamber.collaborate.privacy.answer import noised
from antechamber.collaborate.privacy.policy import Policy
from antechamber.collaborate.rewrite import Constraint
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Template
from antechamber.declare.collaboration import Collaboration
from antechamber.errors import DeclarationError

NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Statistics:
    """What an answer tells of its making. How many rows a minimum held back is never told."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """What a query gave.

    receiver: the member for whom it is.
    """

    table: pa.Table
    receiver: str
    statistics: Statistics


@dataclass(frozen=True)
class Explanation:
    """What the rules make of a query, without running it.

    sql: the statement that would be executed, over one view a table.
    columns: the answer's column names.
    tables: the tables that would be read → the columns of each that would be read.
    constraints: what every row of the answer must rest on.
    rules: the same and what else is enforced, in sentences.
    epsilon: what the query costs of the privacy budget.
    """

    sql: str
    columns: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]
    constraints: tuple[Constraint, ...]
    rules: tuple[str, ...]
    epsilon: float = 0.0


@dataclass(frozen=True)
class Room:
    """A collaboration and its tables, by the names that queries use.

    privacy: owner → how that owner's differentially private tables are answered; without it they are not.
    Raises DeclarationError when a table belongs to no member or is not filed under its own name.
    """

    collaboration: Collaboration
    tables: Mapping[str, SharedTable]
    limits: Limits = field(default_factory=Limits)
    privacy: Mapping[str, Policy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"collaboration {self.collaboration.collaboration}"
        for name, table in self.tables.items():
            if table.owner not in self.collaboration.members:
                raise DeclarationError(
                    f"{name} belongs to '{table.owner}', which is not a member",
                    where=where,
                    remedy=f"members: {', '.join(self.collaboration.members)}",
                )
            if name != table.name:
                raise DeclarationError(f"{table} is filed under '{name}'", where=where, remedy="file it by its name")
        if len({name.lower() for name in self.tables}) != len(self.tables):
            raise DeclarationError(
                "two names of tables differ in case only", where=where, remedy="give one another name under share:"
            )

    def answer(
        self,
        sql: str,
        *,
        member: str,
        receiver: str | None = None,
        parameters: Mapping[str, str] = NO_PARAMETERS,
        template: Template | None = None,
    ) -> Answer:
        """Ask the room.

        sql: the statement; of a template, the template's own.
        member: who asks; must be able to query.
        receiver: for whom the answer is, the member itself when absent; must be able to receive.
        parameters: name → value, as text, of the parameters of the template.
        template: the template that is run; None for a query of one's own.
        Raises QueryRefused when a rule forbids it, QueryFailed when it could not be run.
        """
        receiver = member if receiver is None else receiver
        self._may(member, "query")
        self._may(receiver, "receive")
        began = time.perf_counter()
        planned = self._plan(sql, member, template, parameters)
        statement = planned.statement
        for table in planned.tables:
            _may_leave(table, receiver)
        wanted = [(table.name, table.table, statement.reads[table.name]) for table in planned.tables]
        with opened(wanted, self.limits) as views:
            rows = run(statement.sql, views, self.limits)
        if planned.private is not None and planned.policy is not None:
            rows = noised(planned.private, rows, planned.policy)
        rows = rows.rename_columns(list(statement.names))
        return Answer(rows, receiver, Statistics(seconds=time.perf_counter() - began))

    def explain(
        self,
        sql: str,
        *,
        member: str,
        receiver: str | None = None,
        parameters: Mapping[str, str] = NO_PARAMETERS,
        template: Template | None = None,
    ) -> Explanation:
        """What would be executed, and under which rules. Reads no data.

        receiver: for whom the answer would be; None leaves open whether anybody may have it.
        Raises QueryRefused as `answer` does.
        """
        self._may(member, "query")
        planned = self._plan(sql, member, template, parameters)
        if receiver is not None:
            self._may(receiver, "receive")
            for table in planned.tables:
                _may_leave(table, receiver)
        statement = planned.statement
        private, policy = planned.private, planned.policy
        epsilon = 0.0 if private is None or policy is None else private.sums * policy.epsilon
        return Explanation(
            statement.sql, statement.names, statement.reads, statement.constraints, planned.rules, epsilon
        )

    def _may(self, member: str, ability: str) -> None:
        members = self.collaboration.members
        where = f"collaboration {self.collaboration.collaboration}"
        if member not in members:
            raise refusal(where, f"'{member}' is not a member", f"members: {', '.join(members)}")
        if ability not in members[member].abilities:
            able = [name for name, each in members.items() if ability in each.abilities]
            verb = {"query": "ask", "receive": "be given the answer"}[ability]
            raise refusal(where, f"{member} may not {verb}", f"able to {ability}: {', '.join(able) or 'nobody'}")

    def _plan(self, sql: str, member: str, template: Template | None, parameters: Mapping[str, str]) -> Plan:
        shared = {name.lower(): table for name, table in self.tables.items()}
        now = datetime.now(UTC).replace(tzinfo=None)
        return plan(
            sql, shared, member=member, now=now, template=template, parameters=parameters, privacy=self.privacy
        )


def _may_leave(table: SharedTable, receiver: str) -> None:
    """Refuse an answer that a table's owner does not let this member have."""
    if table.rule.additional_analyses == "REQUIRED":
        raise refusal(
            "FROM",
            f"what rests on {table} goes into a further analysis only, and is not given out",
            f"additional_analyses of {table} is REQUIRED",
        )
    said = table.collaboration_rule
    if said is not None and said.receivers is not None and receiver not in said.receivers:
        raise refusal(
            "receiver",
            f"{receiver} may not be given what rests on {table}",
            f"allowed: {', '.join(said.receivers) or 'nobody'} (collaboration_rule.receivers of {table})",
        )
