"""Window functions of a custom query: Spark's, in DuckDB. Source: Spark SQL 3.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from antechamber.collaborate.custom.aggregates import aggregate, aggregate_name
from antechamber.collaborate.custom.term import Term, alike, made
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken
from antechamber.collaborate.values import FLOAT, INTEGER, Type, Value

if TYPE_CHECKING:
    from antechamber.collaborate.custom.expressions import Expressions

_RANKS: dict[str, tuple[str, Type, bool]] = {
    "ROW_NUMBER": ("row_number()", INTEGER, True),
    "RANK": ("rank()", INTEGER, True),
    "DENSE_RANK": ("dense_rank()", INTEGER, True),
    "PERCENT_RANK": ("percent_rank()", FLOAT, False),
    "CUME_DIST": ("cume_dist()", FLOAT, False),
}
"""Name → DuckDB text, type, whether it is allowed beside thresholds and comparison controls."""
_VALUES = {"FIRST": "first_value", "FIRST_VALUE": "first_value", "LAST": "last_value", "LAST_VALUE": "last_value"}


def window(node: exp.Window, reader: Expressions, clause: str, named: Mapping[str, exp.Window]) -> Term:
    """The term of a window function.

    named: the windows of the WINDOW clause.
    Raises QueryRefused.
    """
    only(node, clause, "this", "partition_by", "order", "spec", "over", "alias")
    if node.args.get("over") not in (None, "OVER"):
        raise refusal(clause, "KEEP is not known here", "")
    over, parts = _over(_definition(node, named, clause), reader, clause)
    function = bare(node.this, clause)
    ignore = ""
    if isinstance(function, exp.IgnoreNulls | exp.RespectNulls):
        if reader.controls.strict:
            raise refusal(clause, "IGNORE NULLS is not allowed beside thresholds and comparison controls", "")
        only(function, clause, "this")
        ignore = " IGNORE NULLS" if isinstance(function, exp.IgnoreNulls) else ""
        function = function.this
    called = function.this.upper() if isinstance(function, exp.Anonymous) and isinstance(function.this, str) else ""
    if called in _RANKS:
        found = _rank(function, called, reader, clause, over)
    elif called in ("LAG", "LEAD", "NTILE", "NTH_VALUE") or called in _VALUES:
        found = _placed(function, called, reader, clause, over, ignore)
    elif aggregate_name(function):
        found = aggregate(function, lambda each: reader.term(each, clause), reader.controls, clause, over)
    else:
        raise refusal(clause, f"{spoken(function)} is no window function", "see the reference of custom rules")
    # Which rows it is over is not shown by its value, only used for it.
    origins = made(Value("", found.type), (found, *parts)).origins
    loose = found.loose.union(*(part.loose for part in parts))
    return replace(found, origins=origins, loose=loose, whole=True, plain=False, mark="", literal=None)


def order_terms(order: exp.Expr | None, reader: Expressions, clause: str) -> tuple[list[str], list[Term]]:
    """The terms of an ORDER BY, as DuckDB texts with their direction, and as terms."""
    if order is None:
        return [], []
    if type(order) is not exp.Order:
        raise refusal(clause, f"{spoken(order)} is not allowed", "")
    only(order, clause, "expressions")
    texts, found = [], []
    for each in order.expressions:
        if type(each) is not exp.Ordered:
            raise refusal(clause, f"{spoken(each)} is not allowed", "")
        term = reader.term(each.this, clause)
        texts.append(f"{term.sql} {direction(each, clause)}")
        found.append(term)
    return texts, found


def direction(ordered: exp.Expr, clause: str) -> str:
    """ASC or DESC and where NULL stands, which Spark and DuckDB see differently unless it is said."""
    only(ordered, clause, "this", "desc", "nulls_first")
    nulls = "NULLS FIRST" if ordered.args.get("nulls_first") else "NULLS LAST"
    return f"{'DESC' if ordered.args.get('desc') else 'ASC'} {nulls}"


def _definition(node: exp.Window, named: Mapping[str, exp.Window], clause: str) -> exp.Window:
    alias = node.args.get("alias")
    if alias is None:
        return node
    known = named.get(name(alias, clause))
    if known is None:
        raise refusal(clause, "there is no such window", "define it with WINDOW")
    if any(node.args.get(part) for part in ("partition_by", "order", "spec")):
        raise refusal(clause, "a named window is used as it stands", "write the whole window in OVER (…)")
    only(known, clause, "this", "partition_by", "order", "spec")
    return known


def _over(node: exp.Window, reader: Expressions, clause: str) -> tuple[str, list[Term]]:
    pieces: list[str] = []
    parts = [reader.term(each, clause) for each in node.args.get("partition_by") or ()]
    if reader.controls.private and not any(part.mark for part in parts):
        raise refusal(
            clause,
            "a window function of a differentially private query goes over the records of several users",
            "put the users' column in PARTITION BY",
        )
    if parts:
        pieces.append("PARTITION BY " + ", ".join(part.sql for part in parts))
    texts, ordered = order_terms(node.args.get("order"), reader, clause)
    if texts:
        pieces.append("ORDER BY " + ", ".join(texts))
    spec = node.args.get("spec")
    if spec is not None:
        pieces.append(_frame(spec, reader, clause))
    return f" OVER ({' '.join(pieces)})", [*parts, *ordered]


def _frame(spec: exp.Expr, reader: Expressions, clause: str) -> str:
    only(spec, clause, "kind", "start", "start_side", "end", "end_side")
    kind = str(spec.args.get("kind")).upper()
    if kind not in ("ROWS", "RANGE"):
        raise refusal(clause, "a frame counts ROWS or a RANGE", "")
    start = _edge(spec.args.get("start"), spec.args.get("start_side"), kind, reader, clause)
    if spec.args.get("end") is None:
        return f"{kind} {start}"
    return f"{kind} BETWEEN {start} AND {_edge(spec.args['end'], spec.args.get('end_side'), kind, reader, clause)}"


def _edge(edge: object, side: object, kind: str, reader: Expressions, clause: str) -> str:
    if edge == "CURRENT ROW":
        return "CURRENT ROW"
    word = str(side).upper()
    if word in ("PRECEDING", "FOLLOWING"):
        if edge == "UNBOUNDED":
            return f"UNBOUNDED {word}"
        if kind == "RANGE" and reader.controls.strict:
            raise refusal(clause, "a RANGE of values is a comparison", "count ROWS")
        if isinstance(edge, exp.Literal) and not edge.is_string and edge.this.isdecimal() and len(edge.this) < 10:
            return f"{edge.this} {word}"
    raise refusal(clause, "a frame's edge is not known", "write a whole number, UNBOUNDED or CURRENT ROW")


def _rank(function: exp.Expr, called: str, reader: Expressions, clause: str, over: str) -> Term:
    sql, type_, strict = _RANKS[called]
    if reader.controls.strict and not strict:
        raise refusal(clause, f"{called} is not allowed beside thresholds and comparison controls", "use RANK")
    only(function, clause, "this")
    return Term(sql + over, type_)


def _placed(function: exp.Expr, called: str, reader: Expressions, clause: str, over: str, ignore: str) -> Term:
    if reader.controls.strict and called not in ("LAG", "LEAD"):
        raise refusal(clause, f"{called} is not allowed beside thresholds and comparison controls", "use LAG or LEAD")
    only(function, clause, "this", "expressions")
    arguments = [reader.term(each, clause) for each in function.expressions]
    least, most = {"LAG": (1, 3), "LEAD": (1, 3), "NTILE": (1, 1), "NTH_VALUE": (2, 2)}.get(called, (1, 1))
    if not least <= len(arguments) <= most:
        raise refusal(clause, f"{called} does not take {len(arguments)} arguments", "")
    number = arguments[0] if called == "NTILE" else (arguments[1] if len(arguments) > 1 else None)
    if number is not None and not (number.literal or "").isdecimal():
        raise refusal(clause, f"{called} counts with a number written in the query", "write the number itself")
    if len(arguments) == 3 and not alike(arguments[0].type, arguments[2].type):
        raise refusal(clause, f"the default of {called} is of another type", "CAST it")
    texts = ", ".join(term.sql for term in arguments)
    sql = f"{_VALUES.get(called, called.lower())}({texts}{ignore}){over}"
    type_ = INTEGER if called == "NTILE" else arguments[0].type
    shown = [term for place, term in enumerate(arguments) if place != 1]
    return replace(made(Value(sql, type_), shown), extreme=True)
