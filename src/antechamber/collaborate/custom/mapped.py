"""ID mapping tables in FROM of a custom query: whether both of their columns are held to a table that has the ID.

Source: AWS Clean Rooms user guide, *ID mapping table analysis rule*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.overlap import fits, missing, whose
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.values import quoted
from antechamber.errors import QueryRefused

_KEEPING = ("RIGHT", "FULL", "SEMI", "LEFT SEMI", "ANTI", "LEFT ANTI")
"""Joins that keep what the joined table has alone, or tell whether it has something."""


@dataclass
class Mapped:
    """The mapping tables of one FROM.

    tables: alias as DuckDB has it → table.
    met: the texts of their ID columns that are held to a table of the member whose IDs they are.
    """

    shared: Mapping[str, SharedTable]
    tables: dict[str, SharedTable] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def side(self, term: Term) -> tuple[SharedTable, str] | None:
        """The mapping table and the ID column that a term is, or None."""
        for alias, table in self.tables.items():
            for column in table.join:
                if term.sql == f"{alias}.{quoted(column)}":
                    return table, column
        return None

    def equal(self, left: Term, right: Term, kind: str, joined: str) -> None:
        """Take note that a condition of a join holds two columns equal.

        kind: of the join; joined: the alias, as DuckDB has it, of the table that it brings.
        Raises QueryRefused when it is an equality that a mapping table may not be in.
        """
        for term, other in ((left, right), (right, left)):
            found = self.side(term)
            if found is None:
                continue
            table, column = found
            brought = term.sql.startswith(f"{joined}.")
            if not self._is_of(other, table, column):
                if column in table.dimensions:
                    continue
                raise refusal(
                    "JOIN",
                    f"{table.column(column)} is compared with something that is no column of {whose(table, column)}",
                    "compare it with an id of that member's table",
                )
            if kind == "INNER" or kind == ("LEFT" if brought else "RIGHT"):
                self.met.add(term.sql)
            else:
                raise self.outer(table, kind)

    def joined(self, alias: str, kind: str) -> None:
        """Refuse a join that would keep what a mapping table has and nobody else. alias: of what it brings."""
        table = self.tables.get(alias)
        if kind == "FULL" and table is None:
            table = next(iter(self.tables.values()), None)
        if table is not None and kind in _KEEPING:
            raise self.outer(table, kind)

    def outer(self, table: SharedTable, kind: str) -> QueryRefused:
        """The refusal of a join that would keep what a mapping table has and nobody else."""
        return refusal(
            "JOIN",
            f"{table} is on the side of a {kind} JOIN that is kept whole",
            f"write table LEFT JOIN {table}, {table} RIGHT JOIN table, or INNER JOIN",
        )

    def require(self) -> None:
        """Refuse a mapping table that does not meet both sides. Raises QueryRefused."""
        for alias, table in self.tables.items():
            for column in table.overlap:
                if f"{alias}.{quoted(column)}" not in self.met:
                    raise missing(table, column)

    def _is_of(self, other: Term, table: SharedTable, column: str) -> bool:
        """Whether a term is an ID as the member whose IDs they are has it: a column, not computed, not written."""
        if not other.plain or other.constant or other.qualifying or not other.shows or other.origins != other.shows:
            return False
        return all(fits(table, column, self.shared[origin.table.lower()]) for origin in other.origins)
