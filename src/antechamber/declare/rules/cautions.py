"""Warnings: what is allowed, and may not be what was wanted."""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import IDENTITY_TYPES, Connector
from antechamber.declare.mistake import KeyPath, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.names import IN_QUOTES
from antechamber.declare.share import AggregationRule, CustomRule, Share
from antechamber.declare.source import DatabaseSource
from antechamber.declare.workspace import Workspace

Caution = tuple[KeyPath, str]
"""Where, and one sentence without a full stop."""

FEW = 10
"""A minimum below this hides little. Source: common practice of statistical disclosure control, where cells of
fewer than 5 to 10 persons are suppressed."""


def connector_cautions(connector: Connector) -> Iterator[Caution]:
    """Warnings about one connector that has no mistakes."""
    for name in connector.table.keys:
        protect = connector.columns[name].protect
        if protect == "mask":
            yield ("table", "key"), f"{show(name)} is masked: records whose last characters agree replace each other"
        elif protect in ("bucket", "truncate"):
            yield ("table", "key"), f"{show(name)} loses detail: records of one {protect} replace each other"
    yield from _contest_cautions(connector)
    for place, share in enumerate(connector.share):
        yield from _share_cautions(connector, share, ("share", place))


def _contest_cautions(connector: Connector) -> Iterator[Caution]:
    if not isinstance(connector.source, DatabaseSource):
        return
    first = len(connector.all_steps) - len(connector.steps)
    for place, step in enumerate(connector.all_steps):
        if step.contest in ("first", "last"):
            yield (
                ("steps", place - first, step.NAME, "keep") if place >= first else ("recipe",),
                f"a database gives its records in no order of its own: which one is the {step.contest} may change "
                "from run to run; keep the one of the greatest or least value",
            )


def workspace_cautions(workspace: Workspace) -> Iterator[Caution]:
    """Warnings about a workspace that has no mistakes."""
    names = list(workspace.tenants)
    keys = [tenant.key for tenant in workspace.tenants.values()]
    for place, key in repeated(keys):
        other = names[keys.index(key)]
        yield ("tenants", names[place], "key"), f"{show(names[place])} and {show(other)} have the same key"


def _share_cautions(connector: Connector, share: Share, at: KeyPath) -> Iterator[Caution]:
    rule = share.rule
    if rule.aggregation is not None:
        yield from _aggregation_cautions(connector, rule.aggregation, (*at, "rule", "aggregation"))
    if rule.custom is not None:
        yield from _custom_cautions(connector, rule.custom, (*at, "rule", "custom"))
    for position, name in enumerate(share.columns):
        if name in IN_QUOTES:
            yield (*at, "columns", position), f"{show(name)} has to stand in quotes in queries"
    name = share.name or connector.table.name
    if name in IN_QUOTES:
        yield (*at, "name"), f"{show(name)} has to stand in quotes in queries"


def _aggregation_cautions(connector: Connector, rule: AggregationRule, path: KeyPath) -> Iterator[Caution]:
    yield (
        (*path, "minimum"),
        "a minimum alone does not stop differencing: two queries that differ by one person tell about that person",
    )
    single = not isinstance(rule.minimum, tuple)
    for place, minimum in enumerate(rule.minimums):
        where: KeyPath = (*path, "minimum") if single else (*path, "minimum", place)
        if minimum.count < FEW:
            yield (*where, "count"), f"a minimum of {minimum.count} hides little: use {FEW} or more"
        column = connector.columns[minimum.column]
        if column.type not in IDENTITY_TYPES and column.type != "id":
            yield (
                (*where, "column"),
                f"{show(minimum.column)} does not identify a person, so its minimum protects none",
            )


def _custom_cautions(connector: Connector, rule: CustomRule, path: KeyPath) -> Iterator[Caution]:
    threshold = rule.threshold
    if threshold is None:
        if "ANY_QUERY" in rule.analyses and rule.differential_privacy is None:
            yield (
                (*path, "analyses"),
                f"{', '.join(rule.providers)} may read every record: there is no threshold and no privacy budget",
            )
        return
    yield (
        (*path, "threshold"),
        "a threshold alone does not stop differencing: two queries that differ by one person tell about that person",
    )
    if threshold.count < FEW:
        yield (*path, "threshold", "count"), f"a threshold of {threshold.count} hides little: use {FEW} or more"
    column = connector.columns[threshold.identity]
    if column.type not in IDENTITY_TYPES and column.type != "id":
        yield (
            (*path, "threshold", "identity"),
            f"{show(threshold.identity)} does not identify a person, so its threshold protects none",
        )
    if threshold.expressions == "ANY_EXPRESSION":
        yield (
            (*path, "threshold", "expressions"),
            "an aggregate of any expression can single out a few people within a large group",
        )
    if rule.comparisons is None:
        yield path, "without comparisons: every column can be compared, also those that single people out"
