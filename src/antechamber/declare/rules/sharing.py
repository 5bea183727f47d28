"""Rules of `share:`.

Sources: AWS Clean Rooms user guide, analysis rules; botocore 1.44.5, model `cleanrooms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.aggregating import SCALAR_FUNCTIONS, aggregation_rules
from antechamber.declare.rules.custom import custom_rules
from antechamber.declare.rules.listing import list_rules
from antechamber.declare.rules.names import flaw_of_shared_name
from antechamber.declare.rules.table import published
from antechamber.declare.share import Rule, Share

__all__ = ["SCALAR_FUNCTIONS", "share_rules"]

KINDS = tuple(Rule.model_fields)
"""The keys of `rule:`, of which one is there."""


def share_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of all shares of a connector."""
    rules: list[Callable[[Connector, Share, KeyPath], Iterator[Mistake]]] = [
        _columns_published, _column_names, _one_rule, _additional_analyses,
    ]  # fmt: skip
    places = [(share, ("share", place)) for place, share in enumerate(connector.share)]
    return [
        _once_each(connector),
        *(rule(connector, share, at) for share, at in places for rule in rules),
        *(each for share, at in places for each in _of_the_rule(connector, share, at)),
        *(_table_name(connector, share, at) for share, at in places),
    ]


def _of_the_rule(connector: Connector, share: Share, at: KeyPath) -> Iterator[Iterator[Mistake]]:
    read = share.__dict__.get("rule")
    rule = {} if read is None else read.__dict__
    if rule.get("aggregation") is not None:
        yield from aggregation_rules(connector, share, rule["aggregation"], (*at, "rule", "aggregation"))
    if rule.get("list") is not None:
        yield from list_rules(connector, share, rule["list"], (*at, "rule", "list"))
    if rule.get("custom") is not None:
        yield from custom_rules(connector, share, rule["custom"], (*at, "rule", "custom"))


def _one_rule(_: Connector, share: Share, at: KeyPath) -> Iterator[Mistake]:
    rule = share.rule
    given = [kind for kind in KINDS if getattr(rule, kind) is not None]
    if not given:
        yield Mistake((*at, "rule"), "there is no analysis rule", f"write one of {', '.join(KINDS)}")
    for kind in given[1:]:
        yield Mistake(
            (*at, "rule", kind), f"there is a rule before, {given[0]}", "a table has one rule; remove one of them"
        )


def _additional_analyses(_: Connector, share: Share, at: KeyPath) -> Iterator[Mistake]:
    said = share.collaboration_rule
    if said is None or not said.additional_analyses:
        return
    if share.rule.only.additional_analyses not in ("ALLOWED", "REQUIRED"):
        yield Mistake(
            (*at, "collaboration_rule", "additional_analyses"),
            "the table's rule does not allow additional analyses",
            "write additional_analyses: ALLOWED under the rule, or remove the list",
        )


def _once_each(connector: Connector) -> Iterator[Mistake]:
    names = [share.__dict__.get("collaboration", f"\0{place}") for place, share in enumerate(connector.share)]
    for place, name in repeated(names):
        yield Mistake(
            ("share", place, "collaboration"),
            f"the table is shared in {show(name)} before",
            "keep one share of a table in a collaboration",
        )


def _columns_published(connector: Connector, share: Share, at: KeyPath) -> Iterator[Mistake]:
    columns = published(connector)
    for place, name in enumerate(share.columns):
        if name in columns:
            continue
        dropped = name in connector.columns
        yield Mistake(
            (*at, "columns", place),
            f"{show(name)} is dropped, so it cannot be shared"
            if dropped
            else f"{show(name)} is not a published column",
            "remove protect: drop, or do not share it"
            if dropped
            else choose(name, columns) or "publish a column first",
        )
    for place, name in repeated(share.columns):
        yield Mistake((*at, "columns", place), f"{show(name)} is in the list before", "remove it")


def _column_names(_: Connector, share: Share, at: KeyPath) -> Iterator[Mistake]:
    for place, name in enumerate(share.columns):
        flaw = flaw_of_shared_name(name, column=True)
        if flaw is not None:
            yield Mistake((*at, "columns", place), *flaw)


def _table_name(connector: Connector, share: Share, at: KeyPath) -> Iterator[Mistake]:
    name = share.name or connector.table.name
    flaw = flaw_of_shared_name(name, column=False)
    if flaw is not None:
        yield Mistake((*at, "name") if share.name else ("table", "name"), *flaw)
