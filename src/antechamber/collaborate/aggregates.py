"""Aggregates: one of five functions over one column that the column's table lists for that very function."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.tree import bare, only, spoken
from antechamber.collaborate.values import NUMBERS, Column

AGGREGATES: tuple[type[exp.Expr], ...] = (exp.Count, exp.Sum, exp.Avg)

_NAMES: dict[type[exp.Expr], str] = {exp.Count: "COUNT", exp.Sum: "SUM", exp.Avg: "AVG"}


@dataclass(frozen=True)
class Aggregate:
    """An aggregate that the rules allow.

    function: as in `aggregate[].function` of the rule, such as `COUNT DISTINCT`.
    sql: its DuckDB text. A whole SUM that does not fit BIGINT is NULL; the AVG of decimals is a DOUBLE.
    label: the column name of an output without alias, as Spark gives it.
    """

    function: str
    column: Column
    sql: str
    label: str


def aggregate(node: exp.Expr, scope: Scope, clause: str) -> Aggregate:
    """The aggregate that a COUNT, SUM or AVG node means. Raises QueryRefused."""
    only(node, clause, "this", "big_int")
    name, inner, distinct = _NAMES[type(node)], node.this, False
    if isinstance(inner, exp.Distinct):
        only(inner, clause, "expressions")
        if len(inner.expressions) != 1:
            raise refusal(clause, f"{name} DISTINCT takes one column", "count each column on its own")
        inner, distinct = inner.expressions[0], True
    if inner is None:
        raise refusal(clause, f"{name} takes one column", "")
    inner = bare(inner, clause)
    if type(inner) is not exp.Column or isinstance(inner.this, exp.Star):
        what = spoken(inner.this if isinstance(inner, exp.Column) else inner)
        raise refusal(clause, f"{name} takes a column and nothing else, not {what}", "name one aggregate column")
    table, column = scope.find(inner, clause)
    function = f"{name} DISTINCT" if distinct else name
    allowed = table.aggregates(column.name)
    if function not in allowed:
        elsewhere = [other for other in table.aggregated if function in table.aggregates(other)]
        raise refusal(
            clause,
            f"{function} of {column} is not allowed",
            f"allowed on {column}: {', '.join(allowed) or 'no aggregate'}; "
            f"{function} is allowed on: {', '.join(elsewhere) or 'no column'} (aggregate of {table})",
        )
    type_ = scope.type(column)
    if name != "COUNT" and type_.kind not in NUMBERS:
        raise refusal(clause, f"{name} is for numbers and {column} is {type_.kind}", "share the column as a number")
    if type_.kind == "other":
        raise refusal(clause, f"{column} is of a type that is not compared", "share a column of a simple type")
    argument = f"DISTINCT {column.sql}" if distinct else column.sql
    sql = f"{name}({argument})"
    if name == "SUM" and type_.kind == "integer":
        sql = f"TRY_CAST({sql} AS BIGINT)"
    written = f"DISTINCT {column.name}" if distinct else column.name
    return Aggregate(function, column, sql, f"{name.lower()}({written})")
