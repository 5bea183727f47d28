"""What is known and gathered while one statement is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from antechamber.collaborate.custom.controls import Controls
from antechamber.collaborate.custom.names import Names
from antechamber.collaborate.custom.relation import Field, Mark
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.values import Column, quoted


@dataclass(frozen=True)
class Named:
    """A common table expression: its DuckDB name, and what it gives."""

    sql: str
    fields: tuple[Field, ...]
    marks: tuple[Mark, ...]


@dataclass
class Context:
    """One statement.

    shared: the tables of the room, by name in lower case.
    scans: alias and table of every mention of a shared table.
    withs: the common table expressions, written, in the order in which they need each other.
    constraints: identity column → how many of it a row of the answer must rest on.
    """

    shared: Mapping[str, SharedTable]
    controls: Controls
    now: datetime
    scans: list[tuple[str, SharedTable]] = field(default_factory=list)
    withs: list[str] = field(default_factory=list)
    constraints: dict[Column, int] = field(default_factory=dict)
    aliases: int = 0

    def alias(self, letter: str = "t") -> str:
        """A name that nothing else in the statement has."""
        self.aliases += 1
        return f'"{letter}{self.aliases}"'

    def read_in(self, sql: str, after: int = 0) -> frozenset[Column]:
        """The shared columns whose texts stand in a statement; nothing else looks like our aliases.

        after: how many mentions of tables came before it.
        """
        return frozenset(
            table.column(each)
            for alias, table in self.scans[after:]
            for each in table.types()
            if f"{alias}.{quoted(each)}" in sql
        )


@dataclass(frozen=True)
class Around:
    """What a query sees of the queries around it.

    named: the common table expressions, by name.
    outer: the columns in scope around a subquery.
    """

    named: Mapping[str, Named] = field(default_factory=dict)
    outer: Names | None = None
