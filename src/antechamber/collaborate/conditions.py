"""Conditions: what WHERE and HAVING may hold."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from antechamber.collaborate.aggregates import AGGREGATES, Aggregate, aggregate
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scalars import Scalars, literal, moment
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.tree import bare, name, only, spoken, terms
from antechamber.collaborate.values import NUMBERS, TEXT, Type, Value, comparable, fit_one_decimal

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}

_IN_WHERE = "allowed: = <> != > >= < <= IN, NOT IN, LIKE, IS NULL, IS NOT NULL, NOT, AND, OR"
_IN_HAVING = "allowed: an aggregate that the rule allows, = <> != > >= < <=, a number; AND, OR"


class Where:
    """The condition of WHERE: dimension columns, functions over them, arithmetic, literals."""

    def __init__(self, scalars: Scalars) -> None:
        self._scalars = scalars

    def condition(self, node: exp.Expr) -> str:
        """The condition's DuckDB text. Raises QueryRefused."""
        return chain(node, self._term, "WHERE")

    def _term(self, node: exp.Expr) -> str:
        kind = type(node)
        if kind is exp.Not:
            only(node, "WHERE", "this")
            return f"(NOT {self.condition(node.this)})"
        if kind in _COMPARISONS:
            only(node, "WHERE", "this", "expression")
            left, right = self._pair(node.this, node.args["expression"])
            return f"({left.sql} {_COMPARISONS[kind]} {right.sql})"
        if kind is exp.In:
            only(node, "WHERE", "this", "expressions")
            if not node.expressions:
                raise refusal("WHERE", "IN is followed by no list", "write the values")
            subject = self._value(node.this)
            values = [self._alike(subject, self._value(each)).sql for each in node.expressions]
            return f"({subject.sql} IN ({', '.join(values)}))"
        if kind is exp.Like:
            only(node, "WHERE", "this", "expression", "negate")
            subject, pattern = self._value(node.this), self._value(node.args["expression"])
            if subject.type.kind != "text" or pattern.type != TEXT or pattern.literal is None:
                raise refusal("WHERE", "LIKE compares a text with a pattern written in the query", "")
            return f"({subject.sql} {'NOT LIKE' if node.args.get('negate') else 'LIKE'} {pattern.sql})"
        if kind is exp.Is:
            only(node, "WHERE", "this", "expression")
            if type(node.args["expression"]) is not exp.Null:
                raise refusal("WHERE", "IS is followed by NULL or NOT NULL only", _IN_WHERE)
            return f"({self._value(node.this).sql} IS NULL)"
        if kind is exp.Column:
            self._value(node)
            raise refusal("WHERE", "a column alone is not a condition", "compare it: … = TRUE")
        raise refusal("WHERE", f"{spoken(node)} is not allowed as a condition", _IN_WHERE)

    def _value(self, node: exp.Expr) -> Value:
        return self._scalars.value(node, "WHERE", arithmetic=True)

    def _pair(self, left: exp.Expr, right: exp.Expr) -> tuple[Value, Value]:
        first, second = self._value(left), self._value(right)
        if first.type == TEXT and first.literal is not None and second.type.kind in ("date", "timestamp"):
            return self._alike(second, first), second
        return first, self._alike(first, second)

    def _alike(self, subject: Value, value: Value) -> Value:
        """The value as it is compared with the subject: a text literal becomes the date that it spells."""
        if subject.type.kind in ("date", "timestamp") and value.type == TEXT and value.literal is not None:
            return moment(value, subject.type, "WHERE")
        if not comparable(subject.type, value.type):
            raise refusal(
                "WHERE",
                f"{subject.type.kind} is compared with {value.type.kind}, for which the engines convert differently",
                "write the literal in the column's type, or CAST if the rule allows CAST",
            )
        return value


class Having:
    """The condition of HAVING: aggregates against numbers.

    alias: what an output's alias means when it names an aggregate, else None.
    """

    def __init__(self, scope: Scope, alias: Callable[[str], Aggregate | None]) -> None:
        self._scope = scope
        self._alias = alias

    def condition(self, node: exp.Expr) -> str:
        """The condition's DuckDB text. Raises QueryRefused."""
        return chain(node, self._term, "HAVING")

    def _term(self, node: exp.Expr) -> str:
        operator = _COMPARISONS.get(type(node))
        if operator is None:
            raise refusal("HAVING", f"{spoken(node)} is not allowed as a condition", _IN_HAVING)
        only(node, "HAVING", "this", "expression")
        left, right = bare(node.this, "HAVING"), bare(node.args["expression"], "HAVING")
        if type(left) in (exp.Literal, exp.Neg):
            left, right, operator = right, left, _FLIPPED.get(operator, operator)
        if type(right) not in (exp.Literal, exp.Neg):
            raise refusal(
                "HAVING", f"an aggregate is compared with a number only, not with {spoken(right)}", _IN_HAVING
            )
        number = literal(right, "HAVING")
        if number.type.kind not in NUMBERS:
            raise refusal("HAVING", "an aggregate is compared with a number only", _IN_HAVING)
        found = self._aggregate(left)
        of = self._scope.type(found.column)
        if found.function.startswith("SUM") and of.kind == "decimal":
            of = Type("decimal", f"DECIMAL(38,{of.sql.partition(',')[2].strip(' )')})")
        if of.kind in NUMBERS and not fit_one_decimal(of, number.type):
            # More digits than a decimal has: DuckDB would fail on the values that do not fit.
            return f"(CAST({found.sql} AS DOUBLE) {operator} CAST({number.sql} AS DOUBLE))"
        return f"({found.sql} {operator} {number.sql})"

    def _aggregate(self, node: exp.Expr) -> Aggregate:
        if type(node) in AGGREGATES:
            return aggregate(node, self._scope, "HAVING")
        if type(node) is exp.Column and not node.args.get("table"):
            alias = name(node.this, "HAVING")
            found = self._alias(alias)
            if found is not None and not self._scope.holds(alias):
                return found
            if found is not None:
                raise refusal("HAVING", f"'{alias}' is a column and an alias", "write the aggregate itself")
        raise refusal("HAVING", f"{spoken(node)} is not an aggregate of one column", _IN_HAVING)


def chain(node: exp.Expr, term: Callable[[exp.Expr], str], clause: str) -> str:
    """A condition of ANDs and ORs; each of its terms is written by `term`."""
    node = bare(node, clause)
    if isinstance(node, exp.And | exp.Or):
        connector = type(node)
        parts = [chain(each, term, clause) for each in terms(node, connector, clause)]
        return "(" + (" AND " if connector is exp.And else " OR ").join(parts) + ")"
    return term(node)
