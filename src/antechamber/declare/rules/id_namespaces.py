"""Rules of `id_namespace:`.

Source: AWS Entity Resolution API reference, IdNamespaceRuleBasedProperties (rules of matching keys).
"""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.references import LOSSY
from antechamber.declare.rules.table import protection, published


def id_namespace_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of a connector's ID namespace."""
    return [_id_published(connector), _keys_published(connector)]


def _id_published(connector: Connector) -> Iterator[Mistake]:
    space = connector.id_namespace
    if space is None:
        return
    columns = published(connector)
    if space.id not in columns:
        remedy = choose(space.id, columns) or "publish a column with the ids"
        yield Mistake(("id_namespace", "id"), f"{show(space.id)} is not a published column", remedy)
    elif (found := protection(columns[space.id])) in LOSSY:
        yield Mistake(
            ("id_namespace", "id"),
            f"under `protect: {found}` several records get one id",
            "choose another column, or sha256, hmac-sha256 or tokenize",
        )


def _keys_published(connector: Connector) -> Iterator[Mistake]:
    space = connector.id_namespace
    if space is None:
        return
    types = dict.fromkeys(column.type for column in published(connector).values() if protection(column) not in LOSSY)
    for number, rule in enumerate(space.rules):
        for place, key in enumerate(rule.keys):
            if key not in types:
                yield Mistake(
                    ("id_namespace", "rules", number, "keys", place),
                    f"no published column that keeps its values apart is of the type {show(key)}",
                    choose(key, types) or "name the type of a column",
                )
        for place, key in repeated(rule.keys):
            yield Mistake(
                ("id_namespace", "rules", number, "keys", place), f"{show(key)} is in the list before", "remove it"
            )
