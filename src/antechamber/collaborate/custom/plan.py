"""A custom statement: may it be asked at all, and what is executed for it.

Source: AWS Clean Rooms user guide, *Custom analysis rule*: analyses are allowed one by one, as templates that were
reviewed, or by who wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.controls import Controls
from antechamber.collaborate.custom.query import Query
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.privacy.answer import Private
from antechamber.collaborate.privacy.policy import Policy
from antechamber.collaborate.privacy.select import plan_private
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Template
from antechamber.collaborate.values import Column
from antechamber.declare.share import CustomRule


@dataclass(frozen=True)
class CustomPlan:
    """What is executed for a custom statement.

    sql: DuckDB text over one view a table. Output columns are named `1`, `2`, ….
    reads: table → the columns that its view must have.
    constraints: identity column → how many distinct values of it a row of the answer rests on at least.
    private: what is done to the rows before they are an answer, when a table is differentially private.
    """

    sql: str
    names: tuple[str, ...]
    reads: dict[str, tuple[str, ...]]
    constraints: dict[Column, int]
    private: Private | None = None


def plan_custom(
    tree: exp.Expr,
    shared: Mapping[str, SharedTable],
    tables: tuple[SharedTable, ...],
    *,
    member: str,
    now: datetime,
    template: Template | None,
    privacy: Policy | None,
) -> CustomPlan:
    """The plan of a statement over tables under custom rules.

    shared: the tables of the room, by name in lower case.
    tables: those that the statement names.
    Raises QueryRefused, which names the clause, the column and the field of the rule.
    """
    for table in tables:
        if table.kind != "id_mapping":
            _may_be_asked(table, member, template)
    context = Context(shared, Controls.of(tables), now)
    mapping = next((table for table in tables if table.kind == "id_mapping"), None)
    if mapping is not None and context.controls.private:
        raise refusal("FROM", f"{mapping} is asked with a differentially private table", "ask it with other tables")
    try:
        if context.controls.private:
            return _private(tree, context, privacy)
        relation = Query(context).relation(tree, Around(), final=True)
    except RecursionError:
        raise refusal("statement", "the statement is nested too deeply", "write it flatter") from None
    sql = relation.sql
    if context.withs:
        sql = f"WITH {', '.join(context.withs)}\n{sql}"
    return CustomPlan(sql, tuple(field.label for field in relation.fields), _reads(sql, context), context.constraints)


def _private(tree: exp.Expr, context: Context, privacy: Policy | None) -> CustomPlan:
    if privacy is None:
        raise refusal(
            "FROM",
            "a table is differentially private, and the collaboration has no privacy budget",
            "add a privacy budget (a template of differential privacy)",
        )
    private, names = plan_private(tree, context, privacy.records)
    sql = f"WITH {', '.join(context.withs)}\n{private.sql}" if context.withs else private.sql
    return CustomPlan(sql, names, _reads(sql, context), {}, private)


def _may_be_asked(table: SharedTable, member: str, template: Template | None) -> None:
    rule = table.rule
    assert isinstance(rule, CustomRule)  # noqa: S101 - told apart by the caller
    if template is not None and {template.name, template.arn} - {""} & set(rule.analyses):
        return
    author = member if template is None else template.author
    if "ANY_QUERY" in rule.analyses:
        if author in rule.providers:
            return
        allowed = f"allowed: {', '.join(rule.providers) or 'nobody'} (providers of {table})"
        raise refusal("statement", f"{author} may not ask {table} without review", allowed)
    what = "a query that is no template" if template is None else f"template '{template.name}'"
    allowed = f"allowed: {', '.join(rule.analyses) or 'nothing'} (analyses of {table})"
    raise refusal("statement", f"{what} is not allowed on {table}", allowed)


def _reads(sql: str, context: Context) -> dict[str, tuple[str, ...]]:
    """Table → the columns that its view must have; at least one, though a count needs none."""
    found: dict[str, set[str]] = {table.name: set() for _, table in context.scans}
    for column in context.read_in(sql):
        found[column.table].add(column.name)
    return {
        name: tuple(sorted(columns)) or (next(iter(context.shared[name.lower()].types())),)
        for name, columns in found.items()
    }
