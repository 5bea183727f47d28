"""Relations: what a subquery gives, and the marks by which every row tells whose records it rests on.

A table with a threshold is *marked*: each of its rows carries its identity in a hidden column beside the columns that
the query sees. Joins keep the marks of both sides, so that each mention of a table has a mark of its own: a row that
joins one person's record to a hundred others' rests on one person there. Grouping below the final SELECT turns marks
into lists of the distinct identities of the group. What the final SELECT gives is held against them.
"""

from __future__ import annotations

from dataclasses import dataclass

from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.tables import SharedTable


@dataclass(frozen=True)
class Mark:
    """A hidden column with the identity, or the list of identities, that a row rests on.

    sql: its text where it is used; the column's bare name within a Relation.
    tables: the tables whose thresholds it serves.
    single: whether it is one identity (or NULL) and not a list.
    """

    sql: str
    tables: tuple[SharedTable, ...]
    single: bool

    def grouped(self) -> str:
        """The list of distinct identities of a group of rows."""
        if self.single:
            return f"list(DISTINCT {self.sql}) FILTER (WHERE {self.sql} IS NOT NULL)"
        return f"list_distinct(flatten(list({self.sql}) FILTER (WHERE {self.sql} IS NOT NULL)))"

    def number_in_group(self) -> str:
        """How many distinct identities a group of rows rests on."""
        return f"COUNT(DISTINCT {self.sql})" if self.single else f"len({self.grouped()})"

    def number_in_row(self) -> str:
        """How many distinct identities one row rests on."""
        return f"CAST({self.sql} IS NOT NULL AS INTEGER)" if self.single else f"coalesce(len({self.sql}), 0)"

    def as_list(self) -> str:
        """The identities of one row as a list."""
        return f"(CASE WHEN {self.sql} IS NOT NULL THEN [{self.sql}] END)" if self.single else self.sql


@dataclass(frozen=True)
class Field:
    """A column that a relation gives.

    name: as it is looked up; "" when nothing can name it.
    label: as an answer shows it.
    term: what is known of it; its text is the column's bare name.
    """

    name: str
    label: str
    term: Term


@dataclass(frozen=True)
class Relation:
    """What a query gives.

    sql: a DuckDB query whose columns are those of the fields, then those of the marks.
    """

    sql: str
    fields: tuple[Field, ...]
    marks: tuple[Mark, ...] = ()


def column(number: int, *, final: bool = False) -> str:
    """The name of a relation's column; those of an answer are numbered from 1."""
    return f'"{number + 1}"' if final else f'"c{number}"'


def mark_column(number: int) -> str:
    """The name of a relation's hidden column."""
    return f'"p{number}"'
