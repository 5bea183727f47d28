"""The list rule: whether a statement is one of those that the list rules of its tables allow.

A whitelist, as `rules` is: SELECT DISTINCT of list columns over inner joins, with a condition of list columns and a
limit. Source: AWS Clean Rooms user guide, *List analysis rule* (structure and syntax; query controls).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from antechamber.collaborate.conditions import Where
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.question import Output, Question
from antechamber.collaborate.scalars import Scalars
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.sources import require_joins, tables_of
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.tree import bare, only, spoken

MOST_ROWS = 2**31 - 1
"""The largest LIMIT of Spark, an integer of 32 bits."""


def check_list(select: exp.Select, shared: Mapping[str, SharedTable], *, member: str, now: datetime) -> Question:
    """The question that a list statement asks.

    shared: the tables of the room, by name.
    member: the tenant that asks.
    now: the time of the query in UTC, without a zone.
    Raises QueryRefused, which names the clause, the table, the column and the field of the rule.
    """
    try:
        only(select, "statement", "expressions", "from_", "joins", "where", "distinct", "limit")
        _require_distinct(select)
        scope = Scope(shared)
        first, joins = tables_of(select, scope)
        if not joins:
            raise refusal(
                "FROM",
                f"{first} is not joined",
                f"join it with a table of the member who asks (the list rule of {first} requires a join)",
            )
        require_joins(scope, member)
        scalars = Scalars(scope, now)
        outputs = tuple(_output(node, scalars) for node in select.expressions)
        where = ""
        if (clause := select.args.get("where")) is not None:
            only(clause, "WHERE", "this")
            where = Where(scalars).condition(clause.this)
        used = frozenset(scope.used)
        return Question(outputs, first, joins, where, (), "", (), used, distinct=True, limit=_limit(select))
    except RecursionError:
        raise refusal("statement", "the statement is nested too deeply", "write it flatter") from None


def _require_distinct(select: exp.Select) -> None:
    distinct = select.args.get("distinct")
    if type(distinct) is not exp.Distinct:
        raise refusal("SELECT list", "a list query is a SELECT DISTINCT", "write SELECT DISTINCT")
    only(distinct, "SELECT list")


def _output(node: exp.Expr, scalars: Scalars) -> Output:
    """A list column, and its name in the answer."""
    label = ""
    if type(node) is exp.Alias:
        only(node, "SELECT list", "this", "alias")
        if not isinstance(node.args["alias"], exp.Identifier):
            raise refusal("SELECT list", "an output has one name", "")
        label, node = node.args["alias"].this, node.this
    node = bare(node, "SELECT list")
    if type(node) is not exp.Column or not isinstance(node.this, exp.Identifier):
        what = spoken(node.this if isinstance(node, exp.Column) else node)
        raise refusal(
            "SELECT list", f"a list query selects columns and nothing else, not {what}", "name list columns"
        )
    return Output(label or node.this.this, scalars.value(node, "SELECT list").sql)


def _limit(select: exp.Select) -> int | None:
    clause = select.args.get("limit")
    if clause is None:
        return None
    if type(clause) is not exp.Limit:
        raise refusal("LIMIT", f"{spoken(clause)} is not allowed", "write LIMIT and a number")
    only(clause, "LIMIT", "expression")
    number = bare(clause.expression, "LIMIT")
    if type(number) is not exp.Literal or number.is_string or not number.this.isdecimal():
        raise refusal("LIMIT", "LIMIT takes a positive whole number", "write the number itself")
    if not 1 <= int(number.this[:11]) <= MOST_ROWS:
        raise refusal("LIMIT", "LIMIT takes a positive whole number", f"write 1 to {MOST_ROWS:,}")
    return int(number.this)
