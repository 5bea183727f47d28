"""The aggregation rule: whether a statement is one of those that the rules of its tables allow.

A whitelist: the statement is taken apart clause by clause, and what no clause accepts is refused. What comes out,
a `Question`, holds checked values only.

Source: AWS Clean Rooms user guide, *Aggregation analysis rule* (structure and syntax; query controls; query results
controls). Where a query reads several tables, the rules of all of them apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from sqlglot import exp

from antechamber.collaborate.aggregates import AGGREGATES, Aggregate, aggregate
from antechamber.collaborate.conditions import Having, Where
from antechamber.collaborate.functions import SCALAR_FUNCTIONS
from antechamber.collaborate.parse import CleanRoomSql, refusal
from antechamber.collaborate.question import Order, Output, Question
from antechamber.collaborate.scalars import Scalars
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.sources import require_joins, tables_of
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.tree import bare, name, only, spoken
from antechamber.collaborate.values import Value

__all__ = ["SCALAR_FUNCTIONS", "Question", "check"]


def check(select: exp.Select, shared: Mapping[str, SharedTable], *, member: str, now: datetime) -> Question:
    """The question that a statement asks.

    shared: the tables of the room, by name.
    member: the tenant that asks.
    now: the time of the query in UTC, without a zone.
    Raises QueryRefused, which names the clause, the table, the column and the field of the rule.
    """
    try:
        return _Check(select, shared, member, now).question()
    except RecursionError:
        raise refusal("statement", "the statement is nested too deeply", "write it flatter") from None


Item = Aggregate | Value
Part = TypeVar("Part", bound=exp.Expr)


class _Check:
    def __init__(self, select: exp.Select, shared: Mapping[str, SharedTable], member: str, now: datetime) -> None:
        only(select, "statement", "expressions", "from_", "joins", "where", "group", "having", "order")
        self._select = select
        self._member = member
        self._now = now
        self._scope = Scope(shared)
        self._items: tuple[tuple[exp.Expr, str], ...] = ()
        self._values: tuple[Item, ...] = ()

    def question(self) -> Question:
        scope = self._scope
        first, joins = tables_of(self._select, scope)
        require_joins(scope, self._member)
        self._items = tuple(_unaliased(node) for node in self._select.expressions)
        for node, _ in self._items:
            # Before GROUP BY is read: a column that may not be output at all is told at its first place.
            self._read(node, "SELECT list", Scalars(scope, self._now))
        where = ""
        if (clause := self._part("where", exp.Where)) is not None:
            only(clause, "WHERE", "this")
            where = Where(Scalars(scope, self._now)).condition(clause.this)
        group = self._group()
        scalars = Scalars(scope, self._now, frozenset(group))
        self._values = tuple(self._item(node, "SELECT list", scalars) for node, _ in self._items)
        if not any(isinstance(value, Aggregate) for value in self._values):
            raise refusal(
                "SELECT list", "there is no aggregate", "select at least one COUNT, SUM or AVG that the rule allows"
            )
        having = ""
        if (limit := self._part("having", exp.Having)) is not None:
            only(limit, "HAVING", "this")
            having = Having(scope, self._aggregate_called).condition(limit.this)
        outputs = tuple(Output(self._label(index), self._values[index].sql) for index in range(len(self._values)))
        order = self._order(scalars)
        return Question(outputs, first, joins, where, group, having, order, frozenset(scope.used))

    def _part(self, part: str, kind: type[Part]) -> Part | None:
        node = self._select.args.get(part)
        if node is not None and type(node) is not kind:
            raise refusal("statement", f"{spoken(node)} is not allowed", "")
        return node

    def _group(self) -> tuple[str, ...]:
        clause = self._part("group", exp.Group)
        if clause is None:
            return ()
        only(clause, "GROUP BY", "expressions")
        texts: list[str] = []
        for node in clause.expressions:
            value = self._grouping(bare(node, "GROUP BY"))
            # A constant does not tell rows apart; DuckDB would take a number for a position.
            if value.columns:
                texts.append(value.sql)
        return tuple(dict.fromkeys(texts))

    def _grouping(self, node: exp.Expr) -> Value:
        """A grouping expression; a position or an alias stands for the output that it points to."""
        scalars = Scalars(self._scope, self._now)
        target: exp.Expr | None = None
        if type(node) is exp.Literal and not node.is_string:
            target = self._at(node, "GROUP BY")
        elif type(node) is exp.Column and not node.args.get("table"):
            alias = name(node.this, "GROUP BY")
            # As in Spark, a column of FROM comes before an alias.
            if not self._scope.holds(alias):
                target = self._called(alias, "GROUP BY")
        if target is not None:
            if type(target) in AGGREGATES:
                raise refusal("GROUP BY", "an aggregate cannot be grouped by", "group by dimension columns")
            node = target
        return scalars.value(node, "GROUP BY")

    def _read(self, node: exp.Expr, clause: str, scalars: Scalars) -> Item:
        node = bare(node, clause)
        if type(node) in AGGREGATES:
            return aggregate(node, self._scope, clause)
        return scalars.value(node, clause)

    def _item(self, node: exp.Expr, clause: str, scalars: Scalars) -> Item:
        value = self._read(node, clause, scalars)
        if isinstance(value, Value) and value.loose:
            loose = ", ".join(str(column) for column in sorted(value.loose))
            raise refusal(clause, f"{loose} is neither aggregated nor grouped", "put the expression in GROUP BY")
        return value

    def _order(self, scalars: Scalars) -> tuple[Order, ...]:
        clause = self._part("order", exp.Order)
        if clause is None:
            return ()
        only(clause, "ORDER BY", "expressions")
        return tuple(self._ordered(node, scalars) for node in clause.expressions)

    def _ordered(self, node: exp.Expr, scalars: Scalars) -> Order:
        if type(node) is not exp.Ordered:
            raise refusal("ORDER BY", f"{spoken(node)} is not allowed", "")
        only(node, "ORDER BY", "this", "desc", "nulls_first")
        descending = bool(node.args.get("desc"))
        if bool(node.args.get("nulls_first")) is descending:
            raise refusal("ORDER BY", "NULLS FIRST and NULLS LAST are not allowed", "allowed: ASC, DESC")
        inner = bare(node.this, "ORDER BY")
        if type(inner) is exp.Literal and not inner.is_string:
            inner = self._at(inner, "ORDER BY")
        elif type(inner) is exp.Column and not inner.args.get("table"):
            # As in Spark, the name of an output comes before a column of FROM.
            inner = self._called(name(inner.this, "ORDER BY"), "ORDER BY") or inner
        return Order(self._item(inner, "ORDER BY", scalars).sql, descending)

    def _at(self, position: exp.Literal, clause: str) -> exp.Expr:
        text: str = position.this
        if not text.isdecimal() or not 1 <= int(text[:6]) <= len(self._items) or len(text) > 6:
            raise refusal(
                clause, "a number stands for an output's position, and there is no such output", "count from 1"
            )
        return bare(self._items[int(text) - 1][0], clause)

    def _called(self, alias: str, clause: str) -> exp.Expr | None:
        """The output of this name, or None. Raises QueryRefused when several outputs have it."""
        found = [bare(node, clause) for node, label in self._items if label and _key(label) == alias]
        if len(found) > 1 and any(node != found[0] for node in found[1:]):
            raise refusal(clause, f"'{alias}' is the name of {len(found)} outputs", "name them apart")
        return found[0] if found else None

    def _aggregate_called(self, alias: str) -> Aggregate | None:
        found = self._called(alias, "HAVING")
        if found is None or type(found) not in AGGREGATES:
            return None
        return aggregate(found, self._scope, "HAVING")

    def _label(self, index: int) -> str:
        node, label = self._items[index]
        if label:
            return label
        value = self._values[index]
        return value.label if isinstance(value, Aggregate) else node.sql(dialect=CleanRoomSql)


def _unaliased(node: exp.Expr) -> tuple[exp.Expr, str]:
    """An output's expression, and its name: the alias, the column's own, or "" when it has none."""
    if type(node) is exp.Alias:
        only(node, "SELECT list", "this", "alias")
        if not isinstance(node.args["alias"], exp.Identifier):
            raise refusal("SELECT list", "an output has one name", "")
        return node.this, node.args["alias"].this
    inner = bare(node, "SELECT list")
    if type(inner) is exp.Column and isinstance(inner.this, exp.Identifier):
        return node, inner.this.this
    return node, ""


def _key(label: str) -> str:
    return label.lower() if label.isascii() else label
