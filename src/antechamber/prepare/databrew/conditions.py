"""ConditionExpressions → SQL. All of a step's conditions must be met, as the API documents.

A value that is missing (null, or no characters) meets no condition but IS_MISSING.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from antechamber.declare.mistake import choose
from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.operation import Refused, State, whole
from antechamber.prepare.databrew.reading import Condition

COMPARED = {"LESS_THAN": "<", "LESS_THAN_EQUAL": "<=", "GREATER_THAN": ">", "GREATER_THAN_EQUAL": ">="}
SEARCHED = {"CONTAINS": "contains", "STARTS_WITH": "starts_with", "ENDS_WITH": "suffix"}

CONDITIONS = {
    "IS": "the value is one of those given (text, or a JSON list of texts)",
    "IS_NOT": "there is a value, and it is none of those given",
    "IS_BETWEEN": 'a number or date between both ends: {"GREATER_THAN_EQUAL": "1", "LESS_THAN_EQUAL": "5"}',
    **{name: f"the text {name.lower().replace('_', ' ')} the one given" for name in SEARCHED},
    **{f"NOT_{name}": f"there is a value, and {name} does not hold" for name in SEARCHED},
    **{name: f"a number or date {sign} the one given" for name, sign in COMPARED.items()},
    "IS_INVALID": "there is a value, and it is not of the type that the step names under columnDataType",
    "IS_MISSING": "there is no value",
}
"""Every condition that DataBrew documents, and when it is met."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")


def where(conditions: tuple[Condition, ...], state: State, data_type: str | None) -> str:
    """The step's conditions as one boolean expression, "" when it has none. Raises Refused.

    data_type: the step's `columnDataType`.
    """
    return " AND ".join(_one(each, state, data_type) for each in conditions)


def _one(condition: Condition, state: State, data_type: str | None) -> str:
    name, column = condition.name, condition.column
    if name not in CONDITIONS:
        raise Refused(f"{show(name)} is not a condition", choose(name, CONDITIONS))
    if column in state.gone:
        raise Refused(f"the column {show(column)} is not there any more: {state.gone[column]}", "name another")
    text = sql.text(column, numeric=column in state.numeric)
    if name == "IS_MISSING":
        return f"coalesce({text}, '') = ''"
    if name == "IS_INVALID":
        if data_type is None:
            raise Refused("IS_INVALID needs the column's type", "add the parameter columnDataType")
        return f"({sql.present(text)} IS NOT NULL AND NOT ({valid(text, data_type)}))"
    if condition.value is None:
        raise Refused(f"the condition {name} lacks its Value", 'add "Value": …')
    if name in ("IS", "IS_NOT"):
        values = _values(condition.value)
        return f"({sql.present(text)} {'NOT ' if name == 'IS_NOT' else ''}IN {sql.listed(values)})"
    if name == "IS_BETWEEN":
        low, high = _ends(condition.value)
        return f"({_compared(text, '>=', low)} AND {_compared(text, '<=', high)})"
    if name in COMPARED:
        return f"({_compared(text, COMPARED[name], condition.value)})"
    function, negated = SEARCHED[name.removeprefix("NOT_")], name.startswith("NOT_")
    return f"({'NOT ' if negated else ''}{function}({sql.present(text)}, {sql.lit(condition.value)}))"


def _values(value: str) -> list[str]:
    try:
        read = json.loads(value) if value.lstrip().startswith("[") else None
    except ValueError:
        read = None
    if isinstance(read, list) and read:
        return [each if isinstance(each, str) else json.dumps(each) for each in read]
    return [value]


def _ends(value: str) -> tuple[str, str]:
    try:
        read: Any = json.loads(value)
        return str(read["GREATER_THAN_EQUAL"]), str(read["LESS_THAN_EQUAL"])
    except (ValueError, KeyError, TypeError):
        raise Refused(
            "the Value of IS_BETWEEN does not name both ends",
            'write {"GREATER_THAN_EQUAL": "…", "LESS_THAN_EQUAL": "…"} as text',
        ) from None


def _compared(text: str, sign: str, value: str) -> str:
    try:
        return f"{sql.number(text)} {sign} {whole(float(value))}"
    except (ValueError, OverflowError):
        pass
    if _DATE.fullmatch(value):
        return f"{sql.moment(text)} {sign} {sql.moment(sql.lit(value))}"
    raise Refused(f"{show(value)} is neither a number nor a date", "write a number, or a date as 2026-11-25")


VALID: dict[str, Callable[[str], str]] = {
    "string": lambda text: "true",
    **dict.fromkeys(
        ("byte", "short", "int", "integer", "long"), lambda text: f"regexp_full_match({text}, '\\s*[+-]?[0-9]+\\s*')"
    ),
    **dict.fromkeys(("number", "float", "double", "decimal"), lambda text: f"{sql.number(text)} IS NOT NULL"),
    "boolean": lambda text: f"lower({text}) IN ('true', 'false', 'yes', 'no')",
    **dict.fromkeys(("date", "timestamp"), lambda text: f"{sql.moment(text)} IS NOT NULL"),
}
"""Type → when a text is of it."""


def valid(text: str, data_type: str) -> str:
    """Whether a text is of a type, in SQL. Raises Refused."""
    if data_type.lower() not in VALID:
        raise Refused(f"{show(data_type)} is not a type", choose(data_type, VALID), "columnDataType")
    return VALID[data_type.lower()](text)
