"""FROM of a custom query: tables, common table expressions, subqueries, VALUES, and their joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlglot import exp

from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.names import Names, Seen
from antechamber.collaborate.custom.relation import Field, Mark, Relation, column
from antechamber.collaborate.custom.term import Term, column_of, common
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken, terms
from antechamber.collaborate.values import quoted

_KINDS = ("", "INNER", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER", "CROSS")
_FREE_KINDS = ("SEMI", "LEFT SEMI", "ANTI", "LEFT ANTI")


@dataclass
class Source:
    """FROM as far as it is read.

    sql: its DuckDB text.
    marks: those of all its tables.
    equal: the text of a mark → that of another that it equals on every row.
    alone: whether it is one shared table and nothing else.
    """

    names: Names
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
        self._query = query
        self._reader = reader

    def read(self, select: exp.Select) -> Source:
        """FROM of a SELECT. Raises QueryRefused."""
        source = Source(Names(outer=self._around.outer))
        clause = select.args.get("from_")
        joins = select.args.get("joins") or ()
        if clause is None:
            return source
        if type(clause) is not exp.From:
            raise refusal("FROM", f"{spoken(clause)} is not allowed", "")
        only(clause, "FROM", "this")
        source.sql, seen, marks = self._item(clause.this, "FROM")
        source.names.add(*seen, "FROM")
        source.marks += marks
        source.alone = not joins and type(clause.this) is exp.Table and self._shares(clause.this)
        for node in joins:
            self._join(node, source)
        return source

    def _shares(self, node: exp.Expr) -> bool:
        return name(node.this, "FROM") not in self._around.named

    def _item(self, node: exp.Expr, clause: str) -> tuple[str, tuple[str, tuple[Seen, ...]], list[Mark]]:
        """A table of FROM: its text, its alias and columns, its marks."""
        if type(node) is exp.Table:
            return self._table(node, clause)
        if type(node) is exp.Subquery:
            only(node, clause, "this", "alias")
            if isinstance(node.this, exp.Table):
                raise refusal(clause, "joins are not put in parentheses here", "write them one after another")
            relation = self._query(node.this, replace(self._around, outer=None))
            return self._derived(f"({relation.sql})", relation.fields, relation.marks, node.args.get("alias"), clause)
        if type(node) is exp.Values:
            relation = self._values(node, clause)
            return self._derived(f"({relation.sql})", relation.fields, (), node.args.get("alias"), clause)
        raise refusal(clause, f"{spoken(node)} stands where a table is expected", "name a table or write a subquery")

    def _table(self, node: exp.Expr, clause: str) -> tuple[str, tuple[str, tuple[Seen, ...]], list[Mark]]:
        only(node, clause, "this", "alias", "db", "catalog")
        if node.args.get("db") or node.args.get("catalog"):
            raise refusal(clause, "a table is named without a database or catalog", self._known())
        if not isinstance(node.this, exp.Identifier):
            raise refusal(clause, f"{spoken(node.this)} stands where a table is expected", self._known())
        called = name(node.this, clause)
        if called in self._around.named:
            known = self._around.named[called]
            return self._derived(known.sql, known.fields, known.marks, node.args.get("alias"), clause, called)
        table = self._context.shared.get(called)
        if table is None:
            raise refusal(clause, "there is no such table in this collaboration", self._known())
        qualifier = self._context.alias()
        types = table.types()
        identity = self._context.controls.marks(table.name)
        self._context.scans.append((qualifier, table))
        marks = []
        if identity:
            if types[identity].kind != "text":
                raise refusal(
                    clause, f"{table}.{identity} is not a text", f"what tells people of {table} apart is one"
                )
            marks.append(Mark(f"{qualifier}.{quoted(identity)}", (table,), single=True))
        fields = []
        for each, type_ in types.items():
            own = table.column(each)
            origin = frozenset({own})
            mark = f"{qualifier}.{quoted(each)}" if each == identity else ""
            term = Term(f"{qualifier}.{quoted(each)}", type_, origin, origin, plain=True, mark=mark)
            fields.append(Seen(each, each, term))
        alias, columns = self._renamed(node.args.get("alias"), tuple(fields), called, clause)
        return f"{quoted(table.name)} AS {qualifier}", (alias, columns), marks

    def _derived(
        self,
        sql: str,
        fields: tuple[Field, ...],
        marks: tuple[Mark, ...],
        alias: exp.Expr | None,
        clause: str,
        called: str = "",
    ) -> tuple[str, tuple[str, tuple[Seen, ...]], list[Mark]]:
        qualifier = self._context.alias()
        own = [Mark(f"{qualifier}.{mark.sql}", mark.tables, mark.single) for mark in marks]
        moved = {mark.sql: here.sql for mark, here in zip(marks, own, strict=True)}
        seen = tuple(
            Seen(
                each.name,
                each.label,
                column_of(each.term, f"{qualifier}.{each.term.sql}", moved.get(each.term.mark, "")),
            )
            for each in fields
        )
        unnamed = called or f"\0{qualifier}"
        return f"{sql} AS {qualifier}", self._renamed(alias, seen, unnamed, clause), own

    def _renamed(
        self, alias: exp.Expr | None, seen: tuple[Seen, ...], called: str, clause: str
    ) -> tuple[str, tuple[Seen, ...]]:
        if alias is None:
            return called, seen
        if type(alias) is not exp.TableAlias:
            raise refusal(clause, "a table's alias is not known", "write AS name")
        only(alias, clause, "this", "columns")
        called = called if alias.this is None else name(alias.this, clause)
        columns = alias.args.get("columns") or ()
        if columns and len(columns) != len(seen):
            raise refusal(clause, f"{len(columns)} columns are named and there are {len(seen)}", "name them all")
        if columns:
            pairs = zip(columns, seen, strict=True)
            seen = tuple(Seen(name(given, clause), given.this, each.term) for given, each in pairs)
        return called, seen

    def _values(self, node: exp.Expr, clause: str) -> Relation:
        """VALUES: rows of expressions without columns."""
        only(node, clause, "expressions", "alias")
        reader = self._reader(Names())
        rows = []
        for row in node.expressions:
            cells = row.expressions if type(row) is exp.Tuple else [row]
            rows.append([reader.term(cell, "VALUES") for cell in cells])
        if len({len(row) for row in rows}) != 1:
            raise refusal("VALUES", "the rows are of different lengths", "give each the same number of values")
        fields = []
        for place in range(len(rows[0])):
            type_ = common([row[place].type for row in rows])
            if type_ is None:
                raise refusal("VALUES", f"the values of column {place + 1} are of different types", "CAST them")
            label = f"col{place + 1}"
            fields.append(Field(label, label, Term(column(place), type_, constant=True)))
        listed = ", ".join(f"({', '.join(cell.sql for cell in row)})" for row in rows)
        columns = ", ".join(column(place) for place in range(len(fields)))
        return Relation(f"SELECT * FROM (VALUES {listed}) AS v({columns})", tuple(fields))  # noqa: S608

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
        sql, (alias, columns), marks = self._item(node.this, "JOIN")
        before = Names(dict(source.names.sides), dict(source.names.joined), source.names.outer)
        source.names.add(alias, columns, "JOIN")
        kind = words.removesuffix(" OUTER") or "INNER"
        shared = [name(each, "JOIN") for each in node.args.get("using") or ()]
        if natural:
            shared = [
                seen.name for seen in columns if seen.name and before.unqualified(seen.name, "JOIN") is not None
            ]
        condition = node.args.get("on")
        if shared:
            if condition is not None:
                raise refusal("JOIN", "a join has ON and USING", "use one of them")
            text = self._using(shared, before, columns, kind, source)
        elif condition is not None:
            if kind == "CROSS":
                raise refusal("JOIN", "CROSS JOIN has no ON", "write JOIN")
            text = self._on(condition, kind, source)
        else:
            if kind not in ("INNER", "CROSS"):
                raise refusal("JOIN", f"{kind} JOIN has no condition", "write ON or USING")
            kind, text = "CROSS", ""
        source.sql += f"\n  {'' if kind == 'INNER' else kind.removeprefix('LEFT ') if kind in _FREE_KINDS else kind} "
        source.sql += f"JOIN {sql}{text}"
        if kind in _FREE_KINDS:
            source.names.sides.pop(alias)
        else:
            source.marks += marks

    def _on(self, condition: exp.Expr, kind: str, source: Source) -> str:
        found = self._reader(source.names).truth(condition, "JOIN")
        if kind == "INNER":
            for part in terms(condition, exp.And, "JOIN"):
                if type(part) is exp.EQ:
                    self._equal(part, source)
        return f" ON {found.sql}"

    def _equal(self, node: exp.Expr, source: Source) -> None:
        sides = [bare(node.this, "JOIN"), bare(node.args["expression"], "JOIN")]
        found = [source.names.find(side, "JOIN") for side in sides if isinstance(side, exp.Column)]
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
            if left is None or right is None:
                raise refusal("JOIN", f"'{each}' is not on both sides of the join", "USING names common columns")
            condition = reader.equal(left.term, right.term, "JOIN")
            conditions.append(condition.sql)
            if kind == "INNER":
                self._one_mark(left.term, right.term, source)
            kept = {"RIGHT": right.term, "FULL": reader.either(left.term, right.term)}.get(kind, left.term)
            source.names.joined[each] = Seen(each, left.label, kept)
        return f" ON {' AND '.join(conditions)}"

    def _known(self) -> str:
        return f"the tables are: {', '.join(sorted(table.name for table in self._context.shared.values()))}"
