"""Times that Arrow cannot hold: which columns of a table have one, asked before anything is read."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

from antechamber.connect.postgresql.relation import TIMES, Column, Relation
from antechamber.connect.postgresql.session import Session, identifier, literal


def beyond_arrow(session: Session, relation: Relation, where: str) -> frozenset[str]:
    """The time columns that must travel as text, as a record has infinity or a year outside 1 … 9999 in them.

    A table is asked (one aggregate over the records to be read, nothing moves; in a full read, a column with an index
    for the index's ends only); a query's times all travel as text, so that it is not run twice.
    """
    times = relation.times
    if not times or not relation.kind:
        return frozenset(column.name for column in times)
    indexed = _indexed(session, relation) if where == "true" else frozenset()
    together = [column for column in times if column.name not in indexed]
    groups = [[column] for column in times if column.name in indexed] + ([together] if together else [])
    found: set[str] = set()
    for group in groups:
        tests = ", ".join(_beyond(column) for column in group)
        answer = session.rows(f"SELECT {tests} FROM {relation.source} AS t WHERE {where}")[0]
        found.update(column.name for column, beyond in zip(group, answer, strict=True) if beyond)
    return frozenset(found)


def _beyond(column: Column) -> str:
    low, high = (f"{literal(bound)}::{column.type}" for bound in TIMES[column.type])
    name = f"t.{identifier(column.name)}"
    return f"coalesce(min({name}) < {low} OR max({name}) > {high}, false)"


def _indexed(session: Session, relation: Relation) -> frozenset[str]:
    """The columns of which an index knows the least and the greatest value."""
    rows = session.rows(
        "SELECT DISTINCT a.attname::text FROM pg_catalog.pg_index i "
        "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        f"WHERE i.indrelid = {relation.oid} AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'"
    )
    return frozenset(str(row[0]) for row in rows)
