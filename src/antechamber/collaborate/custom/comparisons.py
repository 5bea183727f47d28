"""Comparisons of a custom query; each is shown to the controls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from antechamber.collaborate.custom.controls import Controls
from antechamber.collaborate.custom.term import Term, alike, made, of_literal
from antechamber.collaborate.custom.texts import pattern
from antechamber.collaborate.functions import Call
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scalars import literal, moment
from antechamber.collaborate.tree import bare, only, spoken
from antechamber.collaborate.values import BOOLEAN, FLOAT, NUMBERS, TEXT, Type, Value, fit_one_decimal

if TYPE_CHECKING:
    from antechamber.collaborate.custom.expressions import Expressions

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
}

NODES: tuple[type[exp.Expr], ...] = (
    *_OPERATORS,
    exp.Not,
    exp.In,
    exp.Between,
    exp.Is,
    exp.Like,
    exp.ILike,
    exp.Escape,
    exp.RegexpLike,
)

CONDITIONS: tuple[type[exp.Expr], ...] = (*NODES, exp.And, exp.Or, exp.Exists, exp.Boolean)
"""Nodes that are conditions by themselves, so that nothing compares them with TRUE."""


def comparison(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    """The term of a comparison or a NOT. Raises QueryRefused."""
    kind = type(node)
    if kind in _OPERATORS:
        only(node, clause, "this", "expression")
        if kind is exp.NullSafeEQ and reader.controls.strict:
            raise refusal(clause, "<=> is not allowed beside thresholds and comparison controls", "write =")
        left, right = reader.term(node.this, clause), reader.term(node.args["expression"], clause)
        return compare(_OPERATORS[kind], left, right, reader.controls, clause)
    if kind is exp.Not:
        only(node, clause, "this")
        inner = reader.truth(node.this, clause)
        return replace(inner, sql=f"(NOT {inner.sql})", plain=False, mark="")
    if kind is exp.In:
        return _in(node, reader, clause)
    if kind is exp.Between:
        only(node, clause, "this", "low", "high")
        subject = reader.term(node.this, clause)
        low = compare(">=", subject, reader.term(node.args["low"], clause), reader.controls, clause)
        high = compare("<=", subject, reader.term(node.args["high"], clause), reader.controls, clause)
        return made(Value(f"({low.sql} AND {high.sql})", BOOLEAN), (low, high))
    if kind is exp.Is:
        return _is(node, reader, clause)
    if kind is exp.RegexpLike:
        return _matches(node, reader, clause)
    return _like(node, reader, clause)


def compare(operator: str, left: Term, right: Term, controls: Controls, clause: str) -> Term:
    """The comparison of two terms. Raises QueryRefused when it is not allowed, or not one in both engines."""
    controls.compared(clause, left, right)
    left, right = _as_moment(left, right, clause), _as_moment(right, left, clause)
    if {left.type.kind, right.type.kind} <= NUMBERS and not fit_one_decimal(left.type, right.type):
        # More digits than a decimal has: DuckDB would fail on the values that do not fit.
        left, right = (replace(each, sql=f"CAST({each.sql} AS DOUBLE)", type=FLOAT) for each in (left, right))
    if not alike(left.type, right.type):
        raise refusal(
            clause,
            f"{left.type.kind} is compared with {right.type.kind}, for which the engines convert differently",
            "write the literal in the column's type, or CAST",
        )
    return made(Value(f"({left.sql} {operator} {right.sql})", BOOLEAN), (left, right))


def moment_of(node: object, like: Type, clause: str) -> Value:
    """A text literal as a date or timestamp. Raises QueryRefused."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise refusal(clause, "a typed literal holds a text", "write TIMESTAMP 'YYYY-MM-DD HH:MM:SS'")
    return moment(literal(node, clause), like, clause)


def _as_moment(term: Term, other: Term, clause: str) -> Term:
    if other.type.kind in ("date", "timestamp") and term.type == TEXT and term.literal is not None:
        return of_literal(moment(term.value, other.type, clause))
    return term


def _in(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    only(node, clause, "this", "expressions")
    if isinstance(node.this, exp.Tuple) or not node.expressions:
        raise refusal(clause, "IN compares one value with a list of values", "write the values in parentheses")
    subject = reader.term(node.this, clause)
    tests = [compare("=", subject, reader.term(each, clause), reader.controls, clause) for each in node.expressions]
    subject_sql = subject.sql
    values = [test.sql for test in tests]
    if all(value.startswith(f"({subject_sql} = ") for value in values):
        listed = ", ".join(value[len(subject_sql) + 4 : -1] for value in values)
        return made(Value(f"({subject_sql} IN ({listed}))", BOOLEAN), tests)
    return made(Value(f"({' OR '.join(values)})", BOOLEAN), tests)


def _is(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    only(node, clause, "this", "expression")
    what = bare(node.args["expression"], clause)
    if type(what) is exp.Null:
        subject = reader.term(node.this, clause)
        return made(Value(f"({subject.sql} IS NULL)", BOOLEAN), (subject,))
    if type(what) is exp.Boolean:
        subject = reader.truth(node.this, clause)
        return made(Value(f"({subject.sql} IS {'TRUE' if what.this else 'FALSE'})", BOOLEAN), (subject,))
    raise refusal(clause, f"IS is not followed by {spoken(what)}", "write IS NULL, IS TRUE or IS FALSE")


def _like(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    escape = "!"
    if type(node) is exp.Escape:
        only(node, clause, "this", "expression")
        mark = bare(node.args["expression"], clause)
        if type(mark) is not exp.Literal or not mark.is_string or len(mark.this) != 1 or mark.this == "'":
            raise refusal(clause, "ESCAPE is followed by one character", "write ESCAPE '#'")
        escape, node = mark.this, node.this
        if type(node) not in (exp.Like, exp.ILike):
            raise refusal(clause, "ESCAPE stands after LIKE only", "")
    elif type(node) is exp.ILike and reader.controls.strict:
        raise refusal(clause, "ILIKE is not allowed beside thresholds and comparison controls", "use LIKE")
    written = type(node) is exp.ILike
    only(node, clause, "this", "expression", "negate")
    subject, like = reader.term(node.this, clause), reader.term(node.args["expression"], clause)
    reader.controls.compared(clause, subject, like)
    if subject.type.kind not in ("text", "null") or like.type.kind not in ("text", "null"):
        raise refusal(clause, "LIKE compares texts", "CAST the value to STRING")
    if like.literal is None and not like.type.kind == "null":
        raise refusal(clause, "LIKE is executed with a pattern that is written in the query", "write the pattern")
    pattern_sql = like.sql
    suffix = ""
    if escape != "!":
        if _ends_in(like.literal or "", escape):
            raise refusal(clause, "the pattern of LIKE ends in its escape character", "")
        suffix = f" ESCAPE '{escape}'"
    word = "ILIKE" if written else "LIKE"
    negated = "NOT " if node.args.get("negate") else ""
    return made(Value(f"({subject.sql} {negated}{word} {pattern_sql}{suffix})", BOOLEAN), (subject, like))


def _ends_in(text: str, escape: str) -> bool:
    trailing = len(text) - len(text.rstrip(escape))
    return trailing % 2 == 1


def _matches(node: exp.Expr, reader: Expressions, clause: str) -> Term:
    only(node, clause, "this", "expression")
    subject, like = reader.term(node.this, clause), reader.term(node.args["expression"], clause)
    reader.controls.compared(clause, subject, like)
    call = Call("RLIKE", (subject.value, like.value), clause, reader.now)
    sql = f"regexp_matches({call.of(0, frozenset({'text'}))}, {pattern(call, 1)})"
    return made(Value(sql, BOOLEAN), (subject, like))
