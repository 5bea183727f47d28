"""Rules of the join columns and join operators of a `share:`."""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.table import protection
from antechamber.declare.share import AggregationRule, ListRule


def join_columns(connector: Connector, rule: AggregationRule | ListRule, at: KeyPath) -> Iterator[Mistake]:
    """A join column's values meet their equals. at: where the rule stands."""
    for place, name in enumerate(rule.join):
        column = connector.columns.get(name)
        if column is not None and protection(column) == "noise":
            yield Mistake(
                (*at, "join", place),
                f"{show(name)} has noise: no value of it would ever meet its equal",
                "join on another column",
            )


def join_operators(rule: AggregationRule | ListRule, at: KeyPath) -> Iterator[Mistake]:
    """The operators are there, each once."""
    if rule.join_operators == () and "join_operators" in rule.model_fields_set and rule.join:
        yield Mistake((*at, "join_operators"), "the list is empty", "write [AND], or remove the key")
    for place, name in repeated(rule.join_operators):
        yield Mistake((*at, "join_operators", place), f"{show(name)} is in the list before", "remove it")
