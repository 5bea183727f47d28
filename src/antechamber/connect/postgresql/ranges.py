"""How a table is cut into parts that are read in parallel: ranges of a key, or of the table's blocks."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

from antechamber.connect.postgresql.relation import Column, Relation
from antechamber.connect.postgresql.session import Session, identifier, literal
from antechamber.errors import SourceError

ROWS_WORTH_A_PART = 50_000
PARTS_PER_CONNECTION = 2
SAMPLED_BLOCKS = 300
SAMPLED_ROWS = 30_000
STEPS = 128
ORDERED = frozenset(
    ("int2", "int4", "int8", "numeric", "oid", "float4", "float8", "date", "timestamp", "timestamptz", "time",
     "uuid", "text", "varchar", "bpchar", "name")
)  # fmt: skip
"""Types whose values have a total order and a text that reads back as the same value."""

EVERYTHING = ("true",)


def cut(
    session: Session, relation: Relation, where: str, *, partition_on: str | None, connections: int, version: int
) -> tuple[str, ...]:
    """Conditions on alias `t`, each record of the relation meeting exactly one. Raises SourceError.

    where: the condition that is added to each. version: of the server, as in server_version_num.
    """
    key = relation.column(partition_on, declared_as="partition_on") if partition_on else None
    if key and key.type not in ORDERED:
        raise SourceError(
            f"the column '{key.name}' is of type {key.declared}, which cannot be cut into ranges",
            where=relation.name,
            remedy="name a number, date, timestamp, uuid or text column as partition_on",
        )
    wanted = min(connections * PARTS_PER_CONNECTION, _estimate(session, relation, where) // ROWS_WORTH_A_PART)
    if connections == 1 or wanted < 2:
        return EVERYTHING
    # A scan that starts at a row's place came with PostgreSQL 14; before it, each range would read the whole table.
    # To read all of a table in the order in which it lies costs the server less than any key's order: a key is named
    # for what changed since, and for tables that have no such places.
    if version >= 140000 and relation.heap and relation.alone and relation.kind in ("r", "m") and where == "true":
        return _block_ranges(session, relation, wanted)
    if key:
        return _key_ranges(key, _key_cuts(session, relation, where, key, wanted))
    return EVERYTHING


def _estimate(session: Session, relation: Relation, where: str) -> int:
    """The planner's estimate of the number of records."""
    plan = session.rows(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {relation.source} AS t WHERE {where}")[0][0]
    parsed = json.loads(plan) if isinstance(plan, str | bytes) else plan
    return int(parsed[0]["Plan"]["Plan Rows"])


def _block_ranges(session: Session, relation: Relation, wanted: int) -> tuple[str, ...]:
    blocks = session.rows(
        f"SELECT pg_catalog.pg_relation_size({relation.oid}::oid) / current_setting('block_size')::bigint"
    )[0][0]
    starts = sorted({int(blocks) * part // wanted for part in range(1, wanted)} - {0})
    edges = [f"'({start},0)'::tid" for start in starts]
    return _between("t.ctid", edges, nulls=False)


def _key_ranges(key: Column, cuts: Sequence[str]) -> tuple[str, ...]:
    edges = [f"{literal(value)}::pg_catalog.{key.type}" for value in cuts]
    return _between(f"t.{identifier(key.name)}", edges, nulls=not key.required)


def _between(column: str, edges: Sequence[str], *, nulls: bool) -> tuple[str, ...]:
    """Half-open ranges between ascending edges; the first takes the nulls too."""
    if not edges:
        return EVERYTHING
    first = f"({column} < {edges[0]}" + (f" OR {column} IS NULL)" if nulls else ")")
    middle = [f"({column} >= {low} AND {column} < {high})" for low, high in pairwise(edges)]
    return (first, *middle, f"({column} >= {edges[-1]})")


def _key_cuts(session: Session, relation: Relation, where: str, key: Column, wanted: int) -> list[str]:
    """Ascending, distinct values that cut the records into about equal parts."""
    if where == "true" and relation.kind:
        weights = _from_statistics(session, relation, key)
        if weights:
            return _quantiles(weights, wanted)
    return _quantiles(_from_sample(session, relation, where, key), wanted)


def _from_statistics(session: Session, relation: Relation, key: Column) -> list[tuple[str, float]]:
    """The planner's picture of the column: (value, share of records from it up to the next), ascending."""
    rows = session.rows(
        "WITH s AS (SELECT histogram_bounds::text::text[] AS h, most_common_vals::text::text[] AS m, "
        "most_common_freqs AS f, null_frac AS n FROM pg_catalog.pg_stats p JOIN pg_catalog.pg_namespace ns "
        "ON ns.nspname = p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = ns.oid "
        f"AND c.relname = p.tablename WHERE c.oid = {relation.oid} AND p.attname = {literal(key.name)} "
        f"AND p.inherited = {'false' if relation.alone else 'true'}), "
        "w AS (SELECT unnest(m) AS v, unnest(f)::float8 AS share FROM s UNION ALL "
        "SELECT unnest(h), greatest(0, 1 - n - coalesce((SELECT sum(x) FROM unnest(f) x), 0))::float8 "
        "/ greatest(1, cardinality(h) - 1) FROM s) "
        f"SELECT v, sum(share) FROM w GROUP BY v ORDER BY v::pg_catalog.{key.type}"
    )
    return [(str(value), float(share)) for value, share in rows]


def _quantiles(weights: Sequence[tuple[str, float]], wanted: int) -> list[str]:
    """Values before which a wanted share of the weight lies. A value heavier than a part gets one of its own."""
    total = sum(share for _, share in weights)
    cuts: list[str] = []
    before, last = 0.0, 0.0
    for index, (value, share) in enumerate(weights):
        # Cut here when the part so far is full, or when this value fills one alone. The last value of a histogram
        # is its end, behind which next to nothing lies.
        full = before - last >= total / wanted * 0.98 and index < len(weights) - 1
        heavy = share >= total / wanted and before > last
        if index and (full or heavy):
            cuts.append(value)
            last = before
        before += share
    return cuts


def _from_sample(session: Session, relation: Relation, where: str, key: Column) -> list[tuple[str, float]]:
    """The same picture from a random sample of the records, taken on the server."""
    column = f"t.{identifier(key.name)}"
    sampled = f"{relation.source} AS t"
    condition = f"{where} AND {column} IS NOT NULL"
    if relation.kind in ("r", "p", "m") and where == "true":
        blocks = session.rows(
            "WITH RECURSIVE tree(oid) AS (SELECT "
            f"{relation.oid}::oid UNION SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i "
            "ON i.inhparent = t.oid) SELECT coalesce(sum(pg_catalog.pg_relation_size(oid)), 0)::bigint "
            "/ current_setting('block_size')::bigint FROM tree"
        )[0][0]
        percent = min(100.0, 100.0 * SAMPLED_BLOCKS / max(1, int(blocks)))
        sampled = f"{relation.source} AS t TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (1)"
    else:
        share = min(1.0, SAMPLED_ROWS / max(1, _estimate(session, relation, where)))
        condition += f" AND random() < {share:.6f}"
    fractions = ", ".join(f"{part / STEPS:.6f}" for part in range(STEPS))
    found = session.rows(
        f"SELECT percentile_disc(ARRAY[{fractions}]::float8[]) WITHIN GROUP (ORDER BY {column})::text::text[] "
        f"FROM {sampled} WHERE {condition}"
    )[0][0]
    shares: dict[str, float] = {}
    for value in found or []:
        shares[str(value)] = shares.get(str(value), 0.0) + 1 / STEPS
    return list(shares.items())
