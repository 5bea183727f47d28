"""Rules of `share.rule.aggregation`.

Sources: AWS Clean Rooms user guide, *Aggregation analysis rule*; botocore 1.44.5, model `cleanrooms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antechamber.declare.connector import Column, Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.joining import join_columns, join_operators
from antechamber.declare.rules.table import protection
from antechamber.declare.share import AggregationRule, Minimum, Share

SCALAR_FUNCTIONS = (
    "ABS", "CAST", "CEILING", "COALESCE", "CONVERT", "CURRENT_DATE", "DATEADD", "EXTRACT", "FLOOR", "GETDATE", "LN",
    "LOG", "LOWER", "ROUND", "RTRIM", "SQRT", "SUBSTRING", "TO_CHAR", "TO_DATE", "TO_NUMBER", "TO_TIMESTAMP", "TRIM",
    "TRUNC", "UPPER",
)  # fmt: skip
"""Scalar functions that a rule of AWS Clean Rooms can allow (shape ScalarFunctions)."""

NUMBERS = ("integer", "decimal", "float")


def aggregation_rules(
    connector: Connector, share: Share, rule: AggregationRule, at: KeyPath
) -> list[Iterator[Mistake]]:
    """Every rule of an aggregation rule. at: where it stands."""
    rules: list[Callable[[Connector, Share, AggregationRule, KeyPath], Iterator[Mistake]]] = [
        _rule_columns, _roles, _join, _functions, _sums, _minimums, _reachable,
    ]  # fmt: skip
    return [each(connector, share, rule, at) for each in rules]


def _uses(rule: AggregationRule, at: KeyPath) -> Iterator[tuple[str, KeyPath, str]]:
    """(role, where, column) of every column that the rule names, as far as it can be read."""
    read = rule.__dict__
    for place, aggregate in enumerate(read.get("aggregate", ())):
        for position, name in enumerate(aggregate.__dict__.get("columns", ())):
            yield "aggregate", (*at, "aggregate", place, "columns", position), name
    for role in ("join", "dimensions"):
        for position, name in enumerate(read.get(role, ())):
            yield role, (*at, role, position), name
    for path, minimum in _minimums_of(rule, at):
        if "column" in minimum.__dict__:
            yield "minimum", (*path, "column"), minimum.column


def _minimums_of(rule: AggregationRule, at: KeyPath) -> list[tuple[KeyPath, Minimum]]:
    if "minimum" not in rule.__dict__:
        return []
    if isinstance(rule.minimum, Minimum):
        return [((*at, "minimum"), rule.minimum)]
    return [((*at, "minimum", place), each) for place, each in enumerate(rule.minimum)]


def _rule_columns(_: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    for _role, path, name in _uses(rule, at):
        if name not in share.columns:
            yield Mistake(
                path, f"{show(name)} is not a shared column", choose(name, share.columns) or "add it to columns"
            )


def _roles(_: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    """A dimension is nothing else: what may be output may not be joined on or counted."""
    uses = [each for each in _uses(rule, at) if each[0] != "minimum"]
    other = {name: role for role, _path, name in uses if role != "dimensions"}
    called = {"aggregate": "an aggregate column", "join": "a join column"}
    for role, path, name in uses:
        if role == "dimensions" and name in other:
            yield Mistake(path, f"{show(name)} is a dimension and {called[other[name]]}", "let it be one of them")
    for role in ("join", "dimensions"):
        listed = [(path, name) for each, path, name in uses if each == role]
        for place, name in repeated(name for _path, name in listed):
            yield Mistake(listed[place][0], f"{show(name)} is in the list before", "remove it")


def _join(connector: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    yield from join_columns(connector, rule, at)
    if rule.join_required and not rule.join:
        yield Mistake(
            (*at, "join_required"),
            "a join is required, and no column may be joined on: no query could be answered",
            "name columns under join:, or remove join_required",
        )
    yield from join_operators(rule, at)


def _functions(_: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    functions = rule.scalar_functions
    path = (*at, "scalar_functions")
    for place, name in enumerate(functions):
        if name not in SCALAR_FUNCTIONS:
            yield Mistake(
                (*path, place), f"{show(name)} is not a scalar function of a rule", choose(name, SCALAR_FUNCTIONS)
            )
    for place, name in repeated(functions):
        yield Mistake((*path, place), f"{show(name)} is in the list before", "remove it")


def _sums(connector: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    """Only numbers can be summed or averaged; a protected column is text."""
    for place, aggregate in enumerate(rule.aggregate):
        function = aggregate.__dict__.get("function", "")
        if not function.startswith(("SUM", "AVG")):
            continue
        for position, name in enumerate(aggregate.columns):
            column = connector.columns.get(name)
            kind = None if column is None else published_as(column)
            if kind is not None and kind not in NUMBERS:
                yield Mistake(
                    (*at, "aggregate", place, "columns", position),
                    f"{function} needs a number, and {show(name)} is published as {kind}",
                    "use COUNT or COUNT DISTINCT, or give the column a type that is a number",
                )


def published_as(column: Column) -> str | None:
    """The type that reaches the table, or None when a mistake hides it."""
    if "type" not in column.__dict__ or "protect" not in column.__dict__:
        return None
    protect = protection(column)
    own = protect in (None, "none", "noise") or (
        protect == "truncate" and column.type in ("date", "timestamp", "date_of_birth")
    )
    return column.type if own else "text"


def _minimums(connector: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    """A threshold that no group can reach would leave every answer empty."""
    minimums = _minimums_of(rule, at)
    if not minimums and "minimum" in rule.__dict__:
        yield Mistake((*at, "minimum"), "the list is empty", "add {column: name, count: 50}")
    for place, name in repeated(each.__dict__.get("column", f"\0{n}") for n, (_, each) in enumerate(minimums)):
        yield Mistake((*minimums[place][0], "column"), f"{show(name)} has a minimum before", "keep the larger one")


def _reachable(connector: Connector, share: Share, rule: AggregationRule, at: KeyPath) -> Iterator[Mistake]:
    for path, minimum in _minimums_of(rule, at):
        column = connector.columns.get(minimum.__dict__.get("column", ""))
        most = None if column is None else most_values(column)
        if most is not None and minimum.__dict__.get("count", 0) > most:
            yield Mistake(
                (*path, "count"),
                f"{show(minimum.column)} has at most {most} values, so {minimum.count} can never be reached",
                "count a column that identifies a person",
            )


def most_values(column: Column) -> int | None:
    """How many different values a published column can have, when the declaration tells."""
    read = column.__dict__
    if read.get("type") == "boolean":
        return 2
    if read.get("type") in ("string", "id") and read.get("one_of"):
        return len(set(read["one_of"]))
    return None
