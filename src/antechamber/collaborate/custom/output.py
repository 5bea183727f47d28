"""What leaves: which rows of the final SELECT may be told, and what SELECT DISTINCT and UNION make of marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from antechamber.collaborate.custom.context import Context
from antechamber.collaborate.custom.relation import Field, Mark, Relation, column, mark_column
from antechamber.collaborate.custom.rows import fields_ordered, limit_of
from antechamber.collaborate.custom.term import LIST
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import Column


def finish(
    context: Context,
    fields: Sequence[Field],
    marks: Sequence[Mark],
    *,
    in_row: bool,
    number: Callable[[Mark], str] | None = None,
) -> list[str]:
    """The conditions on a row of the answer. Raises QueryRefused when a column may not be output at all.

    number: the text of how many distinct identities of a mark a row rests on; by default, of what the mark says.
    """
    outputs = [field.term for field in fields]
    for term in outputs:
        context.controls.output(term)
        if term.type.kind in ("other", "null") and term.origins:
            raise refusal("SELECT list", "a column of a type that is not known reaches the answer", "leave it out")
    extreme, qualifying = any(term.extreme for term in outputs), any(term.qualifying for term in outputs)
    if context.controls.thresholds and extreme and not qualifying:
        raise refusal(
            "SELECT list",
            "MIN, MAX, a percentile, a list of values or LAG stands without an AVG, COUNT or SUM beside it",
            "select COUNT(*) too",
        )
    conditions = []
    for mark in marks:
        required = context.controls.required(mark, outputs)
        if required:
            for table in mark.tables:
                threshold = context.controls.rules[table.name].threshold
                identity = Column(table.name, "" if threshold is None else threshold.identity)
                context.constraints[identity] = max(context.constraints.get(identity, 0), required)
            counted = mark.number_in_row() if in_row or number is None else number(mark)
            conditions.append(f"{counted} >= {required}")
    return conditions


def select_distinct(context: Context, relation: Relation, node: exp.Expr, *, final: bool) -> Relation:
    """Equal rows once, each resting on what all of them rest on; then ORDER BY and LIMIT are those of the node."""
    alias = context.alias("d")
    for field in relation.fields:
        if field.term.type.kind in (LIST, "other") and final and context.controls.thresholds:
            raise refusal("SELECT list", "a list of values is told apart by DISTINCT", "leave DISTINCT out")
    outputs = [f"{alias}.{field.term.sql} AS {column(n, final=final)}" for n, field in enumerate(relation.fields)]
    marks = [replace(mark, sql=f"{alias}.{mark.sql}") for mark in relation.marks]
    having: list[str] = []
    over: list[Mark] = []
    if final:
        having = finish(context, relation.fields, marks, in_row=False, number=Mark.number_in_group)
    else:
        for place, mark in enumerate(marks):
            kept = _grouped_by(mark, relation, place)
            over.append(Mark(mark_column(place), mark.tables, kept is not None))
            outputs.append(f"{kept or mark.grouped()} AS {mark_column(place)}")
    keys = ", ".join(str(place + 1) for place in range(len(relation.fields)))
    sql = f"SELECT {', '.join(outputs)}\nFROM ({relation.sql}) AS {alias}\nGROUP BY {keys}"
    if having:
        sql += f"\nHAVING {' AND '.join(having)}"
    sql += fields_ordered(node, relation.fields) + limit_of(node, context)
    return Relation(sql, relation.fields, tuple(over))


def united(context: Context, sides: Sequence[Relation], fields: tuple[Field, ...]) -> Relation:
    """The rows of both sides of a UNION ALL. A row's marks are its side's; where a side has fewer, its last again.

    A side that does not read a table has no identity of it to count.
    """
    tables: dict[tuple[str, ...], int] = {}
    for side in sides:
        for key, marks in _by_tables(side).items():
            tables[key] = max(tables.get(key, 0), len(marks))
    merged: list[Mark] = []
    texts: list[list[str]] = [[] for _ in sides]
    for key, number in tables.items():
        for place in range(number):
            found = [_at(_by_tables(side).get(key, []), place) for side in sides]
            single = all(mark is None or mark.single for mark in found)
            known = next(mark for mark in found if mark is not None)
            merged.append(Mark(mark_column(len(merged)), known.tables, single))
            for text, mark in zip(texts, found, strict=True):
                text.append("NULL" if mark is None else mark.sql if single else mark.as_list())
    branches = []
    for side, text in zip(sides, texts, strict=True):
        alias = context.alias("u")
        outputs = [f"{alias}.{field.term.sql} AS {field.term.sql}" for field in side.fields]
        outputs += [f"{each} AS {mark_column(place)}" for place, each in enumerate(text)]
        branches.append(f"SELECT {', '.join(outputs)} FROM ({side.sql}) AS {alias}")  # noqa: S608 - checked texts
    return Relation("\nUNION ALL ".join(branches), fields, tuple(merged))


def _by_tables(relation: Relation) -> dict[tuple[str, ...], list[Mark]]:
    found: dict[tuple[str, ...], list[Mark]] = {}
    for mark in relation.marks:
        found.setdefault(tuple(sorted({table.name for table in mark.tables})), []).append(mark)
    return found


def _at(marks: Sequence[Mark], place: int) -> Mark | None:
    return marks[min(place, len(marks) - 1)] if marks else None


def _grouped_by(mark: Mark, relation: Relation, place: int) -> str | None:
    """A mark that is one identity which the query gives too: every group of equal rows has one."""
    if not mark.single:
        return None
    own = relation.marks[place].sql
    return f"any_value({mark.sql})" if any(field.term.mark == own for field in relation.fields) else None
