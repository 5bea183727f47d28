"""The final SELECT of a private query: groups, measures, and the records of each user that count.

Source: AWS Clean Rooms user guide, *SQL capabilities of AWS Clean Rooms Differential Privacy*: what common table
expressions give must be records of users, so that every record in front of the final SELECT has one user.
"""

from __future__ import annotations

from sqlglot import exp

from antechamber.collaborate.custom.aggregates import has_aggregate
from antechamber.collaborate.custom.context import Around, Context
from antechamber.collaborate.custom.items import Item, items_of
from antechamber.collaborate.custom.query import Query
from antechamber.collaborate.custom.select import Select
from antechamber.collaborate.custom.sources import Source
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.privacy.answer import Private
from antechamber.collaborate.privacy.measures import Measure, measure
from antechamber.collaborate.tree import bare, name, only, spoken

_PARTS = ("expressions", "from_", "joins", "where", "group", "order", "limit", "hint", "with_")


class PrivateSelect(Select):
    """Reads the final SELECT."""

    def private(self, node: exp.Select, records: int) -> tuple[Private, tuple[str, ...]]:
        """The private statement and the names of its columns. records: how many of a user's records count.

        Raises QueryRefused.
        """
        only(node, "final SELECT", *_PARTS)
        reader = self._reader_of_rows
        source = self._sources().read(node)
        user = _one_user(source)
        where = f"{user} IS NOT NULL"
        if (clause := node.args.get("where")) is not None:
            only(clause, "WHERE", "this")
            where += f" AND {reader(source.names, None).truth(clause.this, 'WHERE').sql}"
        items = items_of(node, source.names)
        rows = reader(source.names, None)
        keys = self._private_keys(node, items, source)
        outputs: list[int | Measure] = []
        for item in items:
            if item.node is not None and has_aggregate(item.node):
                found = measure(bare(item.node, "SELECT list"), lambda each: rows.term(each, "SELECT list"))
                self._context.controls.output(found.term)
                outputs.append(found)
                continue
            term = self._term(item, rows)
            self._context.controls.output(term)
            if term.sql not in keys:
                raise refusal("SELECT list", f"'{item.label[:40]}' is neither aggregated nor grouped", "group by it")
            outputs.append(list(keys).index(term.sql))
        if not any(isinstance(each, Measure) for each in outputs):
            raise refusal("SELECT list", "a differentially private query selects an aggregate", "select COUNT(*)")
        sql = _sql(source, where, list(keys), outputs, user, records)
        private = Private(sql, tuple(outputs), bool(keys), _order(node, items), _limit(node))
        return private, tuple(item.label for item in items)

    def _private_keys(self, node: exp.Select, items: list[Item], source: Source) -> dict[str, None]:
        clause = node.args.get("group")
        if clause is None:
            return {}
        only(clause, "GROUP BY", "expressions")
        rows = self._reader_of_rows(source.names, None)
        terms = [self._key(bare(each, "GROUP BY"), items, rows, source) for each in clause.expressions]
        return {term.sql: None for term in terms}


def plan_private(tree: exp.Expr, context: Context, records: int) -> tuple[Private, tuple[str, ...]]:
    """The plan of a statement over tables of which some are differentially private. Raises QueryRefused."""
    if type(tree) is not exp.Select:
        raise refusal("final SELECT", f"{spoken(tree)} is not one SELECT", "combine tables in WITH")
    query = Query(context)
    around = query.named(tree, Around())
    final = PrivateSelect(context, around, query.relation, query.subquery(around))
    return final.private(tree, records)


def _one_user(source: Source) -> str:
    """The text of the user that every record has. Raises QueryRefused when there are several, or a list of them."""
    marks = source.merged()
    if any(not mark.single for mark in marks):
        raise refusal(
            "final SELECT",
            "a subquery of a differentially private table gives no records of users",
            "keep the user's column in it, grouped by or selected",
        )
    if len(marks) != 1:
        tables = " and ".join(sorted({table.name for mark in marks for table in mark.tables})) or "no private table"
        raise refusal("JOIN", f"records of {tables} are not of one user", "join them on the users' columns")
    return marks[0].sql


def _sql(source: Source, where: str, keys: list[str], outputs: list[int | Measure], user: str, records: int) -> str:
    """Keys, sums and users of every group, over at most so many records of each user, drawn by chance."""
    sums = [each for output in outputs if isinstance(output, Measure) for each in output.sums]
    inner = [f"{key} AS k{place}" for place, key in enumerate(keys)]
    inner += [f"{each.value or '1'} AS v{place}" for place, each in enumerate(sums)]
    inner += [f"{user} AS u", f"row_number() OVER (PARTITION BY {user} ORDER BY random()) AS r"]
    outer = [f"k{place}" for place in range(len(keys))]
    outer += [f"{each.sql(f'v{place}')} AS s{place}" for place, each in enumerate(sums)]
    outer.append("COUNT(DISTINCT u) AS users")
    grouped = f"\nGROUP BY {', '.join(str(place + 1) for place in range(len(keys)))}" if keys else ""
    return (
        f"SELECT {', '.join(outer)}\n"  # noqa: S608 - checked texts
        f"FROM (SELECT {', '.join(inner)}\n  FROM {source.sql}\n  WHERE {where}) AS counted\n"
        f"WHERE r <= {records}{grouped}"
    )


def _order(node: exp.Select, items: list[Item]) -> tuple[tuple[int, bool, str], ...]:
    order = node.args.get("order")
    found = []
    for each in () if order is None else order.expressions:
        only(each, "ORDER BY", "this", "desc", "nulls_first")
        inner = bare(each.this, "ORDER BY")
        place = None
        if type(inner) is exp.Literal and inner.this.isdecimal() and 1 <= int(inner.this[:6]) <= len(items):
            place = int(inner.this) - 1
        elif type(inner) is exp.Column and not inner.args.get("table"):
            called = name(inner.this, "ORDER BY")
            place = next((number for number, item in enumerate(items) if item.name == called), None)
        if place is None:
            raise refusal("ORDER BY", "a private answer is ordered by its outputs", "name an output")
        found.append((place, bool(each.args.get("desc")), "first" if each.args.get("nulls_first") else "last"))
    return tuple(found)


def _limit(node: exp.Select) -> int | None:
    limit = node.args.get("limit")
    if limit is None:
        return None
    only(limit, "LIMIT", "expression")
    number = bare(limit.args["expression"], "LIMIT")
    if type(number) is not exp.Literal or number.is_string or not number.this.isdecimal() or len(number.this) > 10:
        raise refusal("LIMIT", "LIMIT takes a whole number", "write the number itself")
    return int(number.this)
