"""Names of a custom query: what FROM brings into scope, and which column a reference means.

As in Spark: an alias hides a table's own name, an unqualified name must be in one place, a column that USING or
NATURAL joins is one. Where Spark's answer would not be certain, the reference is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import name, only


@dataclass(frozen=True)
class Seen:
    """A column in scope: its name as it is looked up and as it is shown, and the term that it means.

    joins: the ID mapping table whose column it is, when it may stand in the condition of a join alone.
    """

    name: str
    label: str
    term: Term
    joins: str = ""


@dataclass
class Names:
    """The columns of FROM.

    sides: alias → its columns; a subquery without alias has a key that no query can write.
    joined: the columns that USING or NATURAL made one, by name.
    outer: what is in scope around a subquery.
    borrowed: the outer terms that were used.
    """

    sides: dict[str, tuple[Seen, ...]] = field(default_factory=dict)
    joined: dict[str, Seen] = field(default_factory=dict)
    outer: Names | None = None
    borrowed: list[Term] = field(default_factory=list)

    def add(self, alias: str, columns: tuple[Seen, ...], clause: str) -> None:
        """Bring a relation into scope. Raises QueryRefused when the alias is taken."""
        if alias in self.sides:
            raise refusal(clause, "two tables have the same alias", "give each its own")
        self.sides[alias] = columns

    def find(self, node: exp.Column, clause: str, *, joining: bool = False) -> Term:
        """The term that a column reference means.

        joining: whether it is a side of an equality in ON.
        Raises QueryRefused when none, or more than one, is meant, or one that may not stand there.
        """
        only(node, clause, "this", "table", "db", "catalog")
        if node.args.get("db") or node.args.get("catalog"):
            raise refusal(clause, "a column is named by its table alone, without a database", "write table.column")
        column = name(node.this, clause)
        alias = None if node.args.get("table") is None else name(node.args["table"], clause)
        found = self._here(alias, column, clause)
        if found is not None:
            return found.term if joining else _anywhere(found, clause)
        if self.outer is not None:
            term = self.outer.find(node, clause)
            self.borrowed.append(term)
            return term
        if alias is not None and alias not in self.sides:
            raise refusal(clause, "a column is qualified by a table that is not in FROM", self._in_from())
        where = f"{alias} has" if alias is not None else "no table of FROM has"
        raise refusal(
            clause, f"{where} no such column" if alias else f"{where} a column of this name", self._in_from()
        )

    def star(self, alias: str | None, clause: str) -> list[Seen]:
        """The columns that * means, or those of one alias. Raises QueryRefused."""
        if alias is not None:
            if alias not in self.sides:
                raise refusal(clause, "* is qualified by a table that is not in FROM", self._in_from())
            return [_checked(seen, clause) for seen in self.sides[alias]]
        every = [seen for side in self.sides.values() for seen in side if seen.name not in self.joined]
        return [_checked(seen, clause) for seen in (*self.joined.values(), *every)]

    def unqualified(self, column: str, clause: str) -> Seen | None:
        """The column of this name, or None. Raises QueryRefused when there are several."""
        if column in self.joined:
            return self.joined[column]
        found = [(alias, seen) for alias, side in self.sides.items() for seen in side if seen.name == column]
        if len(found) > 1:
            places = " and ".join(_said(alias) for alias, _ in found)
            raise refusal(clause, f"'{column}' is in {places}", "qualify it with its table")
        return found[0][1] if found else None

    def _here(self, alias: str | None, column: str, clause: str) -> Seen | None:
        if alias is None:
            return self.unqualified(column, clause)
        found = [seen for seen in self.sides.get(alias, ()) if seen.name == column]
        if len(found) > 1:
            raise refusal(clause, f"'{column}' is in {alias} twice", "name its columns apart")
        return found[0] if found else None

    def _in_from(self) -> str:
        return f"FROM has: {', '.join(map(_said, self.sides)) or 'nothing yet'}"


def _checked(seen: Seen, clause: str) -> Seen:
    if seen.joins:
        raise refusal(
            clause,
            f"{seen.joins}.{seen.label} stands outside an equality of ON",
            f"an ID mapping table's columns are joined on and nothing else (joinColumns of {seen.joins})",
        )
    return seen


def _anywhere(seen: Seen, clause: str) -> Term:
    return _checked(seen, clause).term


def _said(alias: str) -> str:
    return "a subquery" if alias.startswith("\0") else alias
