"""Analysis templates: a statement that was written down to be reviewed, with parameters for its literals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlglot import exp

from antechamber.collaborate.parse import refusal


@dataclass(frozen=True)
class Parameter:
    """A placeholder `:name` of a template.

    type: as AWS Clean Rooms names it (shape ParameterType), such as `INTEGER`, `VARCHAR` or `DATE`.
    default: the value where a query gives none, as text; None when a query must give one.
    """

    type: str
    default: str | None = None


@dataclass(frozen=True)
class Template:
    """An analysis template.

    name: its name in the collaboration.
    author: the member who made it.
    sql: the statement, in which `:name` stands for a literal and for nothing else.
    parameters: name → what may be given for it.
    arn: how AWS or a server of its API calls it; "" when nothing does. Rules may list a template by name or ARN.
    """

    name: str
    author: str
    sql: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    arn: str = ""


LONGEST = 1_000
"""Characters of a parameter's value. Source: botocore, shape ParameterValue."""


def filled(tree: exp.Expr, template: Template, sql: str, parameters: Mapping[str, str]) -> exp.Expr:
    """The template's tree with a literal for every parameter.

    A value becomes a literal of the tree and is never read as SQL, whatever it holds.
    Raises QueryRefused when the statement is not the template's, or a value is missing, unknown or not of its type.
    """
    if sql != template.sql:
        raise refusal("statement", f"the statement is not that of template '{template.name}'", "run it as it stands")
    for given in parameters:
        if given not in template.parameters:
            known = ", ".join(template.parameters) or "it has none"
            raise refusal("parameters", f"template '{template.name}' has no such parameter", f"parameters: {known}")
    return tree.transform(lambda node: _literal(node, template, parameters))


def _literal(node: exp.Expr, template: Template, parameters: Mapping[str, str]) -> exp.Expr:
    if not isinstance(node, exp.Placeholder):
        return node
    called = node.this
    parameter = template.parameters.get(called) if isinstance(called, str) else None
    if parameter is None:
        raise refusal("parameters", "the template names a parameter that it does not declare", "declare it")
    value = parameters.get(called, parameter.default)
    if value is None:
        raise refusal("parameters", f"':{called}' has no value", "give one")
    read = _TYPES.get(parameter.type.upper())
    if read is None:
        raise refusal("parameters", f"':{called}' is of the type {parameter.type}", f"use one of {', '.join(_TYPES)}")
    found = read(value) if len(value) <= LONGEST else None
    if found is None:
        raise refusal("parameters", f"the value of ':{called}' is not of the type {parameter.type}", "give another")
    return found


def _text(value: str) -> exp.Expr | None:
    return exp.Literal.string(value) if "\0" not in value else None


def _number(pattern: str, bits: int = 0) -> Callable[[str], exp.Expr | None]:
    def read(value: str) -> exp.Expr | None:
        if not value.isascii() or not re.fullmatch(pattern, value):
            return None
        if bits and not -(2 ** (bits - 1)) <= int(value) < 2 ** (bits - 1):
            return None
        number = exp.Literal.number(value.lstrip("+-"))
        return exp.Paren(this=exp.Neg(this=number)) if value.startswith("-") else number

    return read


def _boolean(value: str) -> exp.Expr | None:
    return exp.Boolean(this=value.lower() == "true") if value.lower() in ("true", "false") else None


def _date(value: str) -> exp.Expr | None:
    try:
        text = date.fromisoformat(value).isoformat() if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else ""
    except ValueError:
        return None
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType(this=exp.DType.DATE)) if text else None


def _timestamp(value: str) -> exp.Expr | None:
    try:
        text = datetime.fromisoformat(value).replace(tzinfo=None).isoformat(sep=" ")
    except ValueError:
        return None
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType(this=exp.DType.TIMESTAMP))


_WHOLE = r"[+-]?[0-9]{1,20}"
_DECIMAL = r"[+-]?([0-9]{1,30}([.][0-9]{0,30})?|[.][0-9]{1,30})"
_FLOAT = _DECIMAL + r"([eE][+-]?[0-9]{1,3})?"

_TYPES: dict[str, Callable[[str], exp.Expr | None]] = {
    "TINYINT": _number(_WHOLE, 8),
    "BYTE": _number(_WHOLE, 8),
    **dict.fromkeys(("SMALLINT", "SHORT"), _number(_WHOLE, 16)),
    **dict.fromkeys(("INTEGER", "INT"), _number(_WHOLE, 32)),
    **dict.fromkeys(("BIGINT", "LONG"), _number(_WHOLE, 64)),
    **dict.fromkeys(("DECIMAL", "NUMERIC"), _number(_DECIMAL)),
    **dict.fromkeys(("REAL", "FLOAT", "DOUBLE", "DOUBLE_PRECISION"), _number(_FLOAT)),
    "BOOLEAN": _boolean,
    **dict.fromkeys(("CHAR", "CHARACTER", "VARCHAR", "STRING"), _text),
    "DATE": _date,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMPTZ"), _timestamp),
}
"""A parameter's type → what reads its value as a literal; None for a text that is not one."""
