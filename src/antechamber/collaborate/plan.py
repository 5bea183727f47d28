"""From a statement's text to what is executed: which rule judges it, and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.exceptions import NoSuchTableError
from sqlglot import exp

from antechamber.collaborate.custom import plan_custom
from antechamber.collaborate.lists import check_list
from antechamber.collaborate.parse import parse, parse_any, refusal
from antechamber.collaborate.privacy.answer import Private
from antechamber.collaborate.privacy.policy import Policy
from antechamber.collaborate.rewrite import Constraint, Statement, rewrite
from antechamber.collaborate.rules import check
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Template, filled
from antechamber.declare.share import CustomRule
from antechamber.errors import QueryFailed


@dataclass(frozen=True)
class Plan:
    """A statement that the rules of its tables allow.

    tables: those it reads.
    rules: what is enforced on it, in sentences.
    private: what is done to the rows before they are an answer, when a table is differentially private.
    policy: how much noise that is, and how it is paid for.
    """

    statement: Statement
    tables: tuple[SharedTable, ...]
    rules: tuple[str, ...]
    private: Private | None = None
    policy: Policy | None = None


def plan(
    sql: str,
    shared: Mapping[str, SharedTable],
    *,
    member: str,
    now: datetime,
    template: Template | None,
    parameters: Mapping[str, str],
    privacy: Mapping[str, Policy],
) -> Plan:
    """The plan of a statement.

    shared: the tables of the room, by name in lower case.
    now: the time of the query in UTC, without a zone.
    privacy: owner → how its differentially private tables are answered.
    Raises QueryRefused.
    """
    # Where every table is under a rule whose statements are single SELECTs, the statement is read once.
    alone = shared and template is None and all(table.kind != "custom" for table in shared.values())
    tree = parse(sql) if alone else parse_any(sql)
    named = _tables_named(tree, shared)
    for table in named:
        _refresh(table)
    kind = _one_kind(named)
    if template is not None and kind != "custom":
        raise refusal("statement", "a template runs over tables of custom rules", "ask with a statement of your own")
    if template is None and parameters:
        raise refusal("statement", "parameters are given, and no template", "write the literals into the statement")
    if kind == "custom":
        if template is not None:
            tree = filled(tree, template, sql, parameters)
        custom = plan_custom(
            tree, shared, named, member=member, now=now, template=template, privacy=_policy(named, privacy)
        )
        constraints = tuple(Constraint(column, count) for column, count in custom.constraints.items())
        statement = Statement(custom.sql, custom.names, constraints, custom.reads)
        tables = tuple(table for table in named if table.name in custom.reads)
        sentences = _sentences(tables, statement)
        policy = _policy(named, privacy)
        if custom.private is not None and policy is not None:
            cost = custom.private.sums * policy.epsilon
            told = f"noise hides {policy.users} users' contributions; the query costs {cost:.3g} epsilon"
            sentences = (told, *sentences)
        return Plan(statement, tables, sentences, custom.private, policy)
    select = tree if alone and isinstance(tree, exp.Select) else parse(sql)
    question = (check_list if kind == "list" else check)(select, shared, member=member, now=now)
    statement = rewrite(question)
    return Plan(statement, question.tables, _sentences(question.tables, statement))


def _tables_named(tree: exp.Expr, shared: Mapping[str, SharedTable]) -> tuple[SharedTable, ...]:
    named = {table.name.lower() for table in tree.find_all(exp.Table)}
    return tuple(shared[name] for name in sorted(named & shared.keys()))


def _one_kind(tables: tuple[SharedTable, ...]) -> str:
    """The kind of rule of all tables; an ID mapping table stands under that of the others.

    Source: *Analysis rules in AWS Clean Rooms*: one type in a query.
    """
    kinds = {table.kind: table for table in reversed(tables) if table.kind != "id_mapping"}
    if tables and not kinds:
        raise refusal("FROM", f"{tables[0]} is asked alone", "join it with tables of both members (requireOverlap)")
    if len(kinds) > 1:
        told = " and ".join(f"{table} ({kind})" for kind, table in kinds.items())
        raise refusal("FROM", f"tables of different kinds of rules are asked together: {told}", "ask each kind alone")
    return next(iter(kinds), "aggregation")


def _policy(tables: tuple[SharedTable, ...], privacy: Mapping[str, Policy]) -> Policy | None:
    """The policy of the one owner whose private tables are asked.

    Source: *AWS Clean Rooms Differential Privacy*: private tables of two members are not joined.
    """
    private = [t for t in tables if isinstance(t.rule, CustomRule) and t.rule.differential_privacy is not None]
    owners = {table.owner: table for table in private}
    if len(owners) > 1:
        told = " and ".join(f"{table} of {owner}" for owner, table in owners.items())
        raise refusal("FROM", f"differentially private tables of two members are asked together: {told}", "ask one")
    return next((privacy[owner] for owner in owners if owner in privacy), None)


def _refresh(shared: SharedTable) -> None:
    """See the table's last commit."""
    try:
        shared.table.refresh()
    except (NoSuchTableError, OSError):
        raise QueryFailed(
            "the table is not in the catalog any more", where=shared.name, remedy="ask its owner to publish it again"
        ) from None


def _sentences(tables: tuple[SharedTable, ...], statement: Statement) -> tuple[str, ...]:
    minimums = [
        f"a row appears only if it rests on at least {each.count:,} distinct {each.column}; other rows are left out "
        "without a word"
        for each in statement.constraints
    ]
    required = [
        f"{table} is read only where it joins a table of the member who asks"
        for table in tables
        if table.join_required
    ]
    reads = [f"of {table}, only {', '.join(columns)} is read" for table, columns in statement.reads.items()]
    overlap = [
        f"{table} is read only where both its ids are in tables of the members whose ids they are"
        for table in tables
        if table.overlap
    ]
    return (*minimums, *required, *overlap, *reads)
