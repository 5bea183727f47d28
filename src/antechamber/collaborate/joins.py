"""JOIN: inner, on equalities between a join column of one side and a join column of the other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.tree import bare, only, spoken, terms
from antechamber.collaborate.values import Column, comparable

MOST_ALTERNATIVES = 16
"""Ways in which two rows may match, once every OR is multiplied out."""


@dataclass(frozen=True)
class Pair:
    """An equality between join columns of two tables."""

    left: Column
    right: Column

    @property
    def sql(self) -> str:
        """Its DuckDB text."""
        return f"{self.left.sql} = {self.right.sql}"


Match = tuple[Pair, ...]
"""Equalities that hold together."""


@dataclass(frozen=True)
class Join:
    """A table that is joined to those before it.

    matches: the condition as alternatives: some one of them holds for every pair of rows.
    """

    table: SharedTable
    matches: tuple[Match, ...]


def join(node: exp.Expr, scope: Scope) -> tuple[Join, frozenset[str]]:
    """Bring a JOIN's table into scope. Returns it and the logical operators (AND, OR) that its condition uses.

    Raises QueryRefused.
    """
    if type(node) is not exp.Join:
        raise refusal("JOIN", f"{spoken(node)} is not allowed", _INNER)
    word = " ".join(str(node.args.get(part) or "") for part in ("method", "side", "kind")).strip().upper()
    if word == "CROSS" and not node.args.get("method") and node.args.get("on") is None:
        raise refusal("FROM", "tables are put side by side without a join condition", _INNER)
    if word not in ("", "INNER"):
        raise refusal("JOIN", f"{word} JOIN is not allowed", _INNER)
    only(node, "JOIN", "this", "on", "kind")
    earlier = scope.tables
    table = scope.add(node.this, "JOIN")
    condition = node.args.get("on")
    if condition is None:
        raise refusal("JOIN", f"{table} is joined without ON", _INNER)
    reader = _Condition(scope, earlier, table)
    return Join(table, reader.matches(condition)), frozenset(reader.operators)


_INNER = "allowed: [INNER] JOIN table ON join_column = join_column"


class _Condition:
    def __init__(self, scope: Scope, earlier: tuple[SharedTable, ...], table: SharedTable) -> None:
        self.operators: set[str] = set()
        self._scope = scope
        self._earlier = earlier
        self._table = table

    def matches(self, node: exp.Expr) -> tuple[Match, ...]:
        node = bare(node, "JOIN")
        if type(node) is exp.Or:
            self.operators.add("OR")
            return self._few(tuple(match for each in terms(node, exp.Or, "JOIN") for match in self.matches(each)))
        if type(node) is exp.And:
            self.operators.add("AND")
            found: tuple[Match, ...] = ((),)
            for each in terms(node, exp.And, "JOIN"):
                found = self._few(tuple(one + other for one in found for other in self.matches(each)))
            return found
        return ((self._pair(node),),)

    def _few(self, matches: tuple[Match, ...]) -> tuple[Match, ...]:
        if len(matches) > MOST_ALTERNATIVES:
            raise refusal(
                "JOIN", f"the condition has more than {MOST_ALTERNATIVES} alternatives", "join on fewer columns"
            )
        return matches

    def _pair(self, node: exp.Expr) -> Pair:
        if type(node) is not exp.EQ:
            raise refusal("JOIN", f"a join condition is an equality, not {spoken(node)}", _INNER)
        only(node, "JOIN", "this", "expression")
        left, right = self._side(node.this), self._side(node.args["expression"])
        if left.table != self._table.name:
            left, right = right, left
        if left.table != self._table.name or right.table not in {table.name for table in self._earlier}:
            raise refusal(
                "JOIN",
                f"a condition compares {right} with {left}: it does not lie between {self._table} and the other side",
                f"compare a join column of {self._table} with one of {', '.join(map(str, self._earlier))}",
            )
        if not comparable(self._scope.type(left), self._scope.type(right)):
            raise refusal("JOIN", f"{right} and {left} are of different types", "share both in the same type")
        return Pair(right, left)

    def _side(self, node: exp.Expr) -> Column:
        node = bare(node, "JOIN")
        if type(node) is not exp.Column:
            raise refusal("JOIN", f"{spoken(node)} stands where a join column is expected", _INNER)
        table, column = self._scope.find(node, "JOIN")
        if column.name not in table.join:
            allowed = ", ".join(table.join) or "no column"
            raise refusal("JOIN", f"{column} is not a join column", f"allowed: {allowed} (join of {table})")
        return column
