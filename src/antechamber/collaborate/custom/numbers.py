"""Functions of numbers: Spark's, in DuckDB. Source: Spark SQL 3.5, built-in functions (ANSI mode off)."""

from __future__ import annotations

from collections.abc import Callable

from antechamber.collaborate.casts import saturated
from antechamber.collaborate.custom.function import NUMBER, WHOLE, Function, function, loose
from antechamber.collaborate.functions import Call
from antechamber.collaborate.functions import apply as known
from antechamber.collaborate.values import FLOAT, INTEGER, Value

DOUBLE = "CAST({0} AS DOUBLE)"


def _as_in_the_other_rules(name: str) -> Callable[[Call], Value]:
    """A function that aggregation rules can name is written by the same code here."""
    return lambda call: known(Call(name, call.arguments, call.clause, call.now, call.word))


def _ceiling(name: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(1)
        sql, type_ = call.of(0, NUMBER), call.arguments[0].type
        if type_.kind in ("integer", "null"):
            return Value(sql, INTEGER)
        if type_.kind == "decimal":
            return Value(f"TRY_CAST({name}({sql}) AS BIGINT)", INTEGER)
        return Value(saturated(f"{name}({sql})", "BIGINT"), INTEGER)

    return build


def _round(call: Call) -> Value:
    """Half away from zero. Of a floating value, as far as its decimal digits are those of the shortest text."""
    call.count(1, 2)
    sql, type_ = call.of(0, NUMBER), call.arguments[0].type
    digits = call.whole(1, 0, 15) if len(call.arguments) == 2 else 0
    if type_.kind == "integer":
        return Value(sql, type_)
    return Value(f"round({sql}, {digits})", type_)


def _abs(call: Call) -> Value:
    call.count(1)
    return Value(f"abs({call.of(0, NUMBER)})", call.arguments[0].type)


def _floating(template: str, *, strict: bool = True) -> Function:
    places = template.count("{0}") and 1 + ("{1}" in template)
    return function(
        template.replace("{0}", "CAST({0} AS DOUBLE)").replace("{1}", "CAST({1} AS DOUBLE)"),
        *([NUMBER] * places),
        gives=FLOAT,
        strict=strict,
    )


def _random(call: Call) -> Value:
    call.count(0, 1)
    return Value("random()", FLOAT)


def _pi(call: Call) -> Value:
    call.count(0)
    return Value("pi()", FLOAT)


_LOGARITHM = "(CASE WHEN {0} > 0 THEN %s({0}) END)"

NUMBER_FUNCTIONS: dict[str, Function] = {
    "ABS": Function(_abs, fails=True),
    **dict.fromkeys(("CEIL", "CEILING"), Function(_ceiling("ceil"))),
    "FLOOR": Function(_ceiling("floor")),
    "ROUND": Function(_round, shapes=frozenset({1})),
    "LN": _floating(_LOGARITHM % "ln"),
    "LOG": Function(_as_in_the_other_rules("LOG")),
    "LOG10": _floating(_LOGARITHM % "log10"),
    **dict.fromkeys(("POWER", "POW"), _floating("power({0}, {1})")),
    "SQRT": Function(_as_in_the_other_rules("SQRT")),
    **dict.fromkeys(("RAND", "RANDOM"), Function(_random, chance=True)),
    "EXP": _floating("exp({0})"),
    # What it gives is whether its argument is less than, equal to or more than zero.
    **dict.fromkeys(
        ("SIGN", "SIGNUM"), function("CAST(sign({0}) AS DOUBLE)", NUMBER, gives=FLOAT, compares=True)
    ),
    "MOD": loose(function("({0} % nullif({1}, 0))", NUMBER, NUMBER, gives=0, fails=True)),
    "LOG2": _floating(_LOGARITHM % "log2", strict=False),
    "CBRT": _floating("cbrt({0})", strict=False),
    "PI": loose(Function(_pi)),
    "RADIANS": _floating("radians({0})", strict=False),
    "DEGREES": _floating("degrees({0})", strict=False),
    **{
        name: _floating(f"(CASE WHEN isfinite({{0}}) THEN {name.lower()}({{0}}) END)", strict=False)
        for name in ("SIN", "COS", "TAN")
    },
    "ATAN": _floating("atan({0})", strict=False),
    **{
        name: _floating(f"(CASE WHEN abs({{0}}) <= 1 THEN {name.lower()}({{0}}) END)", strict=False)
        for name in ("ASIN", "ACOS")
    },
    "FACTORIAL": loose(function(
        "(CASE WHEN {0} BETWEEN 0 AND 20 THEN factorial(CAST({0} AS INTEGER)) END)", WHOLE, gives=INTEGER, fails=True
    )),
}  # fmt: skip
"""Name → function."""
