"""PIVOT and UNPIVOT of a custom query, written as the GROUP BY and the UNION ALL that they stand for.

So that everything that is checked of those is checked of them. Source: Apache Spark SQL reference, *PIVOT Clause* and
*UNPIVOT Clause*; beside thresholds and comparison controls AWS allows neither (*SQL capabilities for minimum
aggregation and comparison controls*).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from antechamber.collaborate.custom.aggregates import aggregate_name
from antechamber.collaborate.custom.context import Context
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken

_SAID = "write PIVOT (aggregate FOR column IN (value AS name, …))"
_SAID_UN = "write UNPIVOT (value FOR name IN (column, …))"


def pivot_of(node: exp.Expr) -> exp.Pivot | None:
    """The PIVOT or UNPIVOT of a table of FROM, or None. Raises QueryRefused when there are several."""
    found = node.args.get("pivots") or []
    if len(found) > 1:
        raise refusal("PIVOT", "a table is pivoted twice", "pivot it in a subquery")
    return found[0] if found else None


def without(node: exp.Expr) -> exp.Expr:
    """The same table, not pivoted."""
    inner = node.copy()
    inner.set("pivots", None)
    return inner


def written(node: exp.Expr, pivot: exp.Pivot, columns: Sequence[str], context: Context) -> exp.Subquery:
    """What stands for a pivoted table. columns: those of the table. Raises QueryRefused."""
    word = "UNPIVOT" if pivot.args.get("unpivot") else "PIVOT"
    if context.controls.strict or context.controls.private:
        raise refusal(
            "FROM", f"{word} is not allowed beside thresholds, comparison controls and privacy", "use GROUP BY"
        )
    fields = pivot.args.get("fields") or []
    if len(fields) != 1 or type(fields[0]) is not exp.In:
        raise refusal(word, "it is not of one column", _SAID_UN if word == "UNPIVOT" else _SAID)
    make = _unpivoted if word == "UNPIVOT" else _pivoted
    query = make(without(node), pivot, fields[0], columns)
    return exp.Subquery(this=query, alias=pivot.args.get("alias"))


def _pivoted(source: exp.Expr, pivot: exp.Pivot, field: exp.In, columns: Sequence[str]) -> exp.Select:
    """A row for the other columns' values, a column for each value and aggregate; NULL where no record has it."""
    key = bare(field.this, "PIVOT")
    if not isinstance(key, exp.Column) or not isinstance(key.this, exp.Identifier):
        raise refusal("PIVOT", f"{spoken(key)} stands after FOR", _SAID)
    values = [each.this if isinstance(each, exp.PivotAlias) else each for each in field.expressions]
    names = pivot.args.get("columns") or []
    if len(names) != len(values) * len(pivot.expressions) or not values:
        raise refusal("PIVOT", "its columns have no names", _SAID)
    calls = [each.unalias() for each in pivot.expressions]
    used = {name(key.this, "PIVOT")}
    for call in calls:
        if not aggregate_name(call):
            raise refusal("PIVOT", f"{spoken(call)} is no aggregate", _SAID)
        used |= {
            name(each.this, "PIVOT") for each in call.find_all(exp.Column) if not isinstance(each.this, exp.Star)
        }
    kept = [column for column in columns if column not in used]
    outputs: list[exp.Expr] = [exp.column(exp.to_identifier(column, quoted=True)) for column in kept]
    cells = [(value, call) for value in values for call in calls]
    for (value, call), label in zip(cells, names, strict=True):
        same = exp.EQ(this=key.copy(), expression=value.copy())
        there = exp.GT(
            this=exp.Count(this=exp.Case(ifs=[exp.If(this=same, true=exp.Literal.number(1))]), big_int=True),
            expression=exp.Literal.number(0),
        )
        cell = exp.Case(ifs=[exp.If(this=there, true=_only(call, same))])
        outputs.append(exp.alias_(cell, label.copy()))
    select = exp.Select(expressions=outputs, from_=exp.From(this=source))
    if kept:
        select.set("group", exp.Group(expressions=[each.copy() for each in outputs[: len(kept)]]))
    return select


def _only(call: exp.Expr, same: exp.Expr) -> exp.Expr:
    """An aggregate over the records of one value alone."""
    inner = call.copy()

    def cased(value: exp.Expr) -> exp.Expr:
        true = exp.Literal.number(1) if isinstance(value, exp.Star) else value
        return exp.Case(ifs=[exp.If(this=same.copy(), true=true)])

    if isinstance(inner, exp.Anonymous):
        if len(inner.expressions) != 1 or isinstance(inner.expressions[0], exp.Distinct):
            raise refusal("PIVOT", "an aggregate is not of one value", _SAID)
        inner.set("expressions", [cased(inner.expressions[0].copy())])
    elif isinstance(inner.this, exp.Distinct) and len(inner.this.expressions) == 1:
        inner.this.set("expressions", [cased(inner.this.expressions[0].copy())])
    elif isinstance(inner.this, exp.Expr) and not isinstance(inner.this, exp.Distinct):
        inner.set("this", cased(inner.this.copy()))
    else:
        raise refusal("PIVOT", "an aggregate is not of one value", _SAID)
    return inner


def _unpivoted(source: exp.Expr, pivot: exp.Pivot, field: exp.In, columns: Sequence[str]) -> exp.Expr:
    """A row for each column that is named and is not NULL, unless NULLS are included."""
    only(pivot, "UNPIVOT", "expressions", "fields", "unpivot", "include_nulls", "alias", "default_on_null", *_QUIET)
    values = pivot.expressions
    if len(values) != 1 or not isinstance(values[0], exp.Identifier) or not isinstance(field.this, exp.Identifier):
        raise refusal("UNPIVOT", "it is not of one value and one name", _SAID_UN)
    parts = []
    for each in field.expressions:
        column = each.this if isinstance(each, exp.PivotAlias) else each
        if not isinstance(column, exp.Column) or not isinstance(column.this, exp.Identifier):
            raise refusal("UNPIVOT", f"{spoken(column)} stands where a column is expected", _SAID_UN)
        label = each.args["alias"].name if isinstance(each, exp.PivotAlias) else column.name
        parts.append((column, label))
    gone = {name(column.this, "UNPIVOT") for column, _ in parts}
    kept = [exp.column(exp.to_identifier(each, quoted=True)) for each in columns if each not in gone]
    selects = []
    for column, label in parts:
        outputs = [
            *(each.copy() for each in kept),
            exp.alias_(exp.Literal.string(label), field.this.copy()),
            exp.alias_(column.copy(), values[0].copy()),
        ]
        select = exp.Select(expressions=outputs, from_=exp.From(this=source.copy()))
        if not pivot.args.get("include_nulls"):
            there = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
            select.set("where", exp.Where(this=there))
        selects.append(select)
    query: exp.Expr = selects[0]
    for select in selects[1:]:
        query = exp.Union(this=query, expression=select, distinct=False)
    return query


_QUIET = (
    "columns", "value_columns_first", "identify_pivot_strings", "prefixed_pivot_columns", "pivot_column_naming",
)  # fmt: skip
"""Settings of the parser, which say nothing of the statement."""
