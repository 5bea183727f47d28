"""The two sides of a forecast, and the keys on which they may meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from antechamber.catalog import namespace, open_catalog
from antechamber.collaborate.files import view
from antechamber.declare import Connector, Declarations
from antechamber.errors import AntechamberError
from antechamber.job import connector_of

HASHED = ("sha256", "hmac-sha256", "tokenize")
"""Protections that leave equal identities equal: what is protected by them can be joined on."""


@dataclass(frozen=True)
class Side:
    """A connector and its published table."""

    connector: Connector
    table: Table

    @property
    def name(self) -> str:
        """The connector's name."""
        return self.connector.connector

    def view(self, name: str, columns: Sequence[str]) -> str:
        """The CREATE VIEW of these columns of the table's current snapshot. Raises QueryFailed."""
        return view(name, self.table, columns).sql


@dataclass(frozen=True)
class MatchKey:
    """One or several columns that are compared together. left, right: what each side calls them."""

    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def name(self) -> str:
        """`email`, `email+postal_code`, `email=mail`."""
        pairs = zip(self.left, self.right, strict=True)
        return "+".join(a if a == b else f"{a}={b}" for a, b in pairs)

    @classmethod
    def of(cls, text: str) -> MatchKey:
        """A key from what a user wrote: `email`, `email+postal_code`, `email=mail`."""
        pairs = [part.partition("=") for part in text.split("+")]
        return cls(tuple(a for a, _, _ in pairs), tuple(b or a for a, _, b in pairs))


def open_side(declared: Declarations, name: str) -> Side:
    """A connector whose table is there. Raises AntechamberError."""
    connector = connector_of(declared, name)
    space = namespace(connector.tenant, declared.workspace.tenants[connector.tenant])
    try:
        table = open_catalog(declared.workspace, declared.root).load_table((space, connector.table.name))
    except NoSuchTableError:
        raise AntechamberError(
            "nothing is published yet", where=name, remedy=f"antechamber run {name}, then ask again"
        ) from None
    return Side(connector, table)


def keys_of(left: Connector, right: Connector | None, chosen: Sequence[str] = ()) -> list[MatchKey]:
    """The keys that were chosen, or those that both have by the same name, and each pair of these.

    right: None for a sketch of the left side alone. Raises AntechamberError: there is none, or a side lacks it.
    """
    right = right or left
    if chosen:
        keys = [MatchKey.of(each) for each in chosen]
        for key in keys:
            for connector, columns in ((left, key.left), (right, key.right)):
                if unknown := [column for column in columns if column not in connector.published]:
                    raise AntechamberError(
                        f"'{unknown[0]}' is not a published column",
                        where=connector.connector,
                        remedy=f"use one of {', '.join(connector.published)}",
                    )
        return keys
    theirs = _joinable(right)
    single = [name for name in _joinable(left) if name in theirs]
    if not single:
        raise AntechamberError(
            "they have no hashed column of the same name",
            where=f"{left.connector}, {right.connector}",
            remedy="name what is to be compared: --key email=mail",
        )
    every = [(name,) for name in single] + list(combinations(single, 2))
    return [MatchKey(names, names) for names in every]


def notes_on(key: MatchKey, left: Connector, right: Connector) -> list[str]:
    """Why values of a key cannot be equal, whatever the data: they are made in different ways."""
    found = []
    for a, b in zip(key.left, key.right, strict=True):
        mine, theirs = left.published[a], right.published[b]
        for what in ("type", "protect", "standard", "encoding"):
            said = [_said(connector, column, what) for connector, column in ((left, mine), (right, theirs))]
            if said[0] != said[1]:
                found.append(f"{key.name}: {what} is {said[0]} here and {said[1]} there")
    return found


def _said(connector: Connector, column: object, what: str) -> object:
    own = getattr(column, what, None)
    return getattr(connector, what, None) if own is None and what == "standard" else own


def _joinable(connector: Connector) -> list[str]:
    return [name for name, column in connector.published.items() if column.protect in HASHED]
