"""A statement of the aggregation or list rule that was checked, taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from antechamber.collaborate.joins import Join
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.values import Column


@dataclass(frozen=True)
class Output:
    """A column of the answer: its name and its DuckDB text."""

    name: str
    sql: str


@dataclass(frozen=True)
class Order:
    """A term of ORDER BY."""

    sql: str
    descending: bool


@dataclass(frozen=True)
class Question:
    """A statement that the rules allow, taken apart.

    first, joins: FROM.
    where, having: DuckDB conditions, or "".
    group: the expressions of GROUP BY that read a column.
    used: every column that the statement names.
    distinct, limit: of a list query: equal rows once, and at most how many.
    """

    outputs: tuple[Output, ...]
    first: SharedTable
    joins: tuple[Join, ...]
    where: str
    group: tuple[str, ...]
    having: str
    order: tuple[Order, ...]
    used: frozenset[Column]
    distinct: bool = False
    limit: int | None = None

    @property
    def tables(self) -> tuple[SharedTable, ...]:
        """The tables of FROM, in order."""
        return (self.first, *(each.table for each in self.joins))
