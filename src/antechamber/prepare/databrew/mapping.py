"""Mapping steps: values by others, numbers by bins; and numbers written for people."""

from __future__ import annotations

from typing import Any

from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.operation import (
    ACTION,
    EACH,
    ONE_COLUMN,
    TARGET,
    Call,
    Native,
    Operation,
    Refused,
    keep,
    optional,
    required,
    whole,
)

SOURCE = required("sourceColumn", "column")
UNITS = {"THOUSAND": 1e3, "MILLION": 1e6, "BILLION": 1e9, "TRILLION": 1e12}


def _categorical(call: Call) -> list[Native]:
    call.no_conditions("values that are not in the map have their own rule")
    values, other = call["categoryMap"], call["other"]
    if not values:
        raise Refused("the map is empty", 'write {"value": "category"}', "categoryMap")
    wrong = next((key for key, value in values.items() if isinstance(value, dict | list)), None)
    if wrong is not None:
        raise Refused(
            f"the category of {show(wrong)} is no single value", 'write {"value": "category"}', "categoryMap"
        )
    chosen = [
        name
        for name, said in (
            ("deleteOtherRows", call["deleteOtherRows"]),
            ("keepOthers", call["keepOthers"]),
            ("other", other is not None),
        )
        if said
    ]
    if len(chosen) > 1:
        raise Refused(
            f"{' and '.join(chosen)} say different things of other values", f"keep one of {', '.join(chosen)}"
        )
    source, target = call["sourceColumn"], call["targetColumn"]
    mapped = {key: None if value is None else _written(value) for key, value in values.items()}
    body: dict[str, Any] = {"column": source, "values": mapped, "into": target}
    if call["keepOthers"]:
        body["otherwise"] = "keep"
    elif other is not None:
        body |= {"otherwise": "value", "default": other}
    else:
        body["otherwise"] = "null"
    call.state.gone.pop(target, None)
    call.state.numeric.discard(target)
    if not call["deleteOtherRows"]:
        return [{"map": body}]
    return [keep(f"{call.text(source)} IN {sql.listed(mapped)}"), {"map": body}]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else whole(float(value))


def _binarization(call: Call) -> list[Native]:
    given, threshold = call.number(call["sourceColumn"]), whole(call["threshold"])
    high, low = ("0", "1") if call["flip"] else ("1", "0")
    return call.make(f"CASE WHEN {given} > {threshold} THEN '{high}' WHEN {given} <= {threshold} THEN '{low}' END")


def _bucketization(call: Call) -> list[Native]:
    if call["percentage"] is not None:
        raise Refused(
            "the bounds of bins by percentage depend on all rows", "name the bounds under splits", "percentage"
        )
    if call["splits"] is None:
        raise Refused("this parameter is missing", 'write ["-Infinity", "2", "20", "Infinity"]', "splits")
    bounds, names = [_bound(each) for each in call["splits"]], call["bucketNames"]
    if len(names) != len(bounds) - 1:
        raise Refused(
            f"{len(names)} names do not go with {len(bounds)} bounds",
            "name one bucket less than bounds",
            "bucketNames",
        )
    if bounds != sorted(set(bounds)):
        raise Refused("the bounds do not rise", "write each larger than the one before", "splits")
    given = call.number(call["sourceColumn"])
    arms = []
    for place, (low, high, name) in enumerate(zip(bounds, bounds[1:], names, strict=False)):
        sign = "<=" if place == len(names) - 1 else "<"
        conditions = [f"{given} >= {whole(low)}"] if low != float("-inf") else []
        conditions += [f"{given} {sign} {whole(high)}"] if high != float("inf") else []
        arms.append(f"WHEN {' AND '.join(conditions) or f'{given} IS NOT NULL'} THEN {sql.lit(name)}")
    return call.make(f"CASE {' '.join(arms)} END")


def _bound(text: str) -> float:
    try:
        return float(text.replace("Infinity", "inf"))
    except ValueError:
        raise Refused(f"{show(text)} is no number", "write numbers, -Infinity and Infinity", "splits") from None


def _number_format(call: Call) -> list[Native]:
    point, thousands, unit = (
        call["numericDecimalSeparator"],
        call["numericThousandSeparator"],
        call["numericAbbreviatedUnit"],
    )
    thousands, unit = (None if each in (None, "", "null") else each for each in (thousands, unit))
    if point == thousands:
        raise Refused("both separators are the same", "use another one", "numericThousandSeparator")
    if not 0 <= call["decimalPlaces"] <= 15:
        raise Refused("it is not between 0 and 15", "write 0 to 15", "decimalPlaces")
    suffix = call["numericUnitAbbreviation"]
    suffix = "" if suffix in (None, "null") else suffix

    places, mark = call["decimalPlaces"], sql.lit(replacement_of(thousands))

    def formatted(column: str) -> str:
        given = call.number(column)
        scaled = f"{given} / {whole(UNITS[unit])}" if unit else given
        digits = f"CAST(CAST(abs({scaled}) AS DECIMAL(38, {places})) AS VARCHAR)"
        before = f"split_part({digits}, '.', 1)"
        if thousands:
            before = (
                f"ltrim(reverse(regexp_replace(reverse({before}), '([0-9]{{3}})', {mark}, 'g')), "
                f"{sql.lit(thousands)})"
            )
        behind = f" || {sql.lit(point)} || split_part({digits}, '.', 2)" if places else ""
        end = f" || {sql.lit(suffix)}" if suffix else ""
        return f"CASE WHEN {given} < 0 THEN '-' ELSE '' END || {before}{behind}{end}"

    made = [call.set(column, formatted(column), kept=call.text(column)) for column in call.columns]
    call.state.numeric -= set(call.columns)
    return made


def replacement_of(thousands: str | None) -> str:
    """Three digits and the separator, which stands behind them as long as the digits stand in reverse order."""
    return "\\1" + (thousands or "").replace("\\", "\\\\")


def _phone(call: Call) -> list[Native]:
    call.no_conditions("this operation is not carried over for a part of the rows")
    region, column = call["defaultRegion"], call["defaultRegionColumn"]
    if region is not None and column is not None:
        raise Refused("both a region and a column of regions are given", "keep one of them", "defaultRegionColumn")
    body: dict[str, object] = {"columns": list(call.columns)}
    if region is not None:
        body["region"] = region
    if column is not None:
        body["region_from"] = column
    call.state.numeric -= set(call.columns)
    return [{"phone_number": body}]


OPERATIONS = (
    Operation(
        "CATEGORICAL_MAPPING",
        f"{ACTION}CATEGORICAL_MAPPING",
        (
            SOURCE,
            TARGET,
            required("categoryMap", "map"),
            optional("deleteOtherRows", "flag", default=False),
            optional("keepOthers", "flag", default=False),
            optional("other", "text"),
            optional("mapType", "text", "NUMERIC", "STRING", "TEXT"),
        ),
        "Each value becomes its category. All others become `other`, stay (`keepOthers`), lose their rows "
        "(`deleteOtherRows`), or become null.",
        _categorical,
    ),
    Operation(
        "BINARIZATION",
        f"{ACTION}BINARIZATION",
        (SOURCE, TARGET, required("threshold", "number"), optional("flip", "flag", default=False)),
        "1 for a number above the threshold and 0 for all others; the other way round with `flip`.",
        _binarization,
    ),
    Operation(
        "BUCKETIZATION",
        f"{ACTION}BUCKETIZATION",
        (
            SOURCE,
            TARGET,
            required("bucketNames", "texts"),
            optional("splits", "texts"),
            optional("percentage", "number"),
        ),
        "The name of the bucket that a number lies in: "
        "from its lower bound on and below its upper bound, which belongs to the last bucket only; null outside of "
        "all. Buckets by percentage are refused.",
        _bucketization,
    ),
    Operation(
        "NUMBER_FORMAT",
        f"{ACTION}NUMBER_FORMAT",
        (
            *EACH,
            required("decimalPlaces", "whole"),
            optional("numericDecimalSeparator", "text", ".", ",", default="."),
            optional("numericThousandSeparator", "text"),
            optional("numericAbbreviatedUnit", "text"),
            optional("numericUnitAbbreviation", "text"),
        ),
        "A number written for people: rounded, with its separators, in thousands or more with what they are called.",
        _number_format,
        (ONE_COLUMN,),
    ),
    Operation(
        "FORMAT_PHONE_NUMBER",
        f"{ACTION}FORMAT_PHONE_NUMBER",
        (
            *EACH,
            optional("phoneNumberFormat", "text", "E164"),
            optional("defaultRegion", "text"),
            optional("defaultRegionColumn", "column"),
        ),
        "A phone number in E.164; one that "
        "is not valid stays as it is, and so does one without a country code when no region is given.",
        _phone,
        (ONE_COLUMN,),
    ),
)
