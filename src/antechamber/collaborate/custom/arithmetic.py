"""Arithmetic of a custom query: + - * / % DIV, || and dates. An overflow or a division by zero is NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from antechamber.collaborate.custom.function import as_text
from antechamber.collaborate.custom.term import Term, made
from antechamber.collaborate.custom.times import UNITS
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scalars import literal
from antechamber.collaborate.tree import bare, only
from antechamber.collaborate.values import DATE, FLOAT, INTEGER, NUMBERS, TEXT, TIMESTAMP, Type, Value

if TYPE_CHECKING:
    from antechamber.collaborate.custom.expressions import Expressions

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "DIV",
}
NODES: tuple[type[exp.Expr], ...] = (*_OPERATORS, exp.Neg, exp.DPipe)


def operation(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    """The term of an operator. Raises QueryRefused."""
    if type(node) is exp.Neg:
        return _negative(node, reader, clause)
    if type(node) is exp.DPipe:
        only(node, clause, "this", "expression", "safe")
        parts = (reader.term(node.this, clause), reader.term(node.args["expression"], clause))
        return made(Value(f"({' || '.join(as_text(part.value, clause) for part in parts)})", TEXT), parts)
    only(node, clause, "this", "expression", "typed", "safe")
    operator = _OPERATORS[type(node)]
    right = bare(node.args["expression"], clause)
    if type(right) is exp.Interval:
        return _moved(reader.term(node.this, clause), operator, right, clause)
    return _calculated(operator, reader.term(node.this, clause), reader.term(right, clause), clause)


def _negative(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    only(node, clause, "this")
    inner = bare(node.this, clause)
    if type(inner) is exp.Literal:
        value = literal(node, clause)
        return Term(value.sql, value.type, constant=True, literal=value.literal)
    return _calculated("-", Term("0", INTEGER), reader.term(inner, clause), clause)


def _moved(moment: Term, operator: str, interval: exp.Expr, clause: str) -> Term:
    """A date or timestamp some units later or earlier."""
    only(interval, clause, "this", "unit")
    unit = interval.args["unit"].name.upper().removesuffix("S") if interval.args.get("unit") is not None else ""
    number = interval.this.this if isinstance(interval.this, exp.Literal) else ""
    if unit not in UNITS or not str(number).isdecimal() or len(str(number)) > 7:
        raise refusal(clause, "an interval is a whole number of one unit", "write INTERVAL '7' DAY")
    if moment.type.kind not in ("date", "timestamp") or operator not in "+-":
        raise refusal(clause, "an interval is added to a date or timestamp, or taken from it", "")
    if moment.whole:
        raise refusal(clause, "an interval moves a window function or a subquery", "name that in a subquery first")
    keeps_day = moment.type.kind == "date" and unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    sql = f"CAST({moment.sql} AS TIMESTAMP) {operator} INTERVAL ({number}) {unit}"
    sql = f"TRY(CAST({sql} AS DATE))" if keeps_day else f"TRY({sql})"
    return made(Value(sql, DATE if keeps_day else TIMESTAMP), (moment, Term("", INTEGER, constant=True)))


def _calculated(operator: str, left: Term, right: Term, clause: str) -> Term:
    parts = (left, right)
    kinds = {left.type.kind, right.type.kind} - {"null"}
    whole = left.whole or right.whole
    if left.type.kind == "date" and right.type.kind == "integer" and operator in "+-":
        if whole:
            raise refusal(clause, "days move a window function or a subquery", "name that in a subquery first")
        return made(Value(f"TRY({left.sql} {operator} CAST({right.sql} AS INTEGER))", DATE), parts)
    if left.type.kind == right.type.kind == "date" and operator == "-":
        return made(Value(f"({left.sql} - {right.sql})", INTEGER), parts)
    if not kinds <= NUMBERS:
        raise refusal(clause, f"{operator} is for numbers, and for a date and a number of days", "CAST the value")
    if operator == "/":
        return made(Value(f"({_double(left)} / nullif({_double(right)}, 0))", FLOAT), parts)
    type_ = _wider(left.type, right.type)
    if operator == "DIV":
        type_ = INTEGER
        sql = f"TRY_CAST(trunc({_double(left)} / nullif({_double(right)}, 0)) AS BIGINT)"
    elif operator == "%":
        text = f"{left.sql} % nullif({right.sql}, 0)"
        if whole:
            raise refusal(clause, "% is of a window function or a subquery", "name that in a subquery first")
        sql = f"TRY({text})"
    elif not whole:
        sql = f"TRY({left.sql} {operator} {right.sql})"
    elif type_.kind == "integer":
        # TRY holds no window function; two numbers of 64 bits fit into 128 whatever is done to them.
        sql = f"TRY_CAST(CAST({left.sql} AS HUGEINT) {operator} CAST({right.sql} AS HUGEINT) AS BIGINT)"
    else:
        type_, sql = FLOAT, f"({_double(left)} {operator} {_double(right)})"
    return made(Value(sql, type_), parts)


def _double(term: Term) -> str:
    return f"CAST({term.sql} AS DOUBLE)"


def _wider(left: Type, right: Type) -> Type:
    for kind in ("float", "decimal"):
        for type_ in (left, right):
            if type_.kind == kind:
                return FLOAT if kind == "float" else type_
    return INTEGER
