"""Functions that choose among values, and functions of arrays: Spark's, in DuckDB. Source: Spark SQL 3.5."""

from __future__ import annotations

from collections.abc import Callable

from antechamber.collaborate.custom.function import ARRAY, SIMPLE, STRING, Function, function
from antechamber.collaborate.custom.term import common
from antechamber.collaborate.functions import Call
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import BOOLEAN, INTEGER, TEXT, Type, Value


def agreed(call: Call, first: int = 0) -> Type:
    """The type of a choice between the arguments from `first` on. Raises QueryRefused when they differ in kind."""
    type_ = common([argument.type for argument in call.arguments[first:]])
    if type_ is None or type_.kind == "other":
        raise refusal(call.clause, f"the arguments of {call.name} are of different types", "CAST them to one type")
    return type_


def _first_filled(call: Call) -> Value:
    call.count(1, 100)
    return Value(f"coalesce({', '.join(each.sql for each in call.arguments)})", agreed(call))


def _nvl2(call: Call) -> Value:
    call.count(3)
    test, filled, empty = (each.sql for each in call.arguments)
    return Value(f"(CASE WHEN {test} IS NOT NULL THEN {filled} ELSE {empty} END)", agreed(call, 1))


def _nullif(call: Call) -> Value:
    call.count(2)
    agreed(call)
    return Value(f"nullif({call.arguments[0].sql}, {call.arguments[1].sql})", call.arguments[0].type)


def _extreme(name: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(2, 100)
        return Value(f"{name}({', '.join(each.sql for each in call.arguments)})", agreed(call))

    return build


def _is_null(test: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(1)
        return Value(f"({call.arguments[0].sql} {test})", BOOLEAN)

    return build


def _array(call: Call) -> Value:
    call.count(1, 100)
    type_ = agreed(call)
    if type_.kind not in SIMPLE:
        raise refusal(call.clause, "an array holds values of one simple type", "")
    return Value(f"[{', '.join(each.sql for each in call.arguments)}]", Type("list", f"{type_.sql}[]"))


def _member(template: str, gives: Type | int) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(2)
        array = call.of(0, ARRAY)
        if f"{call.arguments[1].type.sql}[]" != call.arguments[0].type.sql:
            raise refusal(call.clause, f"{call.name} looks for a value of another type than the array's", "CAST it")
        sql = template.format(array, call.of(1, SIMPLE))
        return Value(sql, gives if isinstance(gives, Type) else call.arguments[gives].type)

    return build


def _two(template: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(2)
        first, second = call.of(0, ARRAY), call.of(1, ARRAY)
        if call.arguments[0].type != call.arguments[1].type:
            raise refusal(call.clause, f"the arrays of {call.name} are of different types", "CAST their values")
        return Value(template.format(first, second), call.arguments[0].type)

    return build


def _joined(call: Call) -> Value:
    call.count(2)
    if call.arguments[0].type.sql != "VARCHAR[]":
        raise refusal(call.clause, "ARRAY_JOIN joins texts", "CAST the values to STRING")
    return Value(f"array_to_string({call.of(0, ARRAY)}, {call.of(1, STRING)})", TEXT)


CHOICE_FUNCTIONS: dict[str, Function] = {
    "COALESCE": Function(_first_filled),
    **dict.fromkeys(("NVL", "IFNULL"), Function(_first_filled)),
    "NVL2": Function(_nvl2),
    "NULLIF": Function(_nullif, compares=True),
    "GREATEST": Function(_extreme("greatest"), compares=True),
    "LEAST": Function(_extreme("least"), compares=True),
    "ISNULL": Function(_is_null("IS NULL")),
    "ISNOTNULL": Function(_is_null("IS NOT NULL")),
    "ARRAY": Function(_array),
    "ARRAY_CONTAINS": Function(_member("list_contains({0}, {1})", BOOLEAN), compares=True),
    "ARRAY_REMOVE": Function(_member("list_filter({0}, lambda x: x <> {1})", 0), compares=True),
    "ARRAY_DISTINCT": function("list_sort(list_distinct({0}))", ARRAY, gives=0),
    "ARRAY_SORT": function("list_sort({0}, 'ASC', 'NULLS LAST')", ARRAY, gives=0),
    "ARRAY_INTERSECT": Function(_two("list_sort(list_intersect({0}, {1}))"), compares=True),
    "ARRAY_UNION": Function(_two("list_sort(list_distinct(list_concat({0}, {1})))")),
    "ARRAY_JOIN": Function(_joined),
    **dict.fromkeys(("SIZE", "CARDINALITY"), function("coalesce(len({0}), -1)", ARRAY, gives=INTEGER)),
}  # fmt: skip
"""Name → function."""
