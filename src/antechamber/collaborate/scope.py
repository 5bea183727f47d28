"""Names: which shared table and column an identifier of the query means.

Resolution is Spark's where it is certain and a refusal where it is not: an alias hides the table's own name, an
unqualified column must exist in exactly one table of FROM.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.tree import name, only, spoken
from antechamber.collaborate.values import Column, Type


class Scope:
    """The tables of FROM as they are added one by one.

    used: every column that was looked up so far.
    """

    def __init__(self, shared: Mapping[str, SharedTable]) -> None:
        self._shared = {key.lower(): table for key, table in shared.items()}
        self._tables: dict[str, SharedTable] = {}
        self._types: dict[str, Mapping[str, Type]] = {}
        self.used: set[Column] = set()

    @property
    def tables(self) -> tuple[SharedTable, ...]:
        """The tables in scope, in the order of FROM."""
        return tuple(self._tables.values())

    def add(self, node: object, clause: str) -> SharedTable:
        """Bring a table of FROM or JOIN into scope. Raises QueryRefused."""
        if type(node) is not exp.Table:
            raise refusal(clause, f"{spoken(node)} stands where a table is expected", self._known())
        only(node, clause, "this", "alias", "db", "catalog")
        if node.args.get("db") or node.args.get("catalog"):
            raise refusal(clause, "a table is named without a database or catalog", self._known())
        if not isinstance(node.this, exp.Identifier):
            raise refusal(clause, f"{spoken(node.this)} stands where a table is expected", self._known())
        table = self._shared.get(name(node.this, clause))
        if table is None:
            raise refusal(clause, "there is no such table in this collaboration", self._known())
        if table in self.tables:
            raise refusal(clause, f"{table} stands in the query twice", "a join is between two different tables")
        alias = name(node.this, clause)
        if (given := node.args.get("alias")) is not None:
            only(given, clause, "this")
            alias = name(given.this, clause)
        if alias in self._tables:
            raise refusal(clause, "two tables have the same alias", "give each its own")
        self._tables[alias] = table
        self._types[table.name] = table.types()
        return table

    def find(self, node: exp.Column, clause: str) -> tuple[SharedTable, Column]:
        """The shared column that a reference means. Raises QueryRefused when none, or more than one, is meant."""
        only(node, clause, "this", "table", "db", "catalog")
        if node.args.get("db") or node.args.get("catalog"):
            raise refusal(clause, "a column is named by its table alone, without a database", "write table.column")
        column = name(node.this, clause)
        if node.args.get("table") is not None:
            table = self._tables.get(name(node.args["table"], clause))
            if table is None:
                raise refusal(clause, "a column is qualified by a table that is not in FROM", self._in_from())
            if column not in self._types[table.name]:
                shared = ", ".join(sorted(self._types[table.name]))
                raise refusal(clause, f"{table} shares no such column", f"it shares: {shared}")
            return self._use(table, column)
        owners = [table for table in self.tables if column in self._types[table.name]]
        if not owners:
            raise refusal(clause, "no table of FROM shares a column of this name", self._in_from())
        if len(owners) > 1:
            raise refusal(clause, f"'{column}' is in {' and '.join(map(str, owners))}", "qualify it with its table")
        return self._use(owners[0], column)

    def holds(self, column: str) -> bool:
        """Whether some table in scope has a column of this name."""
        return any(column in types for types in self._types.values())

    def type(self, column: Column) -> Type:
        """The type of a column in scope."""
        return self._types[column.table][column.name]

    def table(self, column: Column) -> SharedTable:
        """The table of a column in scope."""
        return next(table for table in self.tables if table.name == column.table)

    def _use(self, table: SharedTable, name_: str) -> tuple[SharedTable, Column]:
        column = table.column(name_)
        self.used.add(column)
        return table, column

    def _known(self) -> str:
        return f"the tables are: {', '.join(sorted(table.name for table in self._shared.values()))}"

    def _in_from(self) -> str:
        return f"FROM has: {', '.join(self._tables) or 'nothing yet'}"
