"""How a relation is cut into parts that are read in parallel: ranges of a key, of about equal numbers of records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from antechamber.connect.relational.database import Database, Session
from antechamber.connect.relational.relation import Column, Relation
from antechamber.errors import SourceError

ROWS_WORTH_A_PART = 50_000
PARTS_PER_CONNECTION = 2
EVERYTHING = ("1 = 1",)


def key_of(relation: Relation, partition_on: str | None) -> Column | None:
    """The declared key. Raises SourceError for one that cannot be cut into ranges."""
    if partition_on is None:
        return None
    key = relation.column(partition_on, declared_as="partition_on")
    if not key.cut:
        raise SourceError(
            f"the column '{key.name}' is of type {key.declared}, which cannot be cut into ranges",
            where=relation.name,
            remedy="name a number, date, timestamp, uuid or text column as partition_on",
        )
    return key


def wanted(expected: int | None, connections: int) -> int:
    """How many parts are worth while. expected: records, if known."""
    if connections == 1 or expected is None:
        return 1
    return max(1, min(connections * PARTS_PER_CONNECTION, expected // ROWS_WORTH_A_PART))


def cut(
    database: Database, session: Session, relation: Relation, where: str, key: Column, *, expected: int, parts: int
) -> tuple[str, ...]:
    """Conditions on alias `t`, each record of the relation meeting exactly one."""
    values = quantiles(database.weights(session, relation, where, key, expected), parts)
    edges = [database.dialect.constant(value, key) for value in values]
    return between(f"t.{database.dialect.identifier(key.name)}", edges, nulls=not key.required)


def between(column: str, edges: Sequence[str], *, nulls: bool) -> tuple[str, ...]:
    """Half-open ranges between ascending edges; the first takes the nulls too."""
    if not edges:
        return EVERYTHING
    first = f"({column} < {edges[0]}" + (f" OR {column} IS NULL)" if nulls else ")")
    middle = [f"({column} >= {low} AND {column} < {high})" for low, high in pairwise(edges)]
    return (first, *middle, f"({column} >= {edges[-1]})")


def quantiles(weights: Sequence[tuple[str, float]], parts: int) -> list[str]:
    """Values before which a wanted share of the weight lies. A value heavier than a part gets one of its own."""
    total = sum(share for _, share in weights)
    cuts: list[str] = []
    before, last = 0.0, 0.0
    for index, (value, share) in enumerate(weights):
        full = before - last >= total / parts * 0.98
        heavy = share >= total / parts and before > last
        if index and (full or heavy):
            cuts.append(value)
            last = before
        before += share
    return cuts


def weighed(values: Sequence[str]) -> list[tuple[str, float]]:
    """A sorted sample as (value, share)."""
    shares: dict[str, float] = {}
    for value in values:
        shares[value] = shares.get(value, 0.0) + 1 / len(values)
    return list(shares.items())
