"""Rules of `share.rule.list`.

Sources: AWS Clean Rooms user guide, *List analysis rule*; botocore 1.44.5, model `cleanrooms`.
"""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.joining import join_columns, join_operators
from antechamber.declare.share import ListRule, Share


def list_rules(connector: Connector, share: Share, rule: ListRule, at: KeyPath) -> list[Iterator[Mistake]]:
    """Every rule of a list rule. at: where it stands."""
    return [
        listed_columns(share, rule.__dict__.get("columns", ()), (*at, "columns")),
        listed_columns(share, rule.__dict__.get("join", ()), (*at, "join")),
        _apart(rule, at),
        join_columns(connector, rule, at),
        join_operators(rule, at),
    ]


def listed_columns(share: Share, names: tuple[str, ...], at: KeyPath) -> Iterator[Mistake]:
    """Columns of a rule are shared, and each stands there once. at: where the list stands."""
    for place, name in enumerate(names):
        if name not in share.columns:
            yield Mistake(
                (*at, place),
                f"{show(name)} is not a shared column",
                choose(name, share.columns) or "add it to columns",
            )
    for place, name in repeated(names):
        yield Mistake((*at, place), f"{show(name)} is in the list before", "remove it")


def _apart(rule: ListRule, at: KeyPath) -> Iterator[Mistake]:
    for place, name in enumerate(rule.columns):
        if name in rule.join:
            yield Mistake((*at, "columns", place), f"{show(name)} is a join column", "let it be one of them")
