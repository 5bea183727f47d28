"""One SELECT of a custom query, and what holds for the last one: disallowed columns and thresholds.

A SELECT that groups becomes two: one that groups and aggregates, and one over it for what is computed of groups; so
every expression is over columns, and an overflow in it can be made NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from antechamber.collaborate.custom.aggregates import aggregate_name, has_aggregate
from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.exploded import OWN, as_view
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.grouping import Groups, Rows, Subquery, grouped_or_refused, loosened
from antechamber.collaborate.custom.items import Item, at_position, fields_of, items_of, over_groups
from antechamber.collaborate.custom.names import Names
from antechamber.collaborate.custom.output import finish, select_distinct
from antechamber.collaborate.custom.relation import Field, Mark, Relation, column, mark_column
from antechamber.collaborate.custom.rows import limit_of, outputs_ordered
from antechamber.collaborate.custom.sources import Source, Sources
from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only

_PARTS = (
    "expressions",
    "from_",
    "joins",
    "laterals",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "distinct",
    "windows",
    "hint",
)
_PRIVATE_PARTS = ("expressions", "from_", "joins", "where", "group", "having", "distinct", "windows", "hint")
"""Without ORDER BY and LIMIT, by which a user's records would decide about another's."""


class Select:
    """Reads one SELECT.

    query, subquery: read the queries within it.
    """

    def __init__(
        self, context: Context, around: Around, query: Callable[[exp.Expr, Around], Relation], subquery: Subquery
    ) -> None:
        self._context = context
        self._around = around
        self._query = query
        self._subquery = subquery

    def relation(self, node: exp.Select, *, final: bool) -> Relation:
        """What the SELECT gives; of the final one, only rows that may be told. Raises QueryRefused."""
        node = as_view(node)
        only(node, "statement", *_PARTS, "with_")
        reader = self._reader_of_rows
        source = self._sources().read(node)
        where = ""
        if (clause := node.args.get("where")) is not None:
            only(clause, "WHERE", "this")
            where = reader(source.names, None).truth(clause.this, "WHERE").sql
        named = {name(each.this, "WINDOW"): each for each in node.args.get("windows") or ()}
        if self._context.controls.private and source.marks and not final:
            only(node, "a query of a differentially private table", *_PRIVATE_PARTS, "with_")
        items = items_of(node, source.names)
        distinct = self._distinct(node)
        inner = _unordered(node) if distinct else node
        groups = self._groups(inner, items)
        if groups and any(each.args["alias"].name == OWN for each in node.args.get("laterals") or ()):
            raise refusal("SELECT list", "an output is exploded beside groups", "explode it in a subquery")
        read = self._grouped if groups else self._plain
        made = read(inner, items, source, where, named, final=final and not distinct)
        return select_distinct(self._context, made, node, final=final) if distinct else made

    def _sources(self) -> Sources:
        return Sources(self._context, self._around, self._query, lambda names: self._reader_of_rows(names, None))

    def _reader_of_rows(self, names: Names, named: dict[str, exp.Window] | None) -> Expressions:
        return Expressions(names, self._context.controls, self._context.now, Rows(self._subquery, named))

    def _groups(self, node: exp.Select, items: list[Item]) -> bool:
        if node.args.get("group") is not None or node.args.get("having") is not None:
            return True
        order = node.args.get("order")
        nodes = [item.node for item in items if item.node is not None] + ([order] if order is not None else [])
        return any(has_aggregate(each) for each in nodes)

    def _distinct(self, node: exp.Select) -> bool:
        distinct = node.args.get("distinct")
        if distinct is None:
            return False
        only(distinct, "SELECT list")
        return True

    def _plain(
        self,
        node: exp.Select,
        items: list[Item],
        source: Source,
        where: str,
        named: dict[str, exp.Window],
        *,
        final: bool,
    ) -> Relation:
        reader = self._reader_of_rows(source.names, named)
        terms = [self._term(item, reader) for item in items]
        fields = fields_of(items, terms)
        marks = source.merged() if final else tuple(source.marks)
        conditions = [where] if where else []
        if final:
            conditions += finish(self._context, fields, marks, in_row=True)
        sql = _written(terms, source.sql, conditions, final=final, marks=() if final else marks)
        ordered = outputs_ordered(node, items, terms, reader)
        over = () if final else marks
        fields = _tracked(fields, source, marks, over)
        return Relation(sql + ordered + limit_of(node, self._context), fields, _marked(over))

    def _grouped(
        self,
        node: exp.Select,
        items: list[Item],
        source: Source,
        where: str,
        named: dict[str, exp.Window],
        *,
        final: bool,
    ) -> Relation:
        rows = self._reader_of_rows(source.names, None)
        groups = Groups(self._context, rows, self._subquery, named, self._context.alias("g"))
        self._keys(node, items, rows, groups, source)
        reader = Expressions(loosened(source.names), self._context.controls, self._context.now, groups)
        terms = [grouped_or_refused(self._term(over_groups(item), reader), "SELECT list") for item in items]
        having = []
        if (clause := node.args.get("having")) is not None:
            only(clause, "HAVING", "this")
            having.append(self._having(clause.this, items, reader).sql)
        fields = fields_of(items, terms)
        marks = source.merged() if final else tuple(source.marks)
        over: tuple[Mark, ...] = ()
        if final and self._exempt(node, items, source):
            finish(self._context, fields, (), in_row=False)
        elif final:
            having += finish(self._context, fields, marks, in_row=False, number=self._number_over(groups))
        else:
            over = tuple(_mark_of_group(mark, groups, source) for mark in marks)
        ordered = outputs_ordered(node, items, terms, reader, check=grouped_or_refused)
        grouping = groups.select(
            source.sql, f"\n  WHERE {where}" if where else "", keys=node.args.get("group") is not None
        )
        inside = f"({grouping}) AS {groups.alias}"
        sql = _written(terms, inside, having, final=final, marks=over)
        fields = _tracked(fields, source, marks, over)
        return Relation(sql + ordered + limit_of(node, self._context), fields, _marked(over))

    def _number_over(self, groups: Groups) -> Callable[[Mark], str]:
        return lambda mark: f"{groups.alias}.{groups.column(mark.number_in_group())}"

    def _exempt(self, node: exp.Select, items: list[Item], source: Source) -> bool:
        """Whether it counts the records of one table and does nothing else, on which AWS enforces no threshold.

        Source: *Considerations and limitations*. With a WHERE, the threshold holds here: the count of few people is
        a small cell.
        """
        if not source.alone or any(node.args.get(part) for part in ("where", "group", "having")):
            return False
        return all(
            item.node is not None and aggregate_name(bare(item.node, "")) in ("COUNT", "APPROX_COUNT_DISTINCT")
            for item in items
        )

    def _term(self, item: Item, reader: Expressions) -> Term:
        if item.known is not None:
            return reader.beyond.settled(item.known)
        return reader.term(item.node, "SELECT list")

    def _keys(self, node: exp.Select, items: list[Item], rows: Expressions, groups: Groups, source: Source) -> None:
        clause = node.args.get("group")
        if clause is None:
            return
        only(clause, "GROUP BY", "expressions", "rollup", "cube")
        nodes = list(clause.expressions)
        # GROUP BY a, b WITH ROLLUP is GROUP BY ROLLUP (a, b).
        if clause.args.get("rollup"):
            nodes = [exp.Rollup(expressions=nodes)]
        elif clause.args.get("cube"):
            nodes = [exp.Cube(expressions=nodes)]
        for each in nodes:
            if isinstance(each, exp.Rollup | exp.Cube | exp.GroupingSets):
                if self._context.controls.strict:
                    raise refusal(
                        "GROUP BY",
                        "ROLLUP, CUBE and GROUPING SETS are not allowed beside thresholds and comparison controls",
                        "group by one set of columns",
                    )
                groups.sets.append(self._sets(each, items, rows, groups, source))
            else:
                groups.group_by(self._key(bare(each, "GROUP BY"), items, rows, source))

    def _sets(self, node: exp.Expr, items: list[Item], rows: Expressions, groups: Groups, source: Source) -> str:
        """ROLLUP, CUBE or GROUPING SETS, as DuckDB text."""
        only(node, "GROUP BY", "expressions")
        texts = []
        for each in node.expressions:
            inner = each.expressions if isinstance(each, exp.Tuple) else [bare(each, "GROUP BY")]
            keys = [self._key(bare(part, "GROUP BY"), items, rows, source) for part in inner]
            for key in keys:
                groups.group_by(key, plain=False)
            texts.append(f"({', '.join(key.sql for key in keys)})")
        word = "ROLLUP" if type(node) is exp.Rollup else "CUBE" if type(node) is exp.Cube else "GROUPING SETS"
        return f"{word} ({', '.join(texts)})"

    def _key(self, node: exp.Expr, items: list[Item], rows: Expressions, source: Source) -> Term:
        """A key; a position or an alias stands for the output that it points to, a column of FROM comes first."""
        target: Item | None = None
        if type(node) is exp.Literal and not node.is_string:
            target = at_position(node, items, "GROUP BY")
        elif type(node) is exp.Column and not node.args.get("table") and isinstance(node.this, exp.Identifier):
            alias = name(node.this, "GROUP BY")
            if source.names.unqualified(alias, "GROUP BY") is None:
                target = next((item for item in items if item.name == alias), None)
        if target is None:
            return rows.term(node, "GROUP BY")
        if target.known is not None:
            return target.known
        return rows.term(target.node, "GROUP BY")

    def _having(self, node: exp.Expr, items: list[Item], reader: Expressions) -> Term:
        """The condition of HAVING, in which the alias of an output stands for it."""
        aliases = {
            item.name: item.node for item in items if item.node is not None and type(item.node) is not exp.Column
        }

        def written(each: exp.Expr) -> exp.Expr:
            if type(each) is exp.Column and not each.args.get("table") and isinstance(each.this, exp.Identifier):
                called = name(each.this, "HAVING")
                if called in aliases and reader.names.unqualified(called, "HAVING") is None:
                    return aliases[called].copy()
            return each

        return grouped_or_refused(reader.truth(node.copy().transform(written, copy=False), "HAVING"), "HAVING")


def _unordered(node: exp.Select) -> exp.Select:
    """A SELECT DISTINCT without what comes after DISTINCT."""
    inner = node.copy()
    for part in ("order", "limit", "offset", "distinct"):
        inner.set(part, None)
    return inner


def _mark_of_group(mark: Mark, groups: Groups, source: Source) -> Mark:
    """The mark of a group: the one identity when the query groups by it, else the list of those in the group."""
    if mark.single:
        for key in groups.keys.values():
            if key.mark and source.representative(key.mark) == source.representative(mark.sql):
                return Mark(key.sql, mark.tables, single=True)
    return Mark(f"{groups.alias}.{groups.column(mark.grouped())}", mark.tables, single=False)


def _tracked(
    fields: tuple[Field, ...], source: Source, marks: tuple[Mark, ...], over: tuple[Mark, ...]
) -> tuple[Field, ...]:
    """The fields, each with the relation's mark that it equals instead of that of FROM."""
    own: dict[str, str] = {}
    for place, (mark, kept) in enumerate(zip(marks, over, strict=False)):
        if kept.single:
            own.setdefault(source.representative(mark.sql), mark_column(place))
    return tuple(
        replace(each, term=replace(each.term, mark=own.get(source.representative(each.term.mark), "")))
        for each in fields
    )


def _marked(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    return tuple(replace(mark, sql=mark_column(place)) for place, mark in enumerate(marks))


def _written(terms: list[Term], source: str, conditions: list[str], *, final: bool, marks: tuple[Mark, ...]) -> str:
    outputs = [f"{term.sql} AS {column(place, final=final)}" for place, term in enumerate(terms)]
    outputs += [f"{mark.sql} AS {mark_column(place)}" for place, mark in enumerate(marks)]
    sql = f"SELECT {', '.join(outputs)}"
    if source:
        sql += f"\nFROM {source}"
    if conditions:
        sql += f"\nWHERE {' AND '.join(conditions)}"
    return sql
