"""Queries within queries: WITH, set operations, subqueries; each is read by the same rules."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from antechamber.collaborate.custom.comparisons import compare
from antechamber.collaborate.custom.context import Around, Context, Named
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.grouping import Subquery
from antechamber.collaborate.custom.output import select_distinct, united
from antechamber.collaborate.custom.relation import Field, Relation
from antechamber.collaborate.custom.rows import fields_ordered, limit_of
from antechamber.collaborate.custom.select import Select
from antechamber.collaborate.custom.term import Term, common, made
from antechamber.collaborate.parse import CACHED, refusal
from antechamber.collaborate.tree import name, only, spoken
from antechamber.collaborate.values import BOOLEAN, Value

SETS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


class Query:
    """Reads the queries of one statement."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def relation(self, node: exp.Expr, around: Around, *, final: bool = False) -> Relation:
        """What a query gives. final: whether it is the statement's own, whose rows leave. Raises QueryRefused."""
        around = self.named(node, around)
        if type(node) is exp.Select:
            return Select(self._context, around, self.relation, self.subquery(around)).relation(node, final=final)
        if type(node) in SETS:
            return self._set(node, around, final=final)
        if type(node) is exp.Subquery:
            return self._in_parentheses(node, around, final=final)
        raise refusal("statement", f"{spoken(node)} is not a query", "write SELECT")

    def named(self, node: exp.Expr, around: Around) -> Around:
        """What is in scope after WITH. Raises QueryRefused."""
        clause = node.args.get("with_")
        if clause is None:
            return around
        only(clause, "WITH", "expressions")
        named = dict(around.named)
        for each in clause.expressions:
            if type(each) is not exp.CTE:
                raise refusal("WITH", f"{spoken(each)} is not allowed", "")
            only(each, "WITH", "this", "alias")
            alias = each.args["alias"]
            called = name(alias.this, "WITH")
            if called in self._context.shared:
                raise refusal("WITH", "a common table expression has the name of a shared table", "give it another")
            relation = self.relation(each.this, Around(named))
            own = self._context.alias("w")
            once = ""
            if each.meta.get(CACHED):
                # AWS holds what is cached to the rule of outputs, and computes it once.
                for field in relation.fields:
                    self._context.controls.output(field.term)
                once = "MATERIALIZED "
            self._context.withs.append(f"{own} AS {once}({relation.sql})")
            columns = alias.args.get("columns") or ()
            fields = relation.fields if not columns else _renamed(relation.fields, columns)
            named[called] = Named(own, fields, relation.marks)
        return replace(around, named=named)

    def _in_parentheses(self, node: exp.Expr, around: Around, *, final: bool) -> Relation:
        only(node, "statement", "this", "order", "limit", "offset", "with_")
        inner = node.this
        if not any(node.args.get(part) for part in ("order", "limit", "offset")):
            return self.relation(inner, around, final=final)
        relation = self.relation(inner, around, final=final)
        alias = self._context.alias("q")
        ordered = fields_ordered(node, relation.fields) + limit_of(node, self._context)
        return replace(relation, sql=f"SELECT * FROM ({relation.sql}) AS {alias}{ordered}")  # noqa: S608 - checked

    def _set(self, node: exp.Expr, around: Around, *, final: bool) -> Relation:
        only(node, SETS[type(node)], "this", "expression", "distinct", "order", "limit", "offset", "with_")
        operator, distinct = SETS[type(node)], bool(node.args.get("distinct"))
        if operator != "UNION" and (self._context.controls.strict or self._context.controls.private):
            raise refusal(
                operator, f"{operator} is not allowed beside thresholds, comparison controls and privacy", "use UNION"
            )
        apart = final and operator == "UNION" and not distinct
        if final and operator == "UNION" and distinct:
            return self._union_of_answers(node, around)
        sides = [self.relation(side, around, final=apart) for side in (node.this, node.args["expression"])]
        fields = _together(sides, operator)
        if apart:
            # Each side holds back its own rows; ORDER BY and LIMIT come after.
            sql = f"({sides[0].sql})\nUNION ALL\n({sides[1].sql})"
        elif operator == "UNION":
            both = united(self._context, sides, fields)
            if distinct:
                return select_distinct(self._context, both, node, final=False)
            sql, sides = both.sql, [both]
        else:
            word = operator if distinct else f"{operator} ALL"
            plain = Relation(f"({sides[0].sql})\n{word}\n({sides[1].sql})", fields)
            return self._renumbered(plain, node, final=final)
        ordered = fields_ordered(node, fields) + limit_of(node, self._context)
        return Relation(sql + ordered, fields, sides[0].marks)

    def _union_of_answers(self, node: exp.Expr, around: Around) -> Relation:
        """The statement's own UNION: equal rows of both sides once, each of which one side alone may tell.

        Where both sides read the same tables, a row rests on what it rests on in both.
        """
        sides = [self.relation(side, around) for side in (node.this, node.args["expression"])]
        fields = _together(sides, "UNION")
        read = [{table.name for mark in side.marks for table in mark.tables} for side in sides]
        if read[0] == read[1]:
            return select_distinct(self._context, united(self._context, sides, fields), node, final=True)
        bare_node = exp.Select()
        told = [select_distinct(self._context, side, bare_node, final=True) for side in sides]
        sql = (
            f"({told[0].sql})\nUNION\n({told[1].sql})" + fields_ordered(node, fields) + limit_of(node, self._context)
        )
        return Relation(sql, fields)

    def _renumbered(self, relation: Relation, node: exp.Expr, *, final: bool) -> Relation:
        """EXCEPT or INTERSECT, with the columns named as the answer's when it is the statement's own."""
        alias = self._context.alias("q")
        outputs = [
            f"{alias}.{field.term.sql} AS {number}" for number, field in _numbered(relation.fields, final=final)
        ]
        for field in relation.fields if final else ():
            self._context.controls.output(field.term)
        sql = f"SELECT {', '.join(outputs)} FROM ({relation.sql}) AS {alias}"  # noqa: S608 - checked texts
        return replace(relation, sql=sql + fields_ordered(node, relation.fields) + limit_of(node, self._context))

    def subquery(self, around: Around) -> Subquery:
        """Reads the subqueries of expressions."""

        def read(node: exp.Expr, reader: Expressions, clause: str) -> Term:
            if self._context.controls.strict or self._context.controls.private:
                raise refusal(
                    clause,
                    "a subquery stands in an expression beside thresholds, comparison controls or privacy",
                    "join it, as a subquery in FROM",
                )
            inner = Around(around.named, reader.names)
            if type(node) is exp.Exists:
                only(node, clause, "this")
                before = len(self._context.scans)
                relation = self.relation(_query_of(node.this), inner)
                found = _of_relation(relation, f"EXISTS ({relation.sql})", reader)
                # Whether it is true shows what its conditions compare.
                return replace(found, origins=found.origins | self._context.read_in(relation.sql, before))
            if type(node) is exp.In:
                only(node, clause, "this", "query")
                subject = reader.term(node.this, clause)
                before = len(self._context.scans)
                relation = self.relation(_query_of(node.args["query"]), inner)
                field = _only_field(relation, clause)
                compare("=", subject, field.term, reader.controls, clause)
                found = _of_relation(relation, f"({subject.sql} IN ({relation.sql}))", reader)
                found = made(Value(found.sql, BOOLEAN), (subject, found), whole=True)
                return replace(found, origins=found.origins | self._context.read_in(relation.sql, before))
            relation = self.relation(_query_of(node), inner)
            field = _only_field(relation, clause)
            return replace(_of_relation(relation, f"({relation.sql})", reader), type=field.term.type)

        return read


def _query_of(node: exp.Expr) -> exp.Expr:
    if type(node) is exp.Subquery and not any(node.args.get(part) for part in ("order", "limit", "offset", "alias")):
        return _query_of(node.this)
    return node


def _only_field(relation: Relation, clause: str) -> Field:
    if len(relation.fields) != 1:
        raise refusal(clause, "a subquery in an expression gives one column", "select one")
    return relation.fields[0]


def _of_relation(relation: Relation, sql: str, reader: Expressions) -> Term:
    parts = [field.term for field in relation.fields]
    return made(Value(sql, BOOLEAN), [*parts, *reader.names.borrowed], whole=True)


def _renamed(fields: tuple[Field, ...], columns: list[exp.Expr]) -> tuple[Field, ...]:
    if len(columns) != len(fields):
        raise refusal("WITH", f"{len(columns)} columns are named and there are {len(fields)}", "name them all")
    pairs = zip(columns, fields, strict=True)
    return tuple(Field(name(given, "WITH"), given.this, field.term) for given, field in pairs)


def _numbered(fields: tuple[Field, ...], *, final: bool) -> list[tuple[str, Field]]:
    return [(f'"{place + 1}"' if final else field.term.sql, field) for place, field in enumerate(fields)]


def _together(sides: list[Relation], operator: str) -> tuple[Field, ...]:
    """The columns of a set operation: named by the first side, made of both."""
    first, second = sides
    if len(first.fields) != len(second.fields):
        raise refusal(operator, "the sides have different numbers of columns", "select as many on each")
    fields = []
    for left, right in zip(first.fields, second.fields, strict=True):
        type_ = common([left.term.type, right.term.type])
        if type_ is None:
            raise refusal(operator, f"column '{left.label}' is of different types on the two sides", "CAST one")
        both = made(Value(left.term.sql, type_), (left.term, right.term))
        plain = left.term.plain and right.term.plain
        fields.append(Field(left.name, left.label, replace(both, plain=plain)))
    return tuple(fields)
