"""Data quality steps: missing and invalid values, duplicates, and the rows that conditions remove."""

from __future__ import annotations

import polars as pl

from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.conditions import VALID, valid
from antechamber.prepare.databrew.operation import (
    ACTION,
    EACH,
    ONE_COLUMN,
    Call,
    Native,
    Operation,
    Parameter,
    Refused,
    Steps,
    keep,
    optional,
    required,
)
from antechamber.prepare.sql.engine import evaluate
from antechamber.prepare.sql.expression import Flaw, read

TYPES = (*VALID, "unsupported")
TYPE = optional("columnDataType", "text", *TYPES)
DETECTED = optional("advancedDataType", "text")


def _fill(call: Call, value: str) -> list[Native]:
    return call.change(lambda text: f"CASE WHEN coalesce({text}, '') = '' THEN {value} ELSE {text} END")


def _fill_custom(call: Call) -> list[Native]:
    value, data_type = call["value"], call["columnDataType"]
    if data_type in ("number", "boolean", "date", "timestamp") and not _is(value, data_type):
        raise Refused(f"{show(value)} is no {data_type}", "the value must be of the type columnDataType", "value")
    return _fill(call, sql.lit(value))


def _is(value: str, data_type: str) -> bool:
    expression = read(valid(sql.lit(value), data_type))
    if isinstance(expression, Flaw):
        return False
    ((answer, _),) = evaluate(pl.DataFrame({"row": [0]}), [expression])
    return bool(answer.item())


def _fill_empty(call: Call) -> list[Native]:
    return call.change(lambda text: f"coalesce({text}, '')")


def _fill_null(call: Call) -> list[Native]:
    return call.change(lambda text: "CAST(NULL AS VARCHAR)")


def _invalid(call: Call, text: str) -> str:
    if call["advancedDataType"]:
        raise Refused(
            "DataBrew does not document how it detects an advanced data type",
            "give the column that type under columns: with on_invalid", "advancedDataType",
        )  # fmt: skip
    data_type = call["columnDataType"]
    if data_type is None:
        raise Refused("what is invalid depends on the column's type", "add columnDataType", "columnDataType")
    if data_type == "unsupported":
        raise Refused("no value is known to be valid", "name another type", "columnDataType")
    return f"coalesce({text}, '') <> '' AND NOT ({valid(text, data_type)})"


def _replace_invalid(call: Call, value: str) -> list[Native]:
    return call.change(lambda text: f"CASE WHEN {_invalid(call, text)} THEN {value} ELSE {text} END")


def _replace_custom(call: Call) -> list[Native]:
    return _replace_invalid(call, sql.lit(call["value"]))


def _remove_invalid(call: Call) -> list[Native]:
    call.no_conditions("the invalid values say which rows go")
    return [keep(f"NOT ({_invalid(call, call.text(column))})") for column in call.columns]


def _remove_missing(call: Call) -> list[Native]:
    call.no_conditions("the missing values say which rows go")
    return [keep(f"coalesce({call.text(column)}, '') <> ''") for column in call.columns]


def _remove_values(call: Call) -> list[Native]:
    if not call.where:
        raise Refused("without a condition it would remove nothing, or all", "add ConditionExpressions")
    return [keep(f"NOT coalesce({call.where}, false)")]


def _action(name: str, parameters: tuple[Parameter, ...], about: str, steps: Steps) -> Operation:
    return Operation(name, ACTION + name, parameters, about, steps, (ONE_COLUMN,))


def _remove_duplicates(call: Call) -> list[Native]:
    call.no_conditions("which rows are compared would depend on other rows")
    return [{"deduplicate": {"by": call["sourceColumn"], "keep": "first", "missing": "equal"}}]


OPERATIONS = (
    _action(
        "FILL_WITH_CUSTOM",
        (*EACH, required("value", "text"), optional("columnDataType", "text", *TYPES)),
        "A missing value (null, or no characters) becomes the one given.",
        _fill_custom,
    ),
    _action(
        "FILL_WITH_EMPTY",
        EACH,
        "A missing value becomes a text without characters, which columns then take for missing.",
        _fill_empty,
    ),
    _action("FILL_WITH_NULL", EACH, "Every value becomes null.", _fill_null),
    _action(
        "REPLACE_WITH_CUSTOM",
        (*EACH, required("value", "text"), TYPE, DETECTED),
        "A value that is not of the type columnDataType becomes the one given.",
        _replace_custom,
    ),
    _action(
        "REPLACE_WITH_EMPTY",
        (*EACH, TYPE, DETECTED),
        "A value that is not of the type columnDataType becomes a text without characters.",
        lambda call: _replace_invalid(call, "''"),
    ),
    _action(
        "REPLACE_WITH_NULL",
        (*EACH, TYPE, DETECTED),
        "A value that is not of the type columnDataType becomes null.",
        lambda call: _replace_invalid(call, "NULL"),
    ),
    _action(
        "REMOVE_INVALID",
        (*EACH, TYPE, DETECTED),
        "Removes the rows in which a value is not of the type columnDataType.",
        _remove_invalid,
    ),
    _action(
        "REMOVE_MISSING",
        EACH,
        "Removes the rows in which the value is missing (null, or no characters).",
        _remove_missing,
    ),
    Operation(
        "REMOVE_DUPLICATES",
        f"{ACTION}REMOVE_DUPLICATES",
        (required("sourceColumn", "column"),),
        "Of the rows of a run that have the same value, or none (null), the first stays. Values are compared letter "
        "by letter. Rows of earlier runs are not compared.",
        _remove_duplicates,
    ),
    Operation(
        "REMOVE_VALUES",
        "recipes",
        (optional("sourceColumn", "column"),),
        "Removes the rows that meet all conditions.",
        _remove_values,
    ),
)
