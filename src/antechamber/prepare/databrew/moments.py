"""Date and time functions: a new column from a text that says a date, or a time of day."""

from __future__ import annotations

import json
import re

from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.dates import DEFAULT, strftime, times_only
from antechamber.prepare.databrew.operation import (
    BOTH,
    EITHER,
    FUNCTION,
    SIDES,
    TARGET,
    Call,
    Native,
    Operation,
    Parameter,
    Refused,
    Steps,
    optional,
    required,
)

UNITS = {
    "YEARS": "year",
    "QUARTERS": "quarter",
    "MONTHS": "month",
    "WEEKS": "week",
    "DAYS": "day",
    "HOURS": "hour",
    "MINUTES": "minute",
    "SECONDS": "second",
    "MILLISECONDS": "millisecond",
    "MICROSECONDS": "microsecond",
}
SMALL = {"millisecond": 1e-3, "microsecond": 1e-6}
"""Units below a second, in seconds."""
SOURCE_OR_VALUE = (optional("sourceColumn", "column"), optional("value", "text"), TARGET)
FORMAT = optional("dateTimeFormat", "text", default=DEFAULT)
PARTS = ("year", "month", "day", "hour", "minute", "second")


def _part(form: str, *, times: bool = False) -> Steps:
    """A part of a date as a number: `{0}` in the form."""
    return lambda call: call.make(form.replace("{0}", sql.moment(call.given(), times=times)), numeric=True)


def _month_name(call: Call) -> list[Native]:
    return call.make(f"strftime({sql.moment(call.given())}, '%B')")


def _format(call: Call) -> list[Native]:
    form = call["dateTimeFormat"]
    return call.make(_written(sql.moment(call.given(), times=times_only(form)), form))


def _written(moment: str, form: str) -> str:
    return f"strftime({moment}, {sql.lit(strftime(form))})"


def _add(call: Call) -> list[Native]:
    unit, count = UNITS[call["units"]], call["dateAddValue"]
    if unit == "quarter":
        unit, count = "month", count * 3
    if unit in SMALL:
        unit, count = "second", count * SMALL[unit]
    interval = f"INTERVAL '{count}' {unit.upper()}"
    return call.make(_written(f"({sql.moment(call.given())} + {interval})", call["dateTimeFormat"]))


def _difference(call: Call) -> list[Native]:
    sides = [
        sql.moment(
            call.text(call[f"sourceColumn{which}"])
            if call[f"sourceColumn{which}"]
            else sql.lit(call[f"value{which}"])
        )
        for which in (1, 2)
    ]
    return call.make(f"date_sub({sql.lit(UNITS[call['units']])}, {sides[0]}, {sides[1]})", numeric=True)


def _unix_time(call: Call) -> list[Native]:
    return call.make(f"CAST(floor(epoch({sql.moment(call.given())})) AS BIGINT)", numeric=True)


def _unix_time_format(call: Call) -> list[Native]:
    given = call.number(call["sourceColumn"]) if call["sourceColumn"] else sql.number(sql.lit(call["value"]))
    moment = f"make_timestamp(CASE WHEN abs({given}) < 2e11 THEN CAST(trunc({given}) AS BIGINT) * 1000000 END)"
    return call.make(_written(moment, call["dateTimeFormat"]))


def _offset(zone: str, parameter: str) -> int:
    """Minutes from UTC. Raises Refused for a zone whose offset changes with the date."""
    if zone in ("UTC", "GMT", "Z"):
        return 0
    found = re.fullmatch(r"(?:UTC|GMT)([+-])(\d{1,2}):?(\d\d)?", zone)
    if found is None or int(found[2]) > 18 or int(found[3] or 0) > 59:
        raise Refused(
            f"{show(zone)} is not a fixed offset",
            "write UTC+08:00; for a zone with summer time, give the column timezone: under columns:", parameter,
        )  # fmt: skip
    return (int(found[2]) * 60 + int(found[3] or 0)) * (-1 if found[1] == "-" else 1)


def _convert(call: Call) -> list[Native]:
    minutes = _offset(call["toTimeZone"], "toTimeZone") - _offset(call["fromTimeZone"], "fromTimeZone")
    interval = f"INTERVAL '{minutes}' MINUTE"
    return call.make(
        _written(f"({sql.moment(call.text(call['sourceColumn']))} + {interval})", call["dateTimeFormat"])
    )


def _composed(kind: str) -> Steps:
    """A date, a time of day, or both, out of parts that are columns or values."""

    def steps(call: Call) -> list[Native]:
        given = call["dateTimeParameters"]
        for part in given.keys() - set(PARTS):
            raise Refused(f"{show(part)} is no part of a date", f"use {', '.join(PARTS)}", "dateTimeParameters")
        needed = {"DATE": PARTS[:3], "TIME": PARTS[3:], "DATE_TIME": PARTS}[kind]
        parts = {part: _component(call, given.get(part), part, needed) for part in PARTS}
        text = f"concat_ws(' ', {', '.join(parts.values())})"
        there = " AND ".join(f"{parts[part]} IS NOT NULL" for part in PARTS)
        moment = f"try_strptime(CASE WHEN {there} THEN {text} END, '%Y %m %d %H %M %S')"
        return call.make(_written(moment, call["dateTimeFormat"]))

    return steps


def _component(call: Call, given: object, part: str, needed: tuple[str, ...]) -> str:
    """A part's digits in SQL. A part that is not needed and not given is the first there is."""
    given = given or {}
    if not isinstance(given, dict) or not set(given) <= {"sourceColumn", "value"} or len(given) > 1:
        raise Refused(
            f"{part} is neither a column nor a value",
            'write {"sourceColumn": "…"} or {"value": "…"}',
            "dateTimeParameters",
        )
    if not given:
        if part in needed and part in ("year", "month", "day", "hour"):
            raise Refused(f"there is no {part}", f'add "{part}": {{"value": "…"}}', "dateTimeParameters")
        return {"year": "'1900'", "month": "'1'", "day": "'1'"}.get(part, "'0'")
    if "value" in given:
        if not str(given["value"]).isdigit():
            raise Refused(
                f"{part} is {show(json.dumps(given['value']))}, which is no number",
                "write its digits",
                "dateTimeParameters",
            )
        return sql.lit(str(given["value"]))
    if given["sourceColumn"] in call.state.gone:
        gone = call.state.gone[given["sourceColumn"]]
        raise Refused(
            f"the column {show(given['sourceColumn'])} is not there any more: {gone}",
            "name another",
            "dateTimeParameters",
        )
    return sql.present(call.text(str(given["sourceColumn"])))


def _of(name: str, about: str, steps: Steps, *more: Parameter, page: str = "") -> Operation:
    return Operation(name, FUNCTION + (page or name), (*SOURCE_OR_VALUE, *more), about, steps, (EITHER,))


COMPOSED = (required("dateTimeParameters", "map"), FORMAT, TARGET)
OPERATIONS = (
    _of("YEAR", "The year of a date.", _part("year({0})")),
    _of("QUARTER", "The quarter of a date, 1 to 4.", _part("quarter({0})")),
    _of("MONTH", "The month of a date, 1 to 12.", _part("month({0})")),
    _of("MONTH_NAME", "The English name of a date's month.", _month_name),
    _of(
        "WEEK_NUMBER",
        "The week of a date, as ISO 8601 counts them (1 to 53), as Spark does; the guide says 1 to 52.",
        _part("week({0})"),
    ),
    _of("DAY", "The day of the month.", _part("day({0})")),
    _of("HOUR", "The hour of a date or time of day.", _part("hour({0})", times=True)),
    _of("MINUTE", "The minute of a date or time of day.", _part("minute({0})", times=True)),
    _of("SECOND", "The second of a date or time of day, without a fraction.", _part("second({0})", times=True)),
    _of(
        "MILLISECOND",
        "The thousandths of a second of a date or time of day.",
        _part("millisecond({0}) - second({0}) * 1000", times=True),
    ),
    _of(
        "DATE_FORMAT", "A date in another format; a time of day when the format shows nothing else.", _format, FORMAT
    ),
    _of(
        "DATE_ADD",
        "A date so many units later; a month later is the same day, or the last one of a shorter month.",
        _add,
        required("units", "text", *UNITS),
        required("dateAddValue", "whole"),
        FORMAT,
        page="DATEADD",
    ),
    Operation(
        "DATE_DIFF",
        f"{FUNCTION}DATEDIFF",
        (*SIDES, required("units", "text", *UNITS), TARGET),
        "How many whole "
        "units lie between the first date and the second; negative when the second is the earlier one.",
        _difference,
        BOTH,
    ),
    _of("UNIX_TIME", "Seconds since 1970, of a date in UTC.", _unix_time),
    _of("UNIX_TIME_FORMAT", "Seconds since 1970 as a date in UTC.", _unix_time_format, FORMAT),
    Operation(
        "CONVERT_TIMEZONE",
        f"{FUNCTION}CONVERT_TIMEZONE",
        (
            required("sourceColumn", "column"),
            TARGET,
            optional("fromTimeZone", "text", default="UTC"),
            optional("toTimeZone", "text", default="UTC"),
            FORMAT,
        ),
        "A date and time from one offset in another; offsets are fixed, as UTC+08:00.",
        _convert,
    ),
    Operation(
        "DATE",
        f"{FUNCTION}DATE",
        COMPOSED,
        "A date out of its parts, each a column or a value; null when there is no such date.",
        _composed("DATE"),
    ),
    Operation("TIME", f"{FUNCTION}TIME", COMPOSED, "A time of day out of its parts.", _composed("TIME")),
    Operation(
        "DATE_TIME", f"{FUNCTION}DATETIME", COMPOSED, "A date and time out of its parts.", _composed("DATE_TIME")
    ),
)
