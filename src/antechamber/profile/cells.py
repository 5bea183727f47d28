"""Small cells: how many records stand alone, or nearly, in the columns that are to be shared as they are."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from antechamber.collaborate.values import quoted
from antechamber.declare import Connector, Share

STEPS = (2, 5, 10, 50)
"""Sizes of groups that are told."""

UNREADABLE = frozenset({"sha256", "hmac-sha256", "tokenize"})
"""Protections that leave nothing that somebody could know of a person from elsewhere."""


@dataclass(frozen=True)
class SmallCells:
    """The groups of records that are equal in all quasi-identifiers of a share.

    columns: the quasi-identifiers: shared columns that are published readably.
    below: size → records in groups of fewer records than that; below[2] are unique.
    """

    collaboration: str
    columns: tuple[str, ...]
    records: int
    groups: int
    smallest: int
    below: dict[int, int]


def small_cells(database: duckdb.DuckDBPyConnection, view: str, connector: Connector) -> list[SmallCells]:
    """The small cells of each share that has quasi-identifiers."""
    return [
        _cells(database, view, share.collaboration, columns)
        for share in connector.share
        if (columns := quasi_identifiers(connector, share))
    ]


def quasi_identifiers(connector: Connector, share: Share) -> tuple[str, ...]:
    """Shared columns whose values can be read, and are no record's key: together they may point at one person."""
    return tuple(
        name
        for name in share.columns
        if connector.published[name].protect not in UNREADABLE and name not in connector.table.keys
    )


def _cells(
    database: duckdb.DuckDBPyConnection, view: str, collaboration: str, columns: tuple[str, ...]
) -> SmallCells:
    names = ", ".join(quoted(name) for name in columns)
    asked = ", ".join(f"coalesce(sum(n) FILTER (n < {size}), 0)" for size in STEPS)
    row = database.execute(
        f"SELECT coalesce(sum(n), 0), count(*), coalesce(min(n), 0), {asked} "  # noqa: S608 - quoted
        f"FROM (SELECT count(*) AS n FROM {quoted(view)} GROUP BY {names})"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has a row
    records, groups, smallest, *below = (int(value) for value in row)
    return SmallCells(collaboration, columns, records, groups, smallest, dict(zip(STEPS, below, strict=True)))
