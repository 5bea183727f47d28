"""The scalar functions of aggregation rules: what each does to checked values, in DuckDB, as Spark would.

None can fail on a value: where Spark gives NULL, so does the DuckDB text. A query that failed on some rows and not
on others would tell, below every minimum, that such rows exist.

Source of the names: `ScalarFunctions` of the AWS Clean Rooms API. Of the behaviour: the functions of Spark SQL 3.5
with its default settings (spark.sql.ansi.enabled=false), session time zone UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from antechamber.collaborate.casts import cast, saturated
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import (
    DATE,
    FLOAT,
    INTEGER,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    Kind,
    Value,
    common,
    text_literal,
)


@dataclass(frozen=True)
class Call:
    """A call whose arguments passed the rules.

    name: the function's name in the rule.
    clause: where in the query it stands.
    word: the unit of DATEADD or EXTRACT, in capitals, else "".
    now: the time of the query, in UTC, without a zone.
    """

    name: str
    arguments: tuple[Value, ...]
    clause: str
    now: datetime
    word: str = ""

    def count(self, least: int, most: int | None = None) -> None:
        """Refuse another number of arguments."""
        if not least <= len(self.arguments) <= (least if most is None else most):
            raise refusal(
                self.clause, f"{self.name} does not take {len(self.arguments)} arguments", "see the reference"
            )

    def of(self, index: int, kinds: frozenset[Kind]) -> str:
        """The text of an argument that must be of one of these kinds."""
        argument = self.arguments[index]
        if argument.type.kind not in kinds and argument.type.kind != "null":
            raise refusal(
                self.clause,
                f"{self.name} is not applied to a value of the type {argument.type.kind}",
                f"it takes {' or '.join(sorted(kinds))}; CAST the value if the rule allows CAST",
            )
        return argument.sql

    def whole(self, index: int, least: int, most: int) -> int:
        """An argument that must be a whole number written in the query."""
        literal = self.arguments[index].literal
        is_whole = self.arguments[index].type.kind == "integer" and literal is not None
        if not is_whole or literal is None or not least <= int(literal) <= most:
            raise refusal(
                self.clause,
                f"argument {index + 1} of {self.name} is not a whole number from {least} to {most}",
                "write the number itself",
            )
        return int(literal)


def apply(call: Call) -> Value:
    """The value of a call of an allowed function, without its columns. Raises QueryRefused."""
    return _FUNCTIONS[call.name](call)


_TEXT: frozenset[Kind] = frozenset({"text"})
_TIMES: frozenset[Kind] = frozenset({"date", "timestamp"})


def _abs(call: Call) -> Value:
    call.count(1)
    return Value(f"TRY(abs({call.of(0, NUMBERS)}))", call.arguments[0].type)


def _whole_number(function: str) -> Callable[[Call], Value]:
    def apply_to(call: Call) -> Value:
        call.count(1)
        sql, type_ = call.of(0, NUMBERS), call.arguments[0].type
        if type_.kind == "integer":
            return Value(f"CAST({sql} AS BIGINT)", INTEGER)
        if type_.kind == "decimal":
            return Value(f"{function}({sql})", type_)
        return Value(saturated(f"{function}({sql})", "BIGINT"), INTEGER)

    return apply_to


def _coalesce(call: Call) -> Value:
    call.count(1, 100)
    type_ = common([argument.type for argument in call.arguments])
    if type_ is None or type_.kind == "other":
        raise refusal(
            call.clause, "the arguments of COALESCE are of different types", "CAST them if the rule allows CAST"
        )
    return Value(f"coalesce({', '.join(argument.sql for argument in call.arguments)})", type_)


def _current_date(call: Call) -> Value:
    call.count(0)
    return Value(f"DATE '{call.now.date().isoformat()}'", DATE)


def _getdate(call: Call) -> Value:
    call.count(0)
    return Value(f"TIMESTAMP '{call.now.isoformat(sep=' ', timespec='microseconds')}'", TIMESTAMP)


def _dateadd(call: Call) -> Value:
    call.count(2)
    units = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
    if call.word not in units:
        raise refusal(call.clause, "the unit of DATEADD is not known", f"use one of {', '.join(units)}")
    number = call.whole(0, -1_000_000, 1_000_000)
    return Value(f"TRY(CAST({call.of(1, _TIMES)} AS TIMESTAMP) + INTERVAL ({number}) {call.word})", TIMESTAMP)


def _extract(call: Call) -> Value:
    parts = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "HOUR", "MINUTE")
    if call.word not in parts:
        raise refusal(call.clause, "the part that EXTRACT takes is not known", f"use one of {', '.join(parts)}")
    return Value(f"extract({call.word} FROM CAST({call.of(0, _TIMES)} AS TIMESTAMP))", INTEGER)


def _ln(call: Call) -> Value:
    call.count(1)
    sql = call.of(0, NUMBERS)
    return Value(f"(CASE WHEN {sql} > 0 THEN ln(CAST({sql} AS DOUBLE)) END)", FLOAT)


def _log(call: Call) -> Value:
    """LOG(x) is the natural logarithm in Spark, LOG(base, x) the other."""
    call.count(1, 2)
    if len(call.arguments) == 1:
        return _ln(call)
    base, sql = call.of(0, NUMBERS), call.of(1, NUMBERS)
    quotient = f"ln(CAST({sql} AS DOUBLE)) / ln(CAST({base} AS DOUBLE))"
    return Value(f"(CASE WHEN {sql} > 0 AND {base} > 0 THEN {quotient} END)", FLOAT)


def _sqrt(call: Call) -> Value:
    call.count(1)
    sql = call.of(0, NUMBERS)
    root = f"sqrt(CAST({sql} AS DOUBLE))"
    return Value(f"(CASE WHEN {sql} >= 0 THEN {root} WHEN {sql} < 0 THEN CAST('NaN' AS DOUBLE) END)", FLOAT)


def _round(call: Call) -> Value:
    call.count(1, 2)
    sql, type_ = call.of(0, NUMBERS), call.arguments[0].type
    digits = call.whole(1, 0, 38) if len(call.arguments) == 2 else 0
    if type_.kind == "integer":
        return Value(sql, type_)
    if type_.kind == "float" and digits:
        raise refusal(
            call.clause,
            "ROUND of a floating value to decimals differs between Spark and DuckDB",
            "share the column as decimal, or round to whole numbers",
        )
    return Value(f"round({sql}, {digits})" if type_.kind == "decimal" else f"(round({sql}) + 0)", type_)


def _letters(function: str) -> Callable[[Call], Value]:
    def apply_to(call: Call) -> Value:
        call.count(1)
        return Value(f"{function}({call.of(0, _TEXT)})", TEXT)

    return apply_to


def _trimmed(function: str) -> Callable[[Call], Value]:
    def apply_to(call: Call) -> Value:
        call.count(1)
        return Value(f"{function}({call.of(0, _TEXT)}, ' ')", TEXT)

    return apply_to


def _substring(call: Call) -> Value:
    call.count(2, 3)
    arguments = [call.of(0, _TEXT), str(max(call.whole(1, 0, 1_000_000), 1))]
    if len(call.arguments) == 3:
        arguments.append(str(call.whole(2, 0, 1_000_000)))
    return Value(f"substring({', '.join(arguments)})", TEXT)


def _to_date(call: Call) -> Value:
    call.count(1, 2)
    if len(call.arguments) == 1:
        call.of(0, _TEXT | _TIMES)
        return cast(call.arguments[0], DATE, call.clause)
    sql, pattern = call.of(0, _TEXT), call.arguments[1].literal
    if pattern is None or not re.fullmatch(r"(?=.*yyyy)(?=.*MM)(?=.*dd)(yyyy|MM|dd|[-/. ])+", pattern):
        raise refusal(
            call.clause, "the format of TO_DATE is not known", "write it with yyyy, MM, dd and - / . or a space"
        )
    if any(pattern.count(part) != 1 for part in ("yyyy", "MM", "dd")):
        raise refusal(call.clause, "the format of TO_DATE names a part twice", "write yyyy, MM and dd once each")
    shape = re.escape(pattern).replace("yyyy", "[0-9]{4}").replace("MM", "[0-9]{2}").replace("dd", "[0-9]{2}")
    format_ = pattern.replace("yyyy", "%Y").replace("MM", "%m").replace("dd", "%d")
    parsed = f"CAST(try_strptime({sql}, {text_literal(format_)}) AS DATE)"
    return Value(f"(CASE WHEN regexp_full_match({sql}, {text_literal(shape)}) THEN {parsed} END)", DATE)


_TRUNCATIONS = {
    **dict.fromkeys(("YEAR", "YYYY", "YY"), "year"),
    "QUARTER": "quarter",
    **dict.fromkeys(("MONTH", "MM", "MON"), "month"),
    "WEEK": "week",
}


def _trunc(call: Call) -> Value:
    """TRUNC(time) is its day, TRUNC(time, unit) the unit's first day, TRUNC(number) its whole part."""
    call.count(1, 2)
    if len(call.arguments) == 2:
        sql = call.of(0, _TIMES)
        unit = _TRUNCATIONS.get((call.arguments[1].literal or "").upper())
        if unit is None:
            raise refusal(call.clause, "the unit of TRUNC is not known", "use 'YEAR', 'QUARTER', 'MONTH' or 'WEEK'")
        return Value(f"CAST(date_trunc('{unit}', {sql}) AS DATE)", DATE)
    sql, type_ = call.of(0, NUMBERS | _TIMES), call.arguments[0].type
    if type_.kind in _TIMES:
        return Value(f"CAST({sql} AS DATE)", DATE)
    return Value(sql if type_.kind == "integer" else f"trunc({sql})", type_)


_FUNCTIONS: dict[str, Callable[[Call], Value]] = {
    "ABS": _abs,
    "CEILING": _whole_number("ceil"),
    "COALESCE": _coalesce,
    "CURRENT_DATE": _current_date,
    "DATEADD": _dateadd,
    "EXTRACT": _extract,
    "FLOOR": _whole_number("floor"),
    "GETDATE": _getdate,
    "LN": _ln,
    "LOG": _log,
    "LOWER": _letters("lower"),
    "ROUND": _round,
    "RTRIM": _trimmed("rtrim"),
    "SQRT": _sqrt,
    "SUBSTRING": _substring,
    "TO_DATE": _to_date,
    "TRIM": _trimmed("trim"),
    "TRUNC": _trunc,
    "UPPER": _letters("upper"),
}

NOT_EXECUTED = {
    "CONVERT": "Spark SQL has no CONVERT; use CAST(value AS type)",
    "TO_CHAR": "its formats differ from engine to engine; group by EXTRACT or CAST(… AS STRING)",
    "TO_NUMBER": "its formats differ from engine to engine; use CAST(… AS DECIMAL(p, s))",
    "TO_TIMESTAMP": "its formats differ from engine to engine; share the column as a timestamp, or use TO_DATE",
}
"""Functions that a rule may name and that no query is run with: name → what to do instead."""

SCALAR_FUNCTIONS: tuple[str, ...] = tuple(sorted({*_FUNCTIONS, *NOT_EXECUTED, "CAST"}))
"""Every name that `scalar_functions` of an aggregation rule accepts."""

SYNONYMS = {"CEIL": "CEILING", "SUBSTR": "SUBSTRING"}
"""Other spellings that Spark has for them."""
