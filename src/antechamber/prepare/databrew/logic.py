"""BOOLEAN_OPERATION and CASE_OPERATION: the conditions that DataBrew documents, in Spark's SQL → in DuckDB's.

What a column is compared with says how: with a number as a number, with a date as a date, else as text.
"""

from __future__ import annotations

import re
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from antechamber.declare.mistake import choose
from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.conditions import valid
from antechamber.prepare.databrew.java_regex import NotRegular, translate
from antechamber.prepare.databrew.operation import (
    ACTION,
    TARGET,
    Call,
    Native,
    Operation,
    Refused,
    optional,
    required,
    whole,
)

FUNCTIONS = ("contains", "matches", "startsWith", "endsWith", "isBetween", "isMissing", "isValid")
SIGNS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")
_OTHER_WAY = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Reader:
    """An expression of a parameter → SQL."""

    def __init__(self, call: Call, parameter: str) -> None:
        self.call = call
        self.parameter = parameter

    def parse(self, written: str) -> exp.Expression:
        if self.call.arguments.get("withExpressions"):
            raise self.refused(
                "it uses aggregates, which depend on all rows", "compute them beforehand", "withExpressions"
            )
        # `!f(x)` is no SQL; and names are compared without regard to case.
        text = re.sub(r"!(?=\s*(?:[A-Za-z]+\s*\())", " NOT ", written)
        try:
            return cast(exp.Expression, sqlglot.parse_one(text, dialect="spark"))
        except SqlglotError:
            raise self.refused("the expression cannot be read", "check its quotes and brackets") from None

    def refused(self, what: str, remedy: str, parameter: str = "") -> Refused:
        return Refused(what, remedy, parameter or self.parameter)

    def condition(self, node: exp.Expression) -> str:
        match node:
            case exp.Paren():
                return f"({self.condition(node.this)})"
            case exp.And():
                return f"({self.condition(node.this)} AND {self.condition(node.expression)})"
            case exp.Or():
                return f"({self.condition(node.this)} OR {self.condition(node.expression)})"
            case exp.Not():
                return f"NOT ({self.condition(node.this)})"
            case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
                return self.comparison(node)
            case exp.Func():
                return self.function(node)
        raise self.refused(
            f"{show(node.sql(dialect='spark'))} is no condition", f"use comparisons, and, or, {', '.join(FUNCTIONS)}"
        )

    def comparison(self, node: exp.Expression) -> str:
        left, right, sign = node.this, node.expression, SIGNS[type(node)]
        if not isinstance(left, exp.Column) and isinstance(right, exp.Column):
            left, right, sign = right, left, _OTHER_WAY[sign]
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            texts, numbers = (self.text(left), self.text(right)), (self.number(left), self.number(right))
            return (
                f"CASE WHEN {numbers[0]} IS NOT NULL AND {numbers[1]} IS NOT NULL "
                f"THEN {numbers[0]} {sign} {numbers[1]} ELSE {texts[0]} {sign} {texts[1]} END"
            )
        if not isinstance(left, exp.Column):
            raise self.refused("a comparison names no column", "write `column` < value")
        if isinstance(right, exp.Boolean):
            return f"lower({self.text(left)}) {sign} '{'true' if right.this else 'false'}'"
        value = self.literal(right)
        if isinstance(value, float):
            return f"{self.number(left)} {sign} {whole(value)}"
        if _DATE.fullmatch(value):
            return f"{sql.moment(self.text(left))} {sign} {sql.moment(sql.lit(value))}"
        return f"{self.text(left)} {sign} {sql.lit(value)}"

    def literal(self, node: exp.Expression) -> str | float:
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
            return -float(node.this.this)
        if not isinstance(node, exp.Literal):
            raise self.refused(f"{show(node.sql(dialect='spark'))} is neither a value nor a column",
                               "write a number, 'text' or `column`")  # fmt: skip
        return str(node.this) if node.is_string else float(node.this)

    def name(self, node: exp.Expression) -> str:
        if not isinstance(node, exp.Column) or node.args.get("table") is not None:
            raise self.refused(f"{show(node.sql(dialect='spark'))} is no column", "write it as `column`")
        name = str(node.this.this)
        if name.startswith(":"):
            raise self.refused("it uses aggregates, which depend on all rows", "compute them beforehand")
        if name in self.call.state.gone:
            raise self.refused(
                f"the column {show(name)} is not there any more: {self.call.state.gone[name]}", "name another"
            )
        return name

    def text(self, node: exp.Expression) -> str:
        return self.call.text(self.name(node))

    def number(self, node: exp.Expression) -> str:
        return self.call.number(self.name(node))

    def function(self, node: exp.Func) -> str:
        name, arguments = _named(node)
        known = {each.lower(): each for each in FUNCTIONS}
        if name.lower() not in known:
            raise self.refused(f"{show(name)} is not a function of conditions", choose(name, FUNCTIONS))
        name = known[name.lower()]
        count = {"isMissing": 1, "isBetween": 3}.get(name, 2)
        if len(arguments) != count:
            raise self.refused(f"{name} has {len(arguments)} arguments", f"give it {count}")
        text = self.text(arguments[0])
        if name == "isMissing":
            return f"coalesce({text}, '') = ''"
        if name == "isBetween":
            low, high = (self.literal(each) for each in arguments[1:])
            return (
                f"({self.comparison(exp.GTE(this=arguments[0], expression=_again(low)))} "
                f"AND {self.comparison(exp.LTE(this=arguments[0], expression=_again(high)))})"
            )
        if name == "isValid":
            data_type = arguments[1].name or arguments[1].sql()
            return f"coalesce({valid(text, data_type.strip(chr(39)))}, false)"
        value = str(self.literal(arguments[1]))
        if name == "matches":
            try:
                return f"regexp_full_match({text}, {sql.lit(translate(value))})"
            except NotRegular as error:
                raise self.refused(f"the pattern cannot be used: {error.what}", "write it in another way") from None
        function = {"contains": "contains", "startsWith": "starts_with", "endsWith": "suffix"}[name]
        return f"{function}({text}, {sql.lit(value)})"

    def result(self, node: exp.Expression) -> str:
        """What a CASE gives: a column's text, or a value."""
        if isinstance(node, exp.Column):
            return self.text(node)
        if isinstance(node, exp.Null):
            return "NULL"
        if isinstance(node, exp.Boolean):
            return f"'{'true' if node.this else 'false'}'"
        value = self.literal(node)
        return sql.lit(whole(value) if isinstance(value, float) else value)


def _again(value: str | float) -> exp.Expression:
    return exp.Literal.number(repr(value)) if isinstance(value, float) and value >= 0 else (
        exp.Neg(this=exp.Literal.number(repr(-value))) if isinstance(value, float) else exp.Literal.string(value)
    )  # fmt: skip


def _named(node: exp.Func) -> tuple[str, list[exp.Expression]]:
    """A function's name and arguments, also of those that the parser knows by other names."""
    if isinstance(node, exp.Anonymous):
        return str(node.this), list(node.expressions)
    arguments = [node.this, *([node.expression] if node.args.get("expression") is not None else node.expressions)]
    names = {exp.StartsWith: "startsWith", exp.EndsWith: "endsWith", exp.Contains: "contains"}
    return names.get(type(node), node.sql_name()), arguments


def _boolean(call: Call) -> list[Native]:
    reader = _Reader(call, "valueExpression")
    condition = reader.condition(reader.parse(call["valueExpression"]))
    true, false = _outcome(call, "trueValueExpression"), _outcome(call, "falseValueExpression")
    return call.make(f"CASE WHEN {condition} THEN {true} ELSE {false} END")


def _outcome(call: Call, parameter: str) -> str:
    """A constant as it stands, or a column's text."""
    written = call[parameter].strip()
    if re.fullmatch(r"`[^`]+`", written):
        reader = _Reader(call, parameter)
        return reader.result(reader.parse(written))
    return sql.lit(call[parameter])


def _case(call: Call) -> list[Native]:
    reader = _Reader(call, "valueExpression")
    tree = reader.parse(call["valueExpression"])
    if not isinstance(tree, exp.Case) or tree.this is not None:
        raise reader.refused("it is no case expression", "write: case when … then … else … end")
    arms = " ".join(
        f"WHEN {reader.condition(arm.this)} THEN {reader.result(arm.args['true'])}" for arm in tree.args["ifs"]
    )
    default = tree.args.get("default")
    return call.make(f"CASE {arms} ELSE {reader.result(default) if default is not None else 'NULL'} END")


AGGREGATES = optional("withExpressions", "objects")

OPERATIONS = (
    Operation(
        "BOOLEAN_OPERATION",
        f"{ACTION}BOOLEAN_OPERATION",
        (
            required("valueExpression", "text"),
            required("trueValueExpression", "text"),
            required("falseValueExpression", "text"),
            AGGREGATES,
            TARGET,
        ),
        "One of two values, which are constants or columns, by a condition; aggregates are refused.",
        _boolean,
    ),
    Operation(
        "CASE_OPERATION",
        f"{ACTION}CASE_OPERATION",
        (required("valueExpression", "text"), AGGREGATES, TARGET),
        "The value of the first condition that is met; aggregates are refused.",
        _case,
    ),
)
