"""Scalar expressions: dimension columns, the functions that their tables allow over them, literals, arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlglot import exp

from antechamber.collaborate.casts import cast, target
from antechamber.collaborate.functions import NOT_EXECUTED, SCALAR_FUNCTIONS, SYNONYMS, Call, apply
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.tree import bare, only, spoken
from antechamber.collaborate.values import (
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    NUMBERS,
    TEXT,
    Column,
    Type,
    Value,
    text_literal,
)

_USES = {
    "SELECT list": "output",
    "WHERE": "filtered by",
    "GROUP BY": "grouped by",
    "ORDER BY": "sorted by",
}

_ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}


class Scalars:
    """Turns nodes of the tree into checked values.

    grouped: texts of the expressions of GROUP BY.
    """

    def __init__(self, scope: Scope, now: datetime, grouped: frozenset[str] = frozenset()) -> None:
        self._scope = scope
        self._now = now
        self._grouped = grouped

    def value(self, node: exp.Expr, clause: str, *, arithmetic: bool = False) -> Value:
        """The value of an expression. Raises QueryRefused for whatever is not expressly allowed.

        arithmetic: whether + - * / % are allowed too (they are in WHERE).
        """
        node = bare(node, clause)
        value = self._value(node, clause, arithmetic)
        return replace(value, loose=frozenset()) if value.sql in self._grouped else value

    def _value(self, node: exp.Expr, clause: str, arithmetic: bool) -> Value:
        kind = type(node)
        if kind is exp.Column:
            return self._dimension(node, clause)
        if kind in (exp.Literal, exp.Neg, exp.Boolean, exp.Cast):
            return literal(node, clause)
        if kind is exp.Anonymous:
            return self._named(node, clause, arithmetic)
        if kind is exp.TryCast:
            only(node, clause, "this", "to")
            inner = self.value(node.this, clause, arithmetic=arithmetic)
            self._allow("CAST", (inner,), clause)
            return _over((inner,), cast(inner, target(node.args["to"], clause), clause))
        if kind is exp.Extract:
            only(node, clause, "this", "expression")
            word = node.this.name.upper() if isinstance(node.this, exp.Var | exp.Identifier) else ""
            return self._call("EXTRACT", (self.value(node.expression, clause, arithmetic=arithmetic),), clause, word)
        if kind is exp.CurrentDate:
            only(node, clause)
            return self._call("CURRENT_DATE", (), clause)
        if kind in _ARITHMETIC:
            if not arithmetic:
                raise refusal(
                    clause, f"arithmetic ({_ARITHMETIC[kind]}) is allowed in WHERE only", "select the columns"
                )
            return self._arithmetic(node, clause)
        if kind in (exp.Count, exp.Sum, exp.Avg):
            raise refusal(clause, f"{spoken(node)} stands where a dimension column is expected", "")
        raise refusal(clause, f"{spoken(node)} is not allowed here", _WHAT_IS)

    def _dimension(self, node: exp.Expr, clause: str) -> Value:
        assert isinstance(node, exp.Column)  # noqa: S101 - told apart by the caller
        table, column = self._scope.find(node, clause)
        if column.name not in table.dimensions:
            field = "columns" if table.kind == "list" else "dimensions"
            allowed = f"allowed: {', '.join(table.dimensions) or 'no column'} ({field} of {table})"
            if column.name in table.join:
                raise refusal(clause, f"{column} is a join column and cannot be {_USES[clause]}", allowed)
            if column.name in table.aggregated:
                functions = ", ".join(table.aggregates(column.name))
                raise refusal(clause, f"{column} is an aggregate column and stands only within {functions}", allowed)
            raise refusal(clause, f"{column} is not named by the table's rule", allowed)
        columns = frozenset({column})
        return Value(column.sql, self._scope.type(column), columns, columns)

    def _named(self, node: exp.Expr, clause: str, arithmetic: bool) -> Value:
        only(node, clause, "this", "expressions")
        written = node.this.upper() if isinstance(node.this, str) and node.this.isascii() else ""
        function = SYNONYMS.get(written, written)
        if function not in SCALAR_FUNCTIONS or function in ("CAST", "EXTRACT"):
            raise refusal(clause, f"{spoken(node)} is not a scalar function of aggregation rules", _functions())
        if function in NOT_EXECUTED:
            raise refusal(clause, f"{function} is not executed here", NOT_EXECUTED[function])
        arguments: Sequence[exp.Expr] = node.expressions
        word = ""
        if function == "DATEADD" and arguments:
            unit, *arguments = arguments
            word = unit.name.upper() if isinstance(unit, exp.Column) and not unit.table else ""
        values = tuple(self.value(argument, clause, arithmetic=arithmetic) for argument in arguments)
        return self._call(function, values, clause, word)

    def _call(self, function: str, arguments: tuple[Value, ...], clause: str, word: str = "") -> Value:
        self._allow(function, arguments, clause)
        return _over(arguments, apply(Call(function, arguments, clause, self._now, word)))

    def _allow(self, function: str, arguments: tuple[Value, ...], clause: str) -> None:
        """Refuse a function that some table whose columns it is applied to (no column: any table) does not allow."""
        columns = _columns(arguments)
        for table in {self._scope.table(column) for column in columns} if columns else self._scope.tables:
            if function not in table.scalar_functions:
                allowed = ", ".join(sorted(table.scalar_functions)) or "no function"
                field = "a list rule" if table.kind == "list" else "scalar_functions"
                raise refusal(clause, f"{function} is not allowed", f"allowed: {allowed} ({field} of {table})")

    def _arithmetic(self, node: exp.Expr, clause: str) -> Value:
        only(node, clause, "this", "expression", "typed", "safe")
        operator = _ARITHMETIC[type(node)]
        left = self.value(node.this, clause, arithmetic=True)
        right = self.value(node.args["expression"], clause, arithmetic=True)
        kinds = {left.type.kind, right.type.kind}
        if left.type.kind == "date" and right.type.kind == "integer" and operator in "+-":
            moved = f"TRY({left.sql} {operator} CAST({right.sql} AS INTEGER))"
            return _over((left, right), Value(moved, DATE))
        if not kinds <= NUMBERS:
            raise refusal(clause, f"{operator} is for numbers, and for a date and a whole number of days", "")
        if operator in "/%":
            # Spark gives NULL where the divisor is zero.
            type_ = FLOAT if operator == "/" else _wider(left.type, right.type)
            return _over((left, right), Value(f"TRY({left.sql} {operator} nullif({right.sql}, 0))", type_))
        return _over((left, right), Value(f"TRY({left.sql} {operator} {right.sql})", _wider(left.type, right.type)))


def literal(node: exp.Expr, clause: str) -> Value:
    """A text, a number with or without a sign, TRUE, FALSE, or DATE '…'. Raises QueryRefused for anything else."""
    if type(node) is exp.Neg:
        only(node, clause, "this")
        inner = bare(node.this, clause)
        if type(inner) is not exp.Literal or inner.is_string:
            raise refusal(clause, "a minus sign stands before a number only", "write 0 - x")
        number = literal(inner, clause)
        return Value(f"(-{number.sql})", number.type, literal=f"-{number.literal}")
    if type(node) is exp.Boolean:
        return Value("TRUE" if node.this else "FALSE", BOOLEAN, literal=str(node.this))
    if type(node) is exp.Cast:
        only(node, clause, "this", "to")
        if type(node.this) is exp.Literal and node.this.is_string and node.args["to"].this is exp.DType.DATE:
            return moment(Value("", TEXT, literal=node.this.this), DATE, clause)
        raise refusal(
            clause, "a typed literal is not allowed, but for DATE '…'", "compare the column with the text itself"
        )
    if type(node) is not exp.Literal:
        raise refusal(clause, f"{spoken(node)} is not a literal", "")
    only(node, clause, "this", "is_string")
    text: str = node.this
    if node.is_string:
        return Value(text_literal(text), TEXT, literal=text)
    if not re.fullmatch(r"[0-9]*\.?[0-9]*([eE][+-]?[0-9]{1,3})?", text) or sum(map(str.isdigit, text)) > 38:
        raise refusal(clause, "a number is not one that both engines read alike", "use at most 38 digits")
    if "e" in text.lower():
        return Value(f"CAST('{text}' AS DOUBLE)", FLOAT, literal=text)
    if "." in text:
        whole, _, fraction = text.partition(".")
        return Value(
            text, Type("decimal", f"DECIMAL({max(len(whole) + len(fraction), 1)},{len(fraction)})"), literal=text
        )
    return Value(text, INTEGER, literal=text)


def moment(value: Value, like: Type, clause: str) -> Value:
    """A text literal that is compared with a date or timestamp, as one. Raises QueryRefused unless it is ISO 8601."""
    text = value.literal or ""
    try:
        if like.kind == "date" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return Value(f"DATE '{date.fromisoformat(text)}'", DATE, literal=text)
        if like.kind == "timestamp" and re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:]{5,8}([.][0-9]{1,6})?)?", text
        ):
            return Value(f"TIMESTAMP '{datetime.fromisoformat(text).isoformat(sep=' ')}'", like, literal=text)
    except ValueError:
        pass
    remedy = "write 'YYYY-MM-DD'" + (" or 'YYYY-MM-DD HH:MM:SS'" if like.kind == "timestamp" else "")
    raise refusal(clause, f"a {like.kind} is compared with a text that is not one", remedy)


def _over(arguments: tuple[Value, ...], result: Value) -> Value:
    loose = frozenset[Column]().union(*(argument.loose for argument in arguments))
    return replace(result, columns=_columns(arguments), loose=loose)


def _columns(arguments: tuple[Value, ...]) -> frozenset[Column]:
    return frozenset[Column]().union(*(argument.columns for argument in arguments))


def _wider(left: Type, right: Type) -> Type:
    for kind in ("float", "decimal"):
        for type_ in (left, right):
            if type_.kind == kind:
                return FLOAT if kind == "float" else type_
    return INTEGER


_WHAT_IS = "allowed: dimension columns, scalar functions over them that the rule names, text and number literals"


def _functions() -> str:
    return f"rules can allow: {', '.join(SCALAR_FUNCTIONS)}"
