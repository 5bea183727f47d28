"""ID mapping: pairs of ids whose records agree, as a rule-based workflow of AWS Entity Resolution finds them.

The values that are compared are the published ones: normalised, protected, and equal only where both sides were
prepared alike. Sources: AWS Entity Resolution API reference, *IdMappingRuleBasedProperties* (attributeMatchingModel,
recordMatchingModel, rules) and AWS Entity Resolution user guide, *Creating an ID mapping workflow (rule-based)*.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pyarrow as pa

from antechamber.collaborate.engine import Limits, run
from antechamber.collaborate.hive import ReadTable
from antechamber.collaborate.opened import Wanted, opened
from antechamber.collaborate.values import quoted
from antechamber.declare import BY_STANDARD, Connector
from antechamber.declare.id_namespace import IdNamespace
from antechamber.declare.rules.references import LOSSY, aspects
from antechamber.errors import DeclarationError

MOST_WAYS = 64
"""Joins that the rules may come to, once every choice between columns of a type is written out."""

Pair = tuple[str, str]
"""A column of the source and the column of the target that it is compared with."""


@dataclass(frozen=True)
class Namespace:
    """The ids of one member.

    table: the published one; None before the first run.
    """

    connector: Connector
    space: IdNamespace
    table: ReadTable | None


@dataclass(frozen=True)
class Matching:
    """What is executed.

    sql: gives `source_id` and `target_id` from the views `source` and `target`.
    source, target: the columns that those have.
    """

    sql: str
    source: tuple[str, ...]
    target: tuple[str, ...]


def matching(source: Namespace, target: Namespace) -> Matching:
    """How the ids of two namespaces are mapped. Raises DeclarationError when their columns cannot be compared."""
    ways = [
        (place, pairs) for place, rule in enumerate(_rules(source, target)) for pairs in _ways(rule, source, target)
    ]
    if len(ways) > MOST_WAYS:
        raise _wrong(source, f"its rules come to more than {MOST_WAYS} ways to match", "name fewer keys a rule")
    branches = [
        f"SELECT s.{_id(source)} AS source_id, t.{_id(target)} AS target_id, {place} AS place\n"  # noqa: S608 - names
        f"  FROM source AS s JOIN target AS t ON {' AND '.join(_equal(pair) for pair in pairs)}"
        for place, pairs in ways
    ]
    found = "\nUNION ALL\n".join(branches)
    # The first rule that finds somebody decides; among several, the smallest id, so that every run gives the same.
    sql = (
        f"SELECT source_id, target_id, min(place) AS place FROM ({found}) AS found\n"  # noqa: S608 - our own text
        "WHERE source_id IS NOT NULL AND target_id IS NOT NULL GROUP BY source_id, target_id\n"
        "QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY min(place), target_id) = 1"
    )
    if "one-source-to-one-target" in (source.space.records, target.space.records):
        sql = (
            f"SELECT source_id, target_id FROM ({sql}) AS one\n"  # noqa: S608 - our own text
            "QUALIFY row_number() OVER (PARTITION BY target_id ORDER BY place, source_id) = 1"
        )
    columns = [dict.fromkeys([source.space.id]), dict.fromkeys([target.space.id])]
    for pair in (pair for _, pairs in ways for pair in pairs):
        for side, column in zip(columns, pair, strict=True):
            side[column] = None
    mine, theirs = (tuple(side) for side in columns)
    return Matching(f"SELECT source_id, target_id FROM ({sql}) AS mapped", mine, theirs)  # noqa: S608 - our own text


def mapped(source: Namespace, target: Namespace, limits: Limits) -> pa.Table:
    """The pairs. Raises DeclarationError as `matching` does, QueryFailed when it cannot be done within the limits."""
    how = matching(source, target)
    with opened(_wanted(source, target, how.source, how.target), limits) as views:
        return run(how.sql, views, limits)


def without_gone(pairs: ReadTable, source: Namespace, target: Namespace, limits: Limits) -> pa.Table:
    """Those pairs whose ids are still in both tables. Raises as `mapped` does."""
    sql = (
        "SELECT source_id, target_id FROM pairs AS p\n"  # noqa: S608 - names of declared columns, quoted
        f"SEMI JOIN source AS s ON p.source_id = s.{_id(source)}\n"
        f"SEMI JOIN target AS t ON p.target_id = t.{_id(target)}"
    )
    wanted = _wanted(source, target, (source.space.id,), (target.space.id,))
    with opened([*wanted, ("pairs", pairs, ("source_id", "target_id"))], limits) as views:
        return run(sql, views, limits)


def _wanted(source: Namespace, target: Namespace, mine: tuple[str, ...], theirs: tuple[str, ...]) -> list[Wanted]:
    return [
        (name, _published(space), columns)
        for name, space, columns in (("source", source, mine), ("target", target, theirs))
    ]


def _published(space: Namespace) -> ReadTable:
    if space.table is None:
        raise _wrong(space, "its table is not published yet", f"antechamber run {space.connector.connector}")
    return space.table


def _id(space: Namespace) -> str:
    return quoted(space.space.id) + "::VARCHAR"


def _equal(pair: Pair) -> str:
    return f"s.{quoted(pair[0])} = t.{quoted(pair[1])}"


def _rules(source: Namespace, target: Namespace) -> list[tuple[str, ...]]:
    """The rules: the source's, else the target's, else every type that both have and that can be compared."""
    for space in (source, target):
        if space.space.rules:
            return [rule.keys for rule in space.space.rules]
    both = [key for key in _types(source) if key in _types(target) and key in BY_STANDARD]
    found: list[tuple[str, ...]] = [(key,) for key in both if _pairs(key, source, target)]
    if not found:
        raise _wrong(source, f"it has no match key in common with {target.connector.connector}", "declare rules:")
    return found


def _types(space: Namespace) -> dict[str, list[str]]:
    """Type → the published columns of it whose values are kept apart."""
    found: dict[str, list[str]] = {}
    for name, column in space.connector.published.items():
        if column.protect not in LOSSY:
            found.setdefault(column.type, []).append(name)
    return found


def _ways(rule: tuple[str, ...], source: Namespace, target: Namespace) -> list[tuple[Pair, ...]]:
    """A rule as alternatives, of each of which all pairs of columns are equal."""
    choices = []
    for key in rule:
        pairs = _pairs(key, source, target)
        if not pairs:
            raise _wrong(
                source,
                f"no column of the type {key} is prepared as one of {target.connector.connector} is",
                "give both the same standard, protection and secret, or leave the key out of rules:",
            )
        choices.append(pairs)
    return list(product(*choices))


def _pairs(key: str, source: Namespace, target: Namespace) -> list[Pair]:
    """The columns of a type that can be compared: prepared alike and, of one-to-one, of one name."""
    by_name = "one-to-one" in (source.space.attributes, target.space.attributes)
    return [
        (mine, theirs)
        for mine in _types(source).get(key, ())
        for theirs in _types(target).get(key, ())
        if (mine == theirs or not by_name) and _prepared(source, mine) == _prepared(target, theirs)
    ]


def _prepared(space: Namespace, name: str) -> dict[str, object]:
    """All that two columns must have in common for equal people to have equal values."""
    column = space.connector.columns[name]
    standard = column.standard or space.connector.standard if column.type in BY_STANDARD else ""
    return {**aspects(space.connector, name), "standard": standard}


def _wrong(space: Namespace, what: str, remedy: str) -> DeclarationError:
    return DeclarationError(what, where=f"connector {space.connector.connector}: id_namespace", remedy=remedy)
