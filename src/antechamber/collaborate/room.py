"""The room: the tables that tenants share with a collaboration, and the one door to them, a query under rules."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError
from sqlglot import exp

from antechamber.collaborate.engine import Limits, run
from antechamber.collaborate.files import view
from antechamber.collaborate.parse import parse, refusal
from antechamber.collaborate.rewrite import Constraint, Statement, rewrite
from antechamber.collaborate.rules import Question, check
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Template
from antechamber.declare.collaboration import Collaboration
from antechamber.errors import DeclarationError, QueryFailed

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
    """

    sql: str
    columns: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]
    constraints: tuple[Constraint, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Room:
    """A collaboration and its tables, by the names that queries use.

    Raises DeclarationError when a table belongs to no member or is not filed under its own name.
    """

    collaboration: Collaboration
    tables: Mapping[str, SharedTable]
    limits: Limits = field(default_factory=Limits)

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
        del parameters
        receiver = member if receiver is None else receiver
        self._may(member, "query")
        self._may(receiver, "receive")
        began = time.perf_counter()
        question, statement = self._statement(sql, member, template)
        views = [view(table.name, table.table, statement.reads[table.name]) for table in question.tables]
        rows = run(statement.sql, views, self.limits).rename_columns(list(statement.names))
        return Answer(rows, receiver, Statistics(seconds=time.perf_counter() - began))

    def explain(
        self,
        sql: str,
        *,
        member: str,
        parameters: Mapping[str, str] = NO_PARAMETERS,
        template: Template | None = None,
    ) -> Explanation:
        """What would be executed, and under which rules. Reads no data. Raises QueryRefused as `answer` does."""
        del parameters
        self._may(member, "query")
        question, statement = self._statement(sql, member, template)
        return Explanation(
            statement.sql, statement.names, statement.reads, statement.constraints, _sentences(question, statement)
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

    def _statement(self, sql: str, member: str, template: Template | None) -> tuple[Question, Statement]:
        if template is not None:
            raise refusal("statement", "analysis templates are not run yet", "ask with a statement of your own")
        select = parse(sql)
        shared = {name.lower(): table for name, table in self.tables.items()}
        named = {table.name.lower() for table in select.find_all(exp.Table)}
        for name in sorted(named & shared.keys()):
            _refresh(shared[name])
            if shared[name].kind != "aggregation":
                raise refusal(
                    "FROM",
                    f"the {shared[name].kind} rule of {name} is not enforced yet, so that nothing may be asked of it",
                    "share it under an aggregation rule",
                )
        now = datetime.now(UTC).replace(tzinfo=None)
        question = check(select, shared, member=member, now=now)
        return question, rewrite(question)


def _refresh(shared: SharedTable) -> None:
    """See the table's last commit."""
    try:
        shared.table.refresh()
    except (NoSuchTableError, OSError):
        raise QueryFailed(
            "the table is not in the catalog any more", where=shared.name, remedy="ask its owner to publish it again"
        ) from None


def _sentences(question: Question, statement: Statement) -> tuple[str, ...]:
    minimums = [
        f"a row appears only if it rests on at least {each.count:,} distinct {each.column}; other rows are left out "
        "without a word"
        for each in statement.constraints
    ]
    required = [
        f"{table} is read only where it joins a table of the member who asks"
        for table in question.tables
        if table.join_required
    ]
    reads = [f"of {table}, only {', '.join(columns)} is read" for table, columns in statement.reads.items()]
    return (*minimums, *required, *reads)
