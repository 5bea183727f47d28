"""What a function of Spark is here: how its call is written for DuckDB, and what the controls must know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from antechamber.collaborate.casts import cast
from antechamber.collaborate.functions import Call
from antechamber.collaborate.values import TEXT, Kind, Type, Value

NUMBER: frozenset[Kind] = frozenset({"integer", "decimal", "float"})
WHOLE: frozenset[Kind] = frozenset({"integer"})
STRING: frozenset[Kind] = frozenset({"text"})
BYTES: frozenset[Kind] = frozenset({"binary"})
STRING_OR_BYTES = STRING | BYTES
TIME: frozenset[Kind] = frozenset({"date", "timestamp"})
TRUTH: frozenset[Kind] = frozenset({"boolean"})
ARRAY: frozenset[Kind] = frozenset({"list"})
SIMPLE: frozenset[Kind] = NUMBER | STRING | TIME | TRUTH | BYTES


@dataclass(frozen=True)
class Function:
    """A scalar function.

    build: a call → its value; raises QueryRefused.
    strict: whether it is allowed beside thresholds and comparison controls.
    compares: whether it compares its arguments with each other, so that it is a comparison.
    shapes: places of arguments whose literals say how, and not with what, the others are changed.
    fails: whether DuckDB may fail on a value, where Spark gives NULL.
    chance: whether two calls with the same arguments differ.
    """

    build: Callable[[Call], Value]
    strict: bool = True
    compares: bool = False
    shapes: frozenset[int] = frozenset()
    fails: bool = False
    chance: bool = False


def function(
    template: str,
    *kinds: frozenset[Kind],
    gives: Type | int,
    optional: int = 0,
    strict: bool = True,
    compares: bool = False,
    shapes: tuple[int, ...] = (),
    fails: bool = False,
) -> Function:
    """A function with one template for DuckDB.

    template: with {0}, {1}, … for the arguments; those that are left out are the empty text.
    kinds: of each argument; the last `optional` ones may be left out.
    gives: the type of its value, or the place of the argument whose type it has.
    """

    def build(call: Call) -> Value:
        call.count(len(kinds) - optional, len(kinds))
        texts = [call.of(place, kinds[place]) for place in range(len(call.arguments))]
        texts += [""] * (len(kinds) - len(texts))
        return Value(template.format(*texts), gives if isinstance(gives, Type) else call.arguments[gives].type)

    return Function(build, strict, compares, frozenset(shapes), fails)


def loose(entry: Function) -> Function:
    """The same function, which AWS does not list beside thresholds and comparison controls."""
    return Function(entry.build, False, entry.compares, entry.shapes, entry.fails, entry.chance)


def as_text(value: Value, clause: str) -> str:
    """The DuckDB text of a value as Spark would turn it into a string."""
    return value.sql if value.type.kind in ("text", "null") else cast(value, TEXT, clause).sql
