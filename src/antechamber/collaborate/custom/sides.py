"""One side of a FROM or JOIN of a custom query: a table, a common table expression, a subquery, VALUES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlglot import exp

from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.mapped import Mapped
from antechamber.collaborate.custom.names import Names, Seen
from antechamber.collaborate.custom.pivots import pivot_of, without, written
from antechamber.collaborate.custom.relation import Field, Mark, Relation, column
from antechamber.collaborate.custom.term import Term, column_of, common
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import name, only, spoken
from antechamber.collaborate.values import quoted


@dataclass(frozen=True)
class Side:
    """What a table of FROM brings.

    sql: its DuckDB text; qualifier: its alias there.
    alias: as the query names it; a subquery without one has a key that no query can write.
    """

    sql: str
    qualifier: str
    alias: str
    columns: tuple[Seen, ...]
    marks: list[Mark]


class Sides:
    """Reads the tables of FROM.

    query: reads a subquery.
    reader: an Expressions over names, for VALUES.
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

    def read(self, node: exp.Expr, clause: str, mapped: Mapped) -> Side:
        """A table of FROM; an ID mapping table is noted in `mapped`. Raises QueryRefused."""
        if type(node) in (exp.Table, exp.Subquery) and (pivot := pivot_of(node)) is not None:
            # Read for the names of its columns alone.
            bare_side = self.read(without(node), clause, mapped)
            names = [each.name for each in bare_side.columns]
            if any(each.joins for each in bare_side.columns):
                raise refusal("FROM", "an ID mapping table is pivoted", "join it")
            return self.read(written(node, pivot, names, self._context), clause, mapped)
        if type(node) is exp.Table:
            return self._table(node, clause, mapped)
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

    def _table(self, node: exp.Expr, clause: str, mapped: Mapped) -> Side:
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
        if table.kind == "id_mapping":
            mapped.tables[qualifier] = table
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
            joins = table.name if table.kind == "id_mapping" and each not in table.dimensions else ""
            fields.append(Seen(each, each, term, joins))
        alias, columns = self._renamed(node.args.get("alias"), tuple(fields), called, clause)
        return Side(f"{quoted(table.name)} AS {qualifier}", qualifier, alias, columns, marks)

    def _derived(
        self,
        sql: str,
        fields: tuple[Field, ...],
        marks: tuple[Mark, ...],
        alias: exp.Expr | None,
        clause: str,
        called: str = "",
    ) -> Side:
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
        called, columns = self._renamed(alias, seen, unnamed, clause)
        return Side(f"{sql} AS {qualifier}", qualifier, called, columns, own)

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
            seen = tuple(replace(each, name=name(given, clause), label=given.this) for given, each in pairs)
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

    def _known(self) -> str:
        return f"the tables are: {', '.join(sorted(table.name for table in self._context.shared.values()))}"
