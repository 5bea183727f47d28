"""FROM of a custom query: tables, common table expressions, subqueries, VALUES, and their joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.exploded import lateral
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.mapped import Mapped
from antechamber.collaborate.custom.names import Names, Seen
from antechamber.collaborate.custom.relation import Mark, Relation
from antechamber.collaborate.custom.sides import Sides
from antechamber.collaborate.custom.term import Term, made
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken, terms
from antechamber.collaborate.values import BOOLEAN, Value

_KINDS = ("", "INNER", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER", "CROSS")
_FREE_KINDS = ("SEMI", "LEFT SEMI", "ANTI", "LEFT ANTI")


@dataclass
class Source:
    """FROM as far as it is read.

    sql: its DuckDB text.
    marks: those of all its tables.
    equal: the text of a mark → that of another that it equals on every row.
    alone: whether it is one shared table and nothing else.
    mapped: its ID mapping tables.
    """

    names: Names
    mapped: Mapped
    sql: str = ""
    marks: list[Mark] = field(default_factory=list)
    equal: dict[str, str] = field(default_factory=dict)
    alone: bool = False

    def representative(self, mark: str) -> str:
        """The mark that stands for this one."""
        while mark in self.equal:
            mark = self.equal[mark]
        return mark

    def merged(self) -> tuple[Mark, ...]:
        """The marks, with those that are equal on every row made one that serves the tables of all of them."""
        found: dict[str, Mark] = {}
        for mark in self.marks:
            key = self.representative(mark.sql)
            known = found.get(key)
            tables = mark.tables if known is None else (*known.tables, *mark.tables)
            found[key] = Mark(key, tables, mark.single)
        return tuple(found.values())


class Sources:
    """Reads FROM and its joins.

    query: reads a subquery.
    reader: an Expressions over names, for join conditions.
    """

    def __init__(
        self,
        context: Context,
        around: Around,
        query: Callable[[exp.Expr, Around], Relation],
        reader: Callable[[Names], Expressions],
    ) -> None:
        self._context = context
        self._around = around
        self._sides = Sides(context, around, query, reader)
        self._reader = reader

    def read(self, select: exp.Select) -> Source:
        """FROM of a SELECT. Raises QueryRefused."""
        source = Source(Names(outer=self._around.outer), Mapped(self._context.shared))
        clause = select.args.get("from_")
        joins = select.args.get("joins") or ()
        if clause is None:
            for node in select.args.get("laterals") or ():
                # DuckDB wants something to join: one row, as Spark has it.
                source.sql = source.sql or "(SELECT 1 AS one) AS one_row"
                source.sql += lateral(node, source.names, self._context, self._reader(source.names))
            return source
        if type(clause) is not exp.From:
            raise refusal("FROM", f"{spoken(clause)} is not allowed", "")
        only(clause, "FROM", "this")
        first = self._sides.read(clause.this, "FROM", source.mapped)
        source.sql = first.sql
        source.names.add(first.alias, first.columns, "FROM")
        source.marks += first.marks
        source.alone = not joins and type(clause.this) is exp.Table and self._shares(clause.this)
        for node in joins:
            self._join(node, source)
        for node in select.args.get("laterals") or ():
            source.alone = False
            source.sql += lateral(node, source.names, self._context, self._reader(source.names))
        source.mapped.require()
        return source

    def _shares(self, node: exp.Expr) -> bool:
        return name(node.this, "FROM") not in self._around.named

    def _join(self, node: exp.Expr, source: Source) -> None:
        if type(node) is not exp.Join:
            raise refusal("JOIN", f"{spoken(node)} is not allowed", "")
        only(node, "JOIN", "this", "on", "using", "kind", "side", "method", "hint")
        method = str(node.args.get("method") or "").upper()
        words = " ".join(str(node.args.get(part) or "") for part in ("side", "kind")).strip().upper()
        natural = method == "NATURAL"
        if method not in ("", "NATURAL") or words not in (*_KINDS, *_FREE_KINDS):
            raise refusal("JOIN", f"{method} {words} JOIN is not known".replace("  ", " "), "")
        if words in _FREE_KINDS and (self._context.controls.strict or self._context.controls.private):
            raise refusal(
                "JOIN",
                f"{words} JOIN is not allowed beside thresholds, comparison controls and privacy",
                "use INNER or LEFT JOIN",
            )
        side = self._sides.read(node.this, "JOIN", source.mapped)
        before = Names(dict(source.names.sides), dict(source.names.joined), source.names.outer)
        source.names.add(side.alias, side.columns, "JOIN")
        kind = words.removesuffix(" OUTER") or "INNER"
        shared = [name(each, "JOIN") for each in node.args.get("using") or ()]
        if natural:
            shared = [
                seen.name for seen in side.columns if seen.name and before.unqualified(seen.name, "JOIN") is not None
            ]
        condition = node.args.get("on")
        if shared:
            if condition is not None:
                raise refusal("JOIN", "a join has ON and USING", "use one of them")
            text = self._using(shared, before, side.columns, kind, source)
        elif condition is not None:
            if kind == "CROSS":
                raise refusal("JOIN", "CROSS JOIN has no ON", "write JOIN")
            text = self._on(condition, kind, source, side.qualifier)
        else:
            if kind not in ("INNER", "CROSS"):
                raise refusal("JOIN", f"{kind} JOIN has no condition", "write ON or USING")
            kind, text = "CROSS", ""
        source.mapped.joined(side.qualifier, kind)
        source.sql += f"\n  {'' if kind == 'INNER' else kind.removeprefix('LEFT ') if kind in _FREE_KINDS else kind} "
        source.sql += f"JOIN {side.sql}{text}"
        if kind in _FREE_KINDS:
            source.names.sides.pop(side.alias)
        else:
            source.marks += side.marks

    def _on(self, condition: exp.Expr, kind: str, source: Source, joined: str) -> str:
        reader = self._reader(source.names)
        if source.mapped.tables:
            parts = [self._held(part, kind, source, joined) for part in terms(condition, exp.And, "JOIN")]
            found = made(Value(" AND ".join(part.sql for part in parts), BOOLEAN), parts)
        else:
            found = reader.truth(condition, "JOIN")
        if kind == "INNER":
            for part in terms(condition, exp.And, "JOIN"):
                if type(part) is exp.EQ:
                    self._equal(part, source)
        return f" ON {found.sql}"

    def _held(self, node: exp.Expr, kind: str, source: Source, joined: str) -> Term:
        """One of the conditions that hold together, where an ID mapping table is in FROM."""
        reader = self._reader(source.names)
        sides = [] if type(node) is not exp.EQ else _columns_of(node)
        if len(sides) != 2:
            return reader.truth(node, "JOIN")
        left, right = (source.names.find(side, "JOIN", joining=True) for side in sides)
        source.mapped.equal(left, right, kind, joined)
        return reader.equal(left, right, "JOIN")

    def _equal(self, node: exp.Expr, source: Source) -> None:
        found = [source.names.find(side, "JOIN", joining=True) for side in _columns_of(node)]
        if len(found) == 2:
            self._one_mark(found[0], found[1], source)

    def _one_mark(self, left: Term, right: Term, source: Source) -> None:
        if left.mark and right.mark:
            first, second = source.representative(left.mark), source.representative(right.mark)
            if first != second:
                source.equal[second] = first

    def _using(self, shared: list[str], before: Names, columns: tuple[Seen, ...], kind: str, source: Source) -> str:
        conditions = []
        reader = self._reader(source.names)
        for each in shared:
            left = before.unqualified(each, "JOIN")
            right = next((seen for seen in columns if seen.name == each), None)
            if any(seen is not None and source.mapped.side(seen.term) is not None for seen in (left, right)):
                raise refusal("JOIN", "USING or NATURAL names a column of an ID mapping table", "write ON")
            if left is None or right is None:
                raise refusal("JOIN", f"'{each}' is not on both sides of the join", "USING names common columns")
            condition = reader.equal(left.term, right.term, "JOIN")
            conditions.append(condition.sql)
            if kind == "INNER":
                self._one_mark(left.term, right.term, source)
            kept = {"RIGHT": right.term, "FULL": reader.either(left.term, right.term)}.get(kind, left.term)
            source.names.joined[each] = Seen(each, left.label, kept)
        return f" ON {' AND '.join(conditions)}"


def _columns_of(node: exp.Expr) -> list[exp.Column]:
    """The sides of an equality that are columns."""
    sides = (bare(node.this, "JOIN"), bare(node.args["expression"], "JOIN"))
    return [side for side in sides if isinstance(side, exp.Column) and not isinstance(side.this, exp.Star)]
