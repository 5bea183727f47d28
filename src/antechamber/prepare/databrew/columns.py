"""Basic column steps: columns are renamed, copied, removed, and given another type."""

from __future__ import annotations

from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.conditions import VALID
from antechamber.prepare.databrew.operation import (
    ACTION,
    EACH,
    ONE_COLUMN,
    TARGET,
    Call,
    Native,
    Operation,
    Refused,
    Steps,
    required,
)

LIMITS = {"byte": 7, "short": 15, "int": 31, "integer": 31, "long": 63}
"""Whole-number types and their bits without the sign."""


def _rename(call: Call) -> list[Native]:
    call.no_conditions("a column has one name in all rows")
    old, new = call["sourceColumn"], call["targetColumn"]
    if old == new:
        raise Refused("the new name is the old one", "remove the step, or write another name", "targetColumn")
    if old in call.state.numeric:
        call.state.numeric.remove(old)
        call.state.numeric.add(new)
    else:
        call.state.numeric.discard(new)
    call.state.gone[old] = f"{call.step.place} renamed it to '{new}'"
    call.state.gone.pop(new, None)
    return [{"rename": {old: new}}]


def _duplicate(call: Call) -> list[Native]:
    source = call["sourceColumn"]
    return call.make(sql.name(source), numeric=source in call.state.numeric)


def _delete(call: Call) -> list[Native]:
    call.no_conditions("a column is there in all rows")
    call.state.gone |= dict.fromkeys(call.columns, f"{call.step.place} removed it")
    call.state.numeric -= set(call.columns)
    return [{"drop": {"columns": list(call.columns)}}]


def _move(call: Call) -> list[Native]:
    call.no_conditions("a column stands in one place in all rows")
    call.state.notes.append(f"{call.step.place} changes nothing: the order of columns is that of the connector file")
    return []


def _to(call: Call, data_type: str) -> list[Native]:
    kind = data_type.lower()
    if kind == "string":
        return call.change(lambda text: text)
    if kind == "boolean":
        return call.change(
            lambda text: (
                f"CASE WHEN lower(trim({text})) IN ('true', 'yes') THEN 'true' "
                f"WHEN lower(trim({text})) IN ('false', 'no') THEN 'false' END"
            )
        )
    if kind == "date":
        return call.change(lambda text: f"strftime({sql.moment(text)}, '%Y-%m-%d')")
    if kind == "timestamp":
        return call.change(lambda text: f"strftime({sql.moment(text)}, '%Y-%m-%d %H:%M:%S')")
    if kind == "decimal":
        digits = sql.lit("^\\s*([+-]?[0-9]{1,20}(\\.[0-9]{1,18})?)\\s*$")
        return call.change(lambda text: sql.present(f"regexp_extract({text}, {digits}, 1)"))
    if kind in LIMITS:
        return call.change(lambda text: _cut(sql.number(text), 2 ** LIMITS[kind]))
    return call.change(sql.number, numeric=True)


def _cut(given: str, limit: int) -> str:
    """A number without its fraction, when it lies from -limit on and below limit."""
    whole = f"trunc({given})"
    return f"CASE WHEN {whole} >= {-limit} AND {whole} < {limit} THEN CAST(CAST({whole} AS BIGINT) AS VARCHAR) END"


def _change_data_type(call: Call) -> list[Native]:
    return _to(call, call["columnDataType"])


def _fixed(data_type: str) -> Steps:
    return lambda call: _to(call, data_type)


def _sort(call: Call) -> list[Native]:
    call.no_conditions("all rows are sorted, or none")
    call.state.notes.append(f"{call.step.place} changes nothing: a table's rows have no order")
    return []


_KINDS = tuple(VALID)

OPERATIONS = (
    Operation(
        "RENAME",
        f"{ACTION}RENAME",
        (required("sourceColumn", "column"), TARGET),
        "The column has another name; a column that had it before is not there any more.",
        _rename,
    ),
    Operation(
        "DUPLICATE",
        f"{ACTION}DUPLICATE",
        (required("sourceColumn", "column"), TARGET),
        "A new column with the same values.",
        _duplicate,
    ),
    Operation("DELETE", f"{ACTION}DELETE", EACH, "The columns are not there any more.", _delete, (ONE_COLUMN,)),
    *(
        Operation(
            f"MOVE_{where}",
            f"{ACTION}MOVE_{where}",
            (required("sourceColumn", "column"), *more),
            "Changes nothing, and `check` says so: the order of columns is that of the connector file.",
            _move,
        )
        for where, more in (
            ("AFTER", (required("targetColumn", "column"),)),
            ("BEFORE", (required("targetColumn", "column"),)),
            ("TO_END", ()),
            ("TO_START", ()),
            ("TO_INDEX", (required("targetIndex", "whole"),)),
        )
    ),
    Operation(
        "SORT",
        f"{ACTION}SORT",
        (required("expressions", "text"),),
        "Changes nothing, and `check` says so: a table's rows have no order.",
        _sort,
    ),
    Operation(
        "CHANGE_DATA_TYPE",
        f"{ACTION}CHANGE_DATA_TYPE",
        (*EACH, required("columnDataType", "text", *_KINDS)),
        "A value that is not of the type becomes null. Whole-number types cut a fraction off, as Spark "
        "does, and have "
        "their limits; `true`, `yes`, `false` and `no` are booleans; dates are written as ISO 8601 has them.",
        _change_data_type,
        (ONE_COLUMN,),
    ),
    *(
        Operation(
            f"TO_{name}_COLUMN",
            f"{ACTION}TO_{name}_COLUMN",
            (*EACH, required("columnDataType", "text", *kinds)),
            f"As CHANGE_DATA_TYPE with the type {kind}.",
            _fixed(kind),
            (ONE_COLUMN,),
        )
        for name, kind, kinds in (
            ("BOOLEAN", "boolean", ("boolean",)),
            ("DOUBLE", "double", ("number", "double")),
            ("NUMBER", "number", ("number",)),
            ("STRING", "string", ("string",)),
        )
    ),
)
