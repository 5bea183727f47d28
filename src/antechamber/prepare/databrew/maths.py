"""Mathematical functions, and the aggregate functions that work over several columns of one row.

Text that is no number is null, and so is a result that is none (a division by zero, the root of a negative number).
"""

from __future__ import annotations

from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.operation import (
    EITHER,
    FUNCTION,
    TARGET,
    Call,
    Native,
    Operation,
    Refused,
    Steps,
    optional,
    required,
    whole,
)

SOURCE = required("sourceColumn", "column")
PI = "3.141592653589793"


def _of_one(form: str) -> Steps:
    """A function of one number: `{0}` in the form."""

    def steps(call: Call) -> list[Native]:
        source = call["sourceColumn"] or call.arguments.get("sourceColumn1")
        value = call.arguments.get("value")
        value = call.arguments.get("value1") if value is None else value
        given = call.number(source) if source else whole(float(value or 0))
        return call.make(form.format(given), numeric=True)

    return steps


def _side(call: Call, which: int) -> str:
    column = call[f"sourceColumn{which}"]
    return call.number(column) if column else whole(call[f"value{which}"])


def _of_two(form: str) -> Steps:
    def steps(call: Call) -> list[Native]:
        if call["value1"] is not None and call["value2"] is not None:
            raise Refused("both sides are values, and no column is named", "name sourceColumn1 or sourceColumn2")
        return call.make(form.format(_side(call, 1), _side(call, 2)), numeric=True)

    return steps


def _parity(remainder: int) -> Steps:
    def steps(call: Call) -> list[Native]:
        given = call.number(call["sourceColumn"])
        true, false = sql.lit(call["trueString"]), sql.lit(call["falseString"])
        return call.make(
            f"CASE WHEN {given} % 2 IN ({remainder}, {-remainder}) THEN {true} WHEN {given} IS NOT NULL THEN "
            f"{false} END"
        )

    return steps


def _log(call: Call) -> list[Native]:
    base, given = call["base"], call.number(call["sourceColumn"])
    if base <= 0 or base == 1:
        raise Refused(f"{whole(base)} is no base of a logarithm", "write a number above 0 other than 1", "base")
    return call.make(f"CASE WHEN {given} > 0 THEN {_logarithm(given, base)} END", numeric=True)


def _logarithm(given: str, base: float) -> str:
    exact = {10.0: "log10", 2.0: "log2"}.get(float(base))
    return f"{exact}({given})" if exact else f"ln({given}) / ln({whole(base)})"


def _power(call: Call) -> list[Native]:
    given = call.number(call["sourceColumn"]) if call["sourceColumn"] else whole(call["value"])
    return call.make(f"pow({given}, {whole(call['exponent'])})", numeric=True)


def _pi(call: Call) -> list[Native]:
    return call.make(PI, numeric=True)


def _numbers(call: Call) -> list[str]:
    return [call.number(column) for column in call["sourceColumns"]]


def _present(call: Call) -> list[str]:
    return [sql.present(call.text(column)) for column in call["sourceColumns"]]


def _extreme(function: str) -> Steps:
    return lambda call: call.make(f"{function}({', '.join(_numbers(call))})", numeric=True)


def _sum(call: Call) -> list[Native]:
    return call.make(" + ".join(f"coalesce({each}, 0)" for each in _numbers(call)), numeric=True)


def _count(call: Call) -> list[Native]:
    return call.make(_counted(_present(call)), numeric=True)


def _counted(expressions: list[str]) -> str:
    return " + ".join(f"CASE WHEN {each} IS NULL THEN 0 ELSE 1 END" for each in expressions)


def _average(call: Call) -> list[Native]:
    numbers = _numbers(call)
    total = " + ".join(f"coalesce({each}, 0)" for each in numbers)
    return call.make(f"({total}) / nullif({_counted(numbers)}, 0)", numeric=True)


def _count_distinct(call: Call) -> list[Native]:
    values = _present(call)
    firsts = []
    for place, each in enumerate(values):
        new = [f"{each} IS NOT NULL", *(f"{each} IS DISTINCT FROM {other}" for other in values[:place])]
        firsts.append(f"CASE WHEN {' AND '.join(new)} THEN 1 ELSE 0 END")
    return call.make(" + ".join(firsts), numeric=True)


def _any(call: Call) -> list[Native]:
    return call.make(f"coalesce({', '.join(_present(call))})")


def _function(name: str, form: str, about: str, *, page: str = "") -> Operation:
    # The guide names the source of these in three ways on its pages.
    parameters = (
        optional("sourceColumn", "column"),
        optional("sourceColumn1", "column"),
        optional("value", "number"),
        optional("value1", "number"),
        TARGET,
    )
    group = ("sourceColumn", "sourceColumn1", "value", "value1")
    return Operation(name, FUNCTION + (page or name), parameters, about, _of_one(form), (group,))


def _two(name: str, form: str, about: str) -> Operation:
    parameters = (
        optional("sourceColumn1", "column"),
        optional("value1", "number"),
        optional("sourceColumn2", "column"),
        optional("value2", "number"),
        TARGET,
    )
    groups = (("sourceColumn1", "value1"), ("sourceColumn2", "value2"))
    return Operation(name, FUNCTION + name, parameters, about, _of_two(form), groups)


def _several(name: str, about: str, steps: Steps) -> Operation:
    return Operation(name, FUNCTION + name, (required("sourceColumns", "columns"), TARGET), about, steps)


STRINGS = (optional("trueString", "text", default="true"), optional("falseString", "text", default="false"))

OPERATIONS = (
    _function("ABSOLUTE", "abs({0})", "How far a number is from zero."),
    _function("CEILING", "ceil({0})", "The smallest whole number that is not smaller."),
    _function("FLOOR", "floor({0})", "The largest whole number that is not larger."),
    _function("ROUND", "floor({0} + 0.5)", "The nearest whole number; a half goes up, as the guide says."),
    _function("NEGATE", "0 - {0}", "The number with the other sign."),
    _function("SIGN", "sign({0})", "-1, 0 or 1."),
    _function("EXPONENT", "exp({0})", "e to the power of the number."),
    _function("LN", "CASE WHEN {0} > 0 THEN ln({0}) END", "The natural logarithm; null for what has none."),
    _function("SQUARE_ROOT", "CASE WHEN {0} >= 0 THEN sqrt({0}) END", "The square root; null for what has none."),
    _function("DEGREES", f"{{0}} * 180 / {PI}", "Radians as degrees."),
    _function("RADIANS", f"{{0}} * {PI} / 180", "Degrees as radians."),
    Operation(
        "LOG",
        f"{FUNCTION}LOG",
        (SOURCE, TARGET, optional("base", "number", default=10.0)),
        "The logarithm to the base, 10 when none is given; null for what has none.",
        _log,
    ),
    Operation(
        "POWER",
        f"{FUNCTION}POWER",
        (optional("sourceColumn", "column"), optional("value", "number"), TARGET, required("exponent", "number")),
        "The number to the power of the exponent.",
        _power,
        (EITHER,),
    ),
    Operation("PI", f"{FUNCTION}PI", (TARGET,), "3.141592653589793.", _pi),
    _two("ADD", "{0} + {1}", "The sum of both."),
    _two("SUBTRACT", "{0} - {1}", "The first without the second."),
    _two("MULTIPLY", "{0} * {1}", "The product of both."),
    _two("DIVIDE", "{0} / nullif({1}, 0)", "The first divided by the second; null for a division by zero."),
    _two(
        "MOD",
        "{0} % nullif({1}, 0)",
        "What a division leaves over, with the sign of the first, as in Spark; the guide calls it a percentage.",
    ),
    Operation(
        "IS_EVEN",
        f"{FUNCTION}ISEVEN",
        (SOURCE, TARGET, *STRINGS),
        "Says whether the number is even; one with a fraction is not.",
        _parity(0),
    ),
    Operation(
        "IS_ODD",
        f"{FUNCTION}ISODD",
        (SOURCE, TARGET, *STRINGS),
        "Says whether the number is odd; one with a fraction is not.",
        _parity(1),
    ),
    _several("MAX", "The largest number of the columns; what is no number is left out.", _extreme("greatest")),
    _several("MIN", "The smallest number of the columns; what is no number is left out.", _extreme("least")),
    _several("SUM", "The sum of the columns; what is no number counts as 0.", _sum),
    _several("AVERAGE", "The mean of the columns; what is no number is left out.", _average),
    _several("COUNT", "How many of the columns have a value.", _count),
    _several("COUNT_DISTINCT", "How many different values the columns have.", _count_distinct),
    _several("ANY", "The first of the columns' values that is there: the guide leaves open which one.", _any),
)
