"""CAST as Spark does it: NULL for what cannot be converted, truncation towards zero, texts that Spark reads."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import BOOLEAN, DATE, FLOAT, INTEGER, TEXT, TIMESTAMP, Type, Value


def cast(value: Value, to: Type, clause: str) -> Value:
    """The value converted, without its columns. Raises QueryRefused where Spark and DuckDB convert differently."""
    source = value.type.kind
    if source == to.kind and (source != "decimal" or value.type.sql == to.sql):
        if source in ("integer", "float") and value.type.sql != to.sql:
            return Value(f"TRY_CAST({value.sql} AS {to.sql})", to)
        return Value(value.sql, to)
    convert = _CASTS.get((source, to.kind))
    if convert is None:
        raise refusal(
            clause,
            f"a cast from {source} to {to.kind} differs between Spark and DuckDB",
            "share the column in the type that is needed",
        )
    return Value(convert(value.sql, to.sql), to)


def target(type_: exp.DataType, clause: str) -> Type:
    """The type that a CAST names. Raises QueryRefused."""
    name = type_.this
    parameters = [parameter.name for parameter in type_.expressions]
    if name in _DECIMALS:
        precision, scale = (*parameters, *("10", "0")[len(parameters) :])[:2]
        if precision.isdecimal() and scale.isdecimal() and 1 <= int(precision) <= 38 and int(scale) <= int(precision):
            return Type("decimal", f"DECIMAL({int(precision)},{int(scale)})")
    elif name in _TARGETS and not parameters and not type_.args.get("nested"):
        return _TARGETS[name]
    raise refusal(
        clause,
        "CAST does not go to this type",
        "use STRING, INT, BIGINT, DOUBLE, DECIMAL(p, s), BOOLEAN, DATE or TIMESTAMP",
    )


_DECIMALS = (exp.DType.DECIMAL,)
_TARGETS = {
    exp.DType.TEXT: TEXT,
    exp.DType.INT: Type("integer", "INTEGER"),
    exp.DType.BIGINT: INTEGER,
    exp.DType.DOUBLE: FLOAT,
    exp.DType.BOOLEAN: BOOLEAN,
    exp.DType.DATE: DATE,
    exp.DType.TIMESTAMP: TIMESTAMP,
    exp.DType.TIMESTAMPTZ: TIMESTAMP,
}


def _plain(sql: str, to: str) -> str:
    return f"TRY_CAST({sql} AS {to})"


def _truncated(sql: str, to: str) -> str:
    return f"TRY_CAST(trunc({sql}) AS {to})"


def saturated(sql: str, to: str) -> str:
    """A whole floating value as an integer: as in Java, the nearest there is, and 0 for NaN."""
    bits = 31 if to == "INTEGER" else 63
    return (
        f"(CASE WHEN isnan({sql}) THEN 0 WHEN {sql} >= {2**bits} THEN {2**bits - 1} "
        f"WHEN {sql} <= -{2**bits} THEN -{2**bits - 1} - 1 ELSE TRY_CAST({sql} AS {to}) END)"
    )


def _cut(sql: str, to: str) -> str:
    return saturated(f"trunc({sql})", to)


def _stripped(sql: str) -> str:
    return f"trim({sql}, concat(' ', chr(9), chr(10), chr(13)))"


def _text_to_integer(sql: str, to: str) -> str:
    stripped = _stripped(sql)
    shape = "'[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)'"
    whole = f"regexp_replace({stripped}, '^([+-]?)([0-9]*)([.][0-9]*)?$', '\\10\\2')"
    return f"(CASE WHEN regexp_full_match({stripped}, {shape}) THEN TRY_CAST({whole} AS {to}) END)"


def _text_to_number(sql: str, to: str) -> str:
    shape = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"
    stripped = _stripped(sql)
    return f"(CASE WHEN regexp_full_match({stripped}, {shape}) THEN TRY_CAST({stripped} AS {to}) END)"


def _text_to_float(sql: str, to: str) -> str:
    word = f"lower({_stripped(sql)})"
    words = "('nan', 'inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')"
    return (
        f"(CASE WHEN {word} IN {words} THEN TRY_CAST(ltrim({word}, '+') AS {to}) ELSE {_text_to_number(sql, to)} END)"
    )


def _text_to_date(sql: str, to: str) -> str:
    stripped = _stripped(sql)
    return (
        f"TRY_CAST(CASE WHEN regexp_full_match({stripped}, '[0-9]{{4}}') THEN {stripped} || '-01-01' "
        f"WHEN regexp_full_match({stripped}, '[0-9]{{4}}-[0-9]{{1,2}}') THEN {stripped} || '-01' "
        f"ELSE regexp_extract({stripped}, '^([0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}})([ T].*)?$', 1) END AS {to})"
    )


def _text_to_boolean(sql: str, _: str) -> str:
    word = f"lower({_stripped(sql)})"
    yes, no = "('t', 'true', 'y', 'yes', '1')", "('f', 'false', 'n', 'no', '0')"
    return f"(CASE WHEN {word} IN {yes} THEN TRUE WHEN {word} IN {no} THEN FALSE END)"


_CASTS: dict[tuple[str, str], Callable[[str, str], str]] = {
    ("decimal", "decimal"): _plain,
    ("decimal", "integer"): _truncated,
    ("float", "integer"): _cut,
    ("boolean", "integer"): _plain,
    ("text", "integer"): _text_to_integer,
    ("integer", "decimal"): _plain,
    ("text", "decimal"): _text_to_number,
    ("integer", "float"): _plain,
    ("decimal", "float"): _plain,
    ("text", "float"): _text_to_float,
    ("integer", "boolean"): _plain,
    ("text", "boolean"): _text_to_boolean,
    ("integer", "text"): _plain,
    ("decimal", "text"): _plain,
    ("boolean", "text"): _plain,
    ("date", "text"): _plain,
    ("timestamp", "text"): _plain,
    ("text", "date"): _text_to_date,
    ("timestamp", "date"): _plain,
    ("date", "timestamp"): _plain,
}
