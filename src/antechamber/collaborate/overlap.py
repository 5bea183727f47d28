"""ID mapping tables in a query: their two ID columns must meet the tables of both members whose IDs they are.

The rule is not one of its own: the query stands under the rule of the other tables, all of one kind, and the mapping
table adds that only what overlaps on both sides is ever read from it.

Source: AWS Clean Rooms user guide, *ID mapping table analysis rule* (overlap on both sides; columns in JOIN only,
unless the namespace association lets them be dimensions; the mapping table on the inner side of a join).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from antechamber.collaborate.joins import Join, Pair
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.values import Column
from antechamber.errors import QueryRefused


def require_overlap(tables: Iterable[SharedTable], joins: Iterable[Join]) -> None:
    """Refuse an ID mapping table that is not joined on both sides, in a query of inner joins.

    Raises QueryRefused.
    """
    known = {table.name: table for table in tables}
    joins = tuple(joins)
    for table in known.values():
        for column in table.overlap:
            if not any(_holds(joined, table, column, known) for joined in joins):
                raise missing(table, column)


def _holds(joined: Join, table: SharedTable, column: str, known: Mapping[str, SharedTable]) -> bool:
    """Whether an ID column meets a table in every way in which the rows of a join may match."""
    own = table.column(column)
    return all(any(_meets(pair, own, table, known) for pair in match) for match in joined.matches)


def _meets(pair: Pair, column: Column, table: SharedTable, known: Mapping[str, SharedTable]) -> bool:
    """Whether an equality compares an ID column with a column of the member whose IDs it holds."""
    if column not in (pair.left, pair.right):
        return False
    other = pair.right if pair.left == column else pair.left
    return fits(table, column.name, known[other.table])


def fits(table: SharedTable, column: str, other: SharedTable) -> bool:
    """Whether a table is one whose IDs an ID column of a mapping table holds."""
    return other.kind != "id_mapping" and table.sides.get(column, other.owner) == other.owner


def missing(table: SharedTable, column: str) -> QueryRefused:
    """The refusal of a mapping table that is not joined on one side."""
    return refusal(
        "FROM",
        f"{table.column(column)} does not meet a table of {whose(table, column)}",
        f"join it, INNER JOIN … ON {column} = a column of that table (queryConstraints.requireOverlap of {table})",
    )


def whose(table: SharedTable, column: str) -> str:
    """The member whose IDs a column of a mapping table holds, in words."""
    return table.sides.get(column, "the member whose ids they are")
