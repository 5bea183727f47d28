"""Functions of dates and times: Spark's, in DuckDB; the session's time zone is UTC. Source: Spark SQL 3.5."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from antechamber.collaborate.custom.function import TIME, WHOLE, Function, function, loose
from antechamber.collaborate.functions import Call
from antechamber.collaborate.functions import apply as known
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import DATE, INTEGER, TIMESTAMP, Value, text_literal

UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_MOMENT = "CAST({0} AS TIMESTAMP)"


def _unit(call: Call, text: str) -> str:
    unit = text.upper()
    unit = {"MON": "MONTH", "MM": "MONTH", "YYYY": "YEAR", "YY": "YEAR", "DD": "DAY"}.get(unit, unit)
    if unit not in UNITS:
        raise refusal(call.clause, f"the unit of {call.name} is not known", f"use one of {', '.join(UNITS)}")
    return unit


def _date_trunc(call: Call) -> Value:
    call.count(2)
    unit = _unit(call, call.arguments[0].literal or "")
    return Value(f"CAST(date_trunc('{unit.lower()}', {call.of(1, TIME)}) AS TIMESTAMP)", TIMESTAMP)


def _date_part(call: Call) -> Value:
    call.count(2)
    return known(
        Call("EXTRACT", call.arguments[1:], call.clause, call.now, (call.arguments[0].literal or "").upper())
    )


def _extract(call: Call) -> Value:
    if call.word == "SECOND":
        call.count(1)
        return Value(f"CAST(extract(SECOND FROM CAST({call.of(0, TIME)} AS TIMESTAMP)) AS BIGINT)", INTEGER)
    return known(Call("EXTRACT", call.arguments, call.clause, call.now, call.word))


def _datediff(call: Call) -> Value:
    """DATEDIFF(end, start) in days; DATEDIFF(unit, start, end) in whole units."""
    call.count(2)
    first, second = call.of(0, TIME), call.of(1, TIME)
    if not call.word:
        return Value(f"(CAST({first} AS DATE) - CAST({second} AS DATE))", INTEGER)
    return Value(
        f"date_sub('{_unit(call, call.word).lower()}', CAST({first} AS TIMESTAMP), CAST({second} AS TIMESTAMP))",
        INTEGER,
    )


def _dateadd(call: Call) -> Value:
    return known(Call("DATEADD", call.arguments, call.clause, call.now, _unit(call, call.word)))


def _zone(call: Call, place: int) -> str:
    text = call.arguments[place].literal or ""
    if text not in available_timezones() or not re.fullmatch(r"[A-Za-z]+(/[A-Za-z_+-]+){0,2}", text):
        raise refusal(
            call.clause, f"the time zone of {call.name} is not known", "write a name such as 'Europe/Berlin'"
        )
    return text_literal(text)


def _convert_timezone(call: Call) -> Value:
    """CONVERT_TIMEZONE([from,] to, timestamp)."""
    call.count(2, 3)
    source = _zone(call, 0) if len(call.arguments) == 3 else "'UTC'"
    to, moment = _zone(call, len(call.arguments) - 2), call.of(len(call.arguments) - 1, TIME)
    return Value(f"timezone({to}, timezone({source}, CAST({moment} AS TIMESTAMP)))", TIMESTAMP)


def _from_utc(call: Call) -> Value:
    call.count(2)
    return Value(f"timezone({_zone(call, 1)}, timezone('UTC', CAST({call.of(0, TIME)} AS TIMESTAMP)))", TIMESTAMP)


def _now(call: Call) -> Value:
    call.count(0)
    return known(Call("GETDATE", (), call.clause, call.now))


def _today(call: Call) -> Value:
    call.count(0)
    return known(Call("CURRENT_DATE", (), call.clause, call.now))


def _to_date(call: Call) -> Value:
    return known(Call("TO_DATE", call.arguments, call.clause, call.now))


def _timestamp(call: Call) -> Value:
    call.count(1)
    return Value(f"CAST({call.of(0, TIME)} AS TIMESTAMP)", TIMESTAMP)


def _date(call: Call) -> Value:
    return known(Call("TO_DATE", call.arguments[:1], call.clause, call.now))


def _part(name: str, *, plus: int = 0, strict: bool = True) -> Function:
    added = f" + {plus}" if plus else ""
    return function(f"(extract({name} FROM {_MOMENT}){added})", TIME, gives=INTEGER, strict=strict)


def _moved(template: str) -> Function:
    return loose(function(template, TIME, WHOLE, gives=DATE, fails=True))


TIME_FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("CURRENT_DATE", "CURDATE"), Function(_today)),
    **dict.fromkeys(("CURRENT_TIMESTAMP", "NOW"), Function(_now)),
    "GETDATE": loose(Function(_now)),
    "TO_DATE": Function(_to_date, shapes=frozenset({1}), fails=True),
    **dict.fromkeys(("TO_TIMESTAMP", "TIMESTAMP"), Function(_timestamp)),
    "DATE": Function(_date, fails=True),
    **dict.fromkeys(("DATEDIFF", "DATE_DIFF", "TIMESTAMPDIFF"), Function(_datediff, fails=True)),
    "DATE_TRUNC": Function(_date_trunc, shapes=frozenset({0})),
    "DATE_PART": Function(_date_part, shapes=frozenset({0})),
    "EXTRACT": Function(_extract),
    "TRUNC": Function(lambda call: known(call), shapes=frozenset({1})),
    "CONVERT_TIMEZONE": Function(_convert_timezone, shapes=frozenset({0, 1}), fails=True),
    "FROM_UTC_TIMESTAMP": Function(_from_utc, shapes=frozenset({1}), fails=True),
    "YEAR": _part("year"),
    "QUARTER": _part("quarter", strict=False),
    "MONTH": _part("month"),
    **dict.fromkeys(("DAY", "DAYOFMONTH"), _part("day")),
    "DAYOFWEEK": _part("dow", plus=1),
    "WEEKOFYEAR": _part("week"),
    "DAYOFYEAR": _part("doy", strict=False),
    "HOUR": _part("hour"),
    "MINUTE": _part("minute"),
    "SECOND": function(f"CAST(extract(second FROM {_MOMENT}) AS BIGINT)", TIME, gives=INTEGER),
    "DATE_ADD": _moved("(CAST({0} AS DATE) + CAST({1} AS INTEGER))"),
    "DATE_SUB": _moved("(CAST({0} AS DATE) - CAST({1} AS INTEGER))"),
    "ADD_MONTHS": _moved("CAST(CAST({0} AS DATE) + to_months(CAST({1} AS INTEGER)) AS DATE)"),
    **dict.fromkeys(("DATEADD", "TIMESTAMPADD"), loose(Function(_dateadd))),
    "LAST_DAY": loose(function("last_day(CAST({0} AS DATE))", TIME, gives=DATE)),
}  # fmt: skip
"""Name → function."""

WITH_UNIT = ("DATEADD", "TIMESTAMPADD", "DATEDIFF", "DATE_DIFF", "TIMESTAMPDIFF")
"""Functions whose first argument may be a unit, written as a word."""
