"""GROUP BY of a custom query: the keys, the aggregates over each group, and what may stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from antechamber.collaborate.custom.aggregates import aggregate
from antechamber.collaborate.custom.context import Context
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.names import Names, Seen
from antechamber.collaborate.custom.term import Term, column_of
from antechamber.collaborate.custom.windows import window
from antechamber.collaborate.parse import refusal

Subquery = Callable[[exp.Expr, Expressions, str], Term]


@dataclass
class Rows:
    """What may stand in an expression over rows: subqueries, and window functions where `windows` is not None."""

    query: Subquery
    windows: Mapping[str, exp.Window] | None = None

    def aggregate(self, node: exp.Expr, clause: str) -> Term:
        """Refuses: there are no groups here."""
        raise refusal(clause, "an aggregate stands where there are no groups", "use HAVING, or a subquery in FROM")

    def window(self, node: exp.Window, reader: Expressions, clause: str) -> Term:
        """The term of a window function. Raises QueryRefused."""
        if self.windows is None:
            raise refusal(clause, "a window function stands in the SELECT list or ORDER BY", "use a subquery in FROM")
        return window(node, reader, clause, self.windows)

    def subquery(self, node: exp.Expr, reader: Expressions, clause: str) -> Term:
        """The term of a subquery. Raises QueryRefused."""
        return self.query(node, reader, clause)

    def settled(self, term: Term) -> Term:
        """The term itself."""
        return term


@dataclass
class Groups:
    """What may stand in an expression over groups: keys, aggregates, window functions over groups.

    rows: reads expressions over the rows that are grouped.
    keys: the text of an expression that is grouped by → the key's term.
    written: the columns of the SELECT that groups, after the keys.
    alone: the texts of the keys that every group has; sets: ROLLUP, CUBE, GROUPING SETS, as DuckDB text.
    """

    context: Context
    rows: Expressions
    query: Subquery
    named: Mapping[str, exp.Window]
    alias: str
    keys: dict[str, Term] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)

    def group_by(self, key: Term, *, plain: bool = True) -> None:
        """Add a key. plain: whether every group has it."""
        if plain and key.origins:
            self.alone.append(key.sql)
        if key.sql not in self.keys:
            self.keys[key.sql] = column_of(key, f'{self.alias}."k{len(self.keys)}"', key.mark)

    def aggregate(self, node: exp.Expr, clause: str) -> Term:
        """The term of an aggregate, which the SELECT that groups computes. Raises QueryRefused."""
        found = aggregate(node, lambda each: self.rows.term(each, clause), self.context.controls, clause)
        return replace(found, sql=f"{self.alias}.{self.column(found.sql)}")

    def column(self, sql: str) -> str:
        """The name of a column of the SELECT that groups, which holds this."""
        return self.written.setdefault(sql, f'"a{len(self.written)}"')

    def window(self, node: exp.Window, reader: Expressions, clause: str) -> Term:
        """The term of a window function over groups. Raises QueryRefused."""
        return window(node, reader, clause, self.named)

    def subquery(self, node: exp.Expr, reader: Expressions, clause: str) -> Term:
        """The term of a subquery. Raises QueryRefused."""
        return self.query(node, reader, clause)

    def settled(self, term: Term) -> Term:
        """The key that a term is, or the term itself."""
        return self.keys.get(term.sql, term)

    def select(self, source: str, where: str, *, keys: bool) -> str:
        """The SELECT that groups. keys: whether there is a GROUP BY."""
        columns = [f"{text} AS {key.sql.rpartition('.')[2]}" for text, key in self.keys.items()]
        columns += [f"{text} AS {name}" for text, name in self.written.items()]
        grouped = [str(place + 1) for place in range(len(self.keys))]
        sql = f"SELECT {', '.join(columns) or '1 AS one'}"
        if source:
            sql += f"\n  FROM {source}"
        sql += where
        if self.sets:
            return f"{sql}\n  GROUP BY {', '.join([*dict.fromkeys(self.alone), *self.sets])}"
        if grouped:
            return f"{sql}\n  GROUP BY {', '.join(grouped)}"
        return sql + ("\n  GROUP BY ALL" if keys else "" if self.written else "\n  LIMIT 1")


def loosened(names: Names) -> Names:
    """The same names over groups: a column that is neither grouped nor aggregated says so."""

    def loose(seen: Seen) -> Seen:
        return replace(seen, term=replace(seen.term, loose=frozenset({seen.label})))

    return Names(
        {alias: tuple(loose(seen) for seen in side) for alias, side in names.sides.items()},
        {key: loose(seen) for key, seen in names.joined.items()},
        names.outer,
        names.borrowed,
    )


def grouped_or_refused(term: Term, clause: str) -> Term:
    """The term. Raises QueryRefused when it reads a column that is neither grouped nor aggregated."""
    if term.loose:
        raise refusal(
            clause,
            f"{', '.join(sorted(term.loose))} is neither aggregated nor grouped",
            "put the expression in GROUP BY, or within an aggregate",
        )
    return term
