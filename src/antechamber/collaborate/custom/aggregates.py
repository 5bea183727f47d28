"""Aggregates of a custom query: Spark's, in DuckDB. Source: Spark SQL 3.5; for what stands beside a threshold,
AWS Clean Rooms user guide, *SQL capabilities for minimum aggregation and comparison controls*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from antechamber.collaborate.custom.controls import Controls
from antechamber.collaborate.custom.function import NUMBER, SIMPLE, TRUTH
from antechamber.collaborate.custom.term import Term, made
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, only
from antechamber.collaborate.values import BOOLEAN, FLOAT, INTEGER, Kind, Type, Value

DOUBLE = "CAST({0} AS DOUBLE)"
# Squares of larger numbers leave the range, which DuckDB answers with an error.
BOUNDED = "(CASE WHEN abs(CAST({0} AS DOUBLE)) < 1e100 THEN CAST({0} AS DOUBLE) END)"
WIDEST = 28
"""Digits of a decimal that is summed as a decimal; the sum has 38."""


@dataclass(frozen=True)
class Aggregate:
    """An aggregate function.

    template: its DuckDB text, {d} for DISTINCT, {0} for the argument, {1} for a literal after it.
    kinds: what it is applied to.
    gives: its type, or None for that of its argument.
    strict: whether AWS allows it beside thresholds and comparison controls.
    counts: whether it tells the number of values only.
    role: "qualifying" for AVG, COUNT, SUM; "extreme" for those that stand only beside one of them; else "".
    literals: how many numbers follow its argument.
    """

    template: str
    kinds: frozenset[Kind]
    gives: Type | None
    strict: bool = True
    counts: bool = False
    role: str = ""
    literals: int = 0
    arguments: int = 1


def _spread(name: str, *, strict: bool = True) -> Aggregate:
    return Aggregate(f"{name}({{d}}{BOUNDED})", NUMBER, FLOAT, strict=strict)


def _free(template: str, kinds: frozenset[Kind], gives: Type | None, arguments: int = 1) -> Aggregate:
    return Aggregate(template, kinds, gives, strict=False, arguments=arguments)


_FILLED = "FILTER (WHERE {0} IS NOT NULL)"
_QUANTILE = "quantile_disc({0}, {1}) FILTER (WHERE {0} IS NOT NULL)"
_PERCENTILE = f"quantile_cont({BOUNDED}, {{1}})"

AGGREGATES: dict[str, Aggregate] = {
    "COUNT": Aggregate("COUNT({d}{0})", SIMPLE | {"list", "null", "other"}, INTEGER, counts=True, role="qualifying"),
    "APPROX_COUNT_DISTINCT": Aggregate("COUNT(DISTINCT {0})", SIMPLE, INTEGER, counts=True),
    "SUM": Aggregate("SUM({d}{0})", NUMBER, None, role="qualifying"),
    **dict.fromkeys(("AVG", "MEAN"), Aggregate(f"AVG({{d}}{DOUBLE})", NUMBER, FLOAT, role="qualifying")),
    "MIN": Aggregate("MIN({0})", SIMPLE, None, role="extreme"),
    "MAX": Aggregate("MAX({0})", SIMPLE, None, role="extreme"),
    **dict.fromkeys(("STDDEV", "STDDEV_SAMP", "STD"), _spread("stddev_samp")),
    "STDDEV_POP": _spread("stddev_pop"),
    **dict.fromkeys(("VARIANCE", "VAR_SAMP"), _spread("var_samp")),
    "VAR_POP": _spread("var_pop"),
    "SKEWNESS": Aggregate(
        "skewness((CASE WHEN abs(CAST({0} AS DOUBLE)) < 1e60 THEN CAST({0} AS DOUBLE) END))", NUMBER, FLOAT
    ),
    "COLLECT_LIST": Aggregate(f"list({{0}}) {_FILLED}", SIMPLE, Type("list", ""), role="extreme"),
    "COLLECT_SET": Aggregate(f"list(DISTINCT {{0}}) {_FILLED}", SIMPLE, Type("list", ""), role="extreme"),
    "PERCENTILE": Aggregate(_PERCENTILE, NUMBER, FLOAT, role="extreme", literals=1),
    **dict.fromkeys(
        ("APPROX_PERCENTILE", "PERCENTILE_APPROX"), Aggregate(_QUANTILE, NUMBER, None, role="extreme", literals=1)
    ),
    "MEDIAN": Aggregate(f"median({BOUNDED})", NUMBER, FLOAT, role="extreme"),
    **dict.fromkeys(("ANY_VALUE", "FIRST", "FIRST_VALUE"), _free("any_value({0})", SIMPLE, None)),
    **dict.fromkeys(("LAST", "LAST_VALUE"), _free("last({0})", SIMPLE, None)),
    **dict.fromkeys(("BOOL_AND", "EVERY"), _free("bool_and({0})", TRUTH, BOOLEAN)),
    **dict.fromkeys(("BOOL_OR", "SOME", "ANY"), _free("bool_or({0})", TRUTH, BOOLEAN)),
    "COUNT_IF": _free("COUNT(*) FILTER (WHERE {0})", TRUTH, INTEGER),
    "MODE": _free("mode({0})", SIMPLE, None),
    "KURTOSIS": _free(
        "kurtosis_pop((CASE WHEN abs(CAST({0} AS DOUBLE)) < 1e60 THEN CAST({0} AS DOUBLE) END))", NUMBER, FLOAT
    ),
    "MAX_BY": _free("arg_max({0}, {1})", SIMPLE, None, arguments=2),
    "MIN_BY": _free("arg_min({0}, {1})", SIMPLE, None, arguments=2),
}
"""Name → aggregate."""

_NODES: dict[type[exp.Expr], str] = {exp.Count: "COUNT", exp.Sum: "SUM", exp.Avg: "AVG", exp.Any: "ANY"}


def aggregate_name(node: object) -> str:
    """The name of the aggregate that a node calls, "" for every other node."""
    if type(node) is exp.Filter:
        return aggregate_name(node.this)
    if type(node) is exp.Anonymous and isinstance(node.this, str):
        return node.this.upper() if node.this.upper() in AGGREGATES else ""
    return _NODES.get(type(node), "") if isinstance(node, exp.Expr) else ""


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an expression needs grouping: it holds an aggregate, not as a window function nor in a subquery."""
    waiting: list[object] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, exp.Subquery | exp.Select | exp.SetOperation):
            continue
        if type(each) is exp.Window:
            function = each.this
            inner = function.this if isinstance(function, exp.IgnoreNulls | exp.RespectNulls) else function
            waiting += list(inner.args.values()) if isinstance(inner, exp.Expr) else []
            waiting += [part for key, part in each.args.items() if key != "this"]
        elif isinstance(each, exp.Expr):
            if aggregate_name(each):
                return True
            waiting += list(each.args.values())
        elif isinstance(each, list):
            waiting += each
    return False


def aggregate(
    node: exp.Expr, read: Callable[[exp.Expr], Term], controls: Controls, clause: str, over: str = ""
) -> Term:
    """The term of an aggregate; its text is what stands in a SELECT that groups.

    read: the term of an expression over the rows that are grouped.
    over: the OVER clause of a window function, else "".
    Raises QueryRefused.
    """
    condition = ""
    parts: list[Term] = []
    if type(node) is exp.Filter:
        if controls.strict:
            raise refusal(clause, "FILTER is not allowed beside thresholds and comparison controls", "use WHERE")
        only(node, clause, "this", "expression")
        only(node.args["expression"], clause, "this")
        test = read(node.args["expression"].this)
        if test.type.kind not in ("boolean", "null"):
            raise refusal(clause, "the condition of FILTER is not one", "compare something")
        parts.append(test)
        condition, node = f" FILTER (WHERE {test.sql})", node.this
    called = aggregate_name(node)
    known = AGGREGATES[called]
    if controls.strict and not known.strict:
        raise refusal(
            clause, f"{called} is not allowed beside thresholds and comparison controls", "use AVG, COUNT or SUM"
        )
    if type(node) is exp.Count and type(node.this) is exp.Star:
        only(node, clause, "this", "big_int")
        only(node.this, clause)
        return _count_of_rows(condition + over, parts)
    inner, distinct = _arguments(node, clause)
    if called == "COUNT" and len(inner) > 1:
        return _count_of_tuples(inner, distinct, condition + over, parts, read, controls, clause)
    arguments = known.arguments + known.literals
    if len(inner) != arguments and not (called.endswith("APPROX_PERCENTILE") and len(inner) == arguments + 1):
        raise refusal(clause, f"{called} takes {arguments} argument{'s' * (arguments > 1)}", "")
    read_terms = [read(each) for each in inner]
    for term in read_terms[: known.arguments]:
        _only_columns(term, controls, called, clause)
        _fits(term, known, called, clause)
    if distinct and "{d}" not in known.template and called not in ("MIN", "MAX", "COLLECT_LIST"):
        raise refusal(clause, f"{called} takes no DISTINCT", "")
    numbers = [_fraction(term, called, clause) for term in read_terms[known.arguments : arguments]]
    if condition and "FILTER" in known.template:
        raise refusal(clause, f"{called} is executed without FILTER only", "use WHERE in a subquery")
    values = read_terms[: known.arguments]
    sql = _written(called, known, [term.sql for term in values] + numbers, distinct, values[0], condition + over)
    return _term(sql, _type(called, known, values[0].type), [*parts, *values], known)


def _arguments(node: exp.Expr, clause: str) -> tuple[list[exp.Expr], bool]:
    if type(node) is exp.Anonymous:
        only(node, clause, "this", "expressions")
        inner = list(node.expressions)
    else:
        only(node, clause, "this", "big_int", "expressions")
        inner = [node.this, *node.expressions] if node.this is not None else []
    if len(inner) == 1 and isinstance(inner[0], exp.Distinct):
        only(inner[0], clause, "expressions")
        return [bare(each, clause) for each in inner[0].expressions], True
    if any(not isinstance(each, exp.Expr) for each in inner) or any(isinstance(each, exp.Star) for each in inner):
        raise refusal(clause, "an aggregate takes expressions", "only COUNT takes *")
    return [bare(each, clause) for each in inner], False


def _count_of_rows(condition: str, parts: list[Term]) -> Term:
    return Term(
        f"COUNT(*){condition}", INTEGER, origins=made(Value("", INTEGER), parts).origins, plain=True, qualifying=True
    )


def _count_of_tuples(
    inner: list[exp.Expr],
    distinct: bool,
    condition: str,
    parts: list[Term],
    read: Callable[[exp.Expr], Term],
    controls: Controls,
    clause: str,
) -> Term:
    """COUNT of several columns counts the rows in which none is NULL."""
    terms = [read(each) for each in inner]
    for term in terms:
        _only_columns(term, controls, "COUNT", clause)
    filled = " AND ".join(f"{term.sql} IS NOT NULL" for term in terms)
    value = f"ROW({', '.join(term.sql for term in terms)})" if distinct else "1"
    sql = f"COUNT({'DISTINCT ' if distinct else ''}CASE WHEN {filled} THEN {value} END){condition}"
    return _term(sql, INTEGER, [*parts, *terms], AGGREGATES["COUNT"])


def _only_columns(term: Term, controls: Controls, called: str, clause: str) -> None:
    table = controls.columns_only
    if table and not term.plain:
        raise refusal(
            clause,
            f"{called} is of an expression, and not of a column as it stands",
            f"name a column (threshold.expressions of {table} is COLUMNS_ONLY)",
        )


def _fits(term: Term, known: Aggregate, called: str, clause: str) -> None:
    if term.type.kind not in known.kinds and term.type.kind != "null":
        raise refusal(clause, f"{called} is not applied to a value of the type {term.type.kind}", "CAST it")


def _fraction(term: Term, called: str, clause: str) -> str:
    text = term.literal or ""
    if term.type.kind not in NUMBER or not text.replace(".", "", 1).isdecimal() or float(text) > 1:
        raise refusal(clause, f"{called} takes a number from 0 to 1, written in the query", "such as 0.5")
    return text


def _written(called: str, known: Aggregate, texts: list[str], distinct: bool, first: Term, suffix: str) -> str:
    if called == "SUM" and first.type.kind == "decimal" and _digits(first.type) > WIDEST:
        texts = [DOUBLE.format(texts[0])]
    sql = known.template.format(*texts, d="DISTINCT " if distinct else "") + suffix
    if called == "SUM" and first.type.kind == "integer":
        return f"TRY_CAST({sql} AS BIGINT)"
    return sql


def _digits(type_: Type) -> int:
    return int(type_.sql.removeprefix("DECIMAL(").partition(",")[0])


def _type(called: str, known: Aggregate, of: Type) -> Type:
    if called == "SUM":
        if of.kind == "decimal":
            scale = of.sql.partition(",")[2]
            return FLOAT if _digits(of) > WIDEST else Type("decimal", f"DECIMAL(38,{scale}")
        return INTEGER if of.kind in ("integer", "null") else FLOAT
    if called.startswith("COLLECT"):
        return Type("list", f"{of.sql}[]")
    return known.gives or of


def _term(sql: str, type_: Type, parts: list[Term], known: Aggregate) -> Term:
    term = made(Value(sql, type_), parts)
    return Term(
        sql,
        type_,
        origins=term.origins,
        shows=frozenset() if known.counts else term.shows,
        constant=term.constant and not known.counts,
        plain=True,
        whole=False,
        extreme=term.extreme or known.role == "extreme",
        qualifying=term.qualifying or known.role == "qualifying",
    )
