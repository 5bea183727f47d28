"""From a statement's text to what is executed: which rule judges it, and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.exceptions import NoSuchTableError
from sqlglot import exp

from antechamber.collaborate.lists import check_list
from antechamber.collaborate.parse import parse, parse_any, refusal
from antechamber.collaborate.rewrite import Statement, rewrite
from antechamber.collaborate.rules import check
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Template
from antechamber.errors import QueryFailed


@dataclass(frozen=True)
class Plan:
    """A statement that the rules of its tables allow.

    tables: those it reads.
    rules: what is enforced on it, in sentences.
    """

    statement: Statement
    tables: tuple[SharedTable, ...]
    rules: tuple[str, ...]


def plan(
    sql: str,
    shared: Mapping[str, SharedTable],
    *,
    member: str,
    now: datetime,
    template: Template | None,
    parameters: Mapping[str, str],
) -> Plan:
    """The plan of a statement.

    shared: the tables of the room, by name in lower case.
    now: the time of the query in UTC, without a zone.
    Raises QueryRefused.
    """
    del parameters
    named = _tables_named(parse_any(sql), shared)
    for table in named:
        _refresh(table)
    kind = _one_kind(named)
    if kind == "custom" or kind == "id_mapping" or template is not None:
        raise refusal("FROM", f"a {kind} rule is not enforced yet, so that nothing may be asked", "")
    question = (check_list if kind == "list" else check)(parse(sql), shared, member=member, now=now)
    statement = rewrite(question)
    return Plan(statement, question.tables, _sentences(question.tables, statement))


def _tables_named(tree: exp.Expr, shared: Mapping[str, SharedTable]) -> tuple[SharedTable, ...]:
    named = {table.name.lower() for table in tree.find_all(exp.Table)}
    return tuple(shared[name] for name in sorted(named & shared.keys()))


def _one_kind(tables: tuple[SharedTable, ...]) -> str:
    """The kind of rule of all tables. Source: *Analysis rules in AWS Clean Rooms*: one type in a query."""
    kinds = {table.kind: table for table in reversed(tables)}
    if len(kinds) > 1:
        told = " and ".join(f"{table} ({kind})" for kind, table in kinds.items())
        raise refusal("FROM", f"tables of different kinds of rules are asked together: {told}", "ask each kind alone")
    return next(iter(kinds), "aggregation")


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
    return (*minimums, *required, *reads)
