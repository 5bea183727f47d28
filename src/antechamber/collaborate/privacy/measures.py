"""What a private query may measure, and the sums that it takes: COUNT, COUNT DISTINCT, SUM, AVG, STDDEV.

Source: AWS Clean Rooms user guide, *SQL capabilities of AWS Clean Rooms Differential Privacy*. The bounds of a column
are not looked up in the data, which would tell of them: SUM(LEAST(GREATEST(column, low), high)) says them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from antechamber.collaborate.custom.function import NUMBER
from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scalars import literal
from antechamber.collaborate.tree import bare, only, spoken
from antechamber.collaborate.values import NUMBERS

FURTHEST = 2**61
"""Where sums end, so that they and their noise are numbers of 64 bits."""

STEPS = 1_000_000
"""Steps from zero to the larger bound, in which a value that is no whole number is counted."""


@dataclass(frozen=True)
class Sum:
    """A whole sum over the records that count.

    value: the DuckDB text of what a record adds, "" for one; distinct: whether equal ones add once.
    most: how much one record can change it.
    """

    value: str
    most: int
    distinct: bool = False

    def sql(self, column: str) -> str:
        """The sum over a column that holds the value."""
        if not self.value:
            return "COUNT(*)"
        if self.distinct:
            return f"COUNT(DISTINCT {column})"
        return f"CAST(least(greatest(coalesce(SUM({column}), 0), -{FURTHEST}), {FURTHEST}) AS BIGINT)"


@dataclass(frozen=True)
class Measure:
    """An aggregate of the answer.

    kind: COUNT, SUM, AVG, STDDEV_SAMP or STDDEV_POP.
    sums: what is summed for it, in order.
    unit: what one step of the sums is worth.
    whole: whether the answer is a whole number.
    origins: the term that it is made of.
    """

    kind: str
    sums: tuple[Sum, ...]
    unit: float
    whole: bool
    term: Term

    def of(self, sums: list[int]) -> float | int | None:
        """The aggregate, of its noisy sums."""
        if self.kind == "COUNT":
            return max(0, sums[0])
        if self.kind == "SUM":
            return sums[0] if self.whole else sums[0] * self.unit
        number = sums[-1]
        if number < 1:
            return None
        if self.kind == "AVG":
            return sums[0] * self.unit / number
        fewer = number - 1 if self.kind == "STDDEV_SAMP" else number
        if fewer < 1:
            return None
        return float(max(0.0, (sums[1] - sums[0] ** 2 / number) / fewer) ** 0.5 * self.unit)


_KINDS = {
    "AVG": "AVG",
    "MEAN": "AVG",
    "STDDEV": "STDDEV_SAMP",
    "STD": "STDDEV_SAMP",
    "STDDEV_SAMP": "STDDEV_SAMP",
    "STDDEV_POP": "STDDEV_POP",
}


def measure(node: exp.Expr, read: Callable[[exp.Expr], Term]) -> Measure:
    """The measure that an output is. read: the term of an expression over records. Raises QueryRefused."""
    clause = "SELECT list"
    if type(node) is exp.Count:
        only(node, clause, "this", "big_int")
        return _count(node, read)
    name = node.this.upper() if type(node) is exp.Anonymous and isinstance(node.this, str) else node.key.upper()
    if type(node) not in (exp.Sum, exp.Avg) and name not in _KINDS:
        raise refusal(
            clause,
            f"{spoken(node)} stands beside the groups of a differentially private query",
            "allowed: COUNT, COUNT DISTINCT, SUM, AVG, STDDEV, each alone",
        )
    only(node, clause, "this", "expressions") if type(node) is exp.Anonymous else only(node, clause, "this")
    inner = node.expressions[0] if type(node) is exp.Anonymous and len(node.expressions) == 1 else node.this
    if not isinstance(inner, exp.Expr) or isinstance(inner, exp.Distinct):
        raise refusal(clause, f"{name} takes one value", "")
    value, low, high = _bounded(bare(inner, clause), name)
    term = read(value)
    if term.type.kind not in NUMBER:
        raise refusal(clause, f"{name} is for numbers", "CAST the value")
    widest = max(abs(low), abs(high))
    whole = term.type.kind == "integer" and low == int(low) and high == int(high)
    unit = 1.0 if whole else float(widest) / STEPS
    most = int(widest) if whole else STEPS
    clipped = f"least(greatest(CAST({term.sql} AS DOUBLE), {low}), {high})"
    steps = f"CAST(round({clipped} / CAST({unit!r} AS DOUBLE)) AS BIGINT)"
    counted = f"CASE WHEN isnan(CAST({term.sql} AS DOUBLE)) THEN NULL ELSE {steps} END"
    first = Sum(counted, most)
    filled = Sum(f"CAST(({counted}) IS NOT NULL AS INTEGER)", 1)
    if type(node) is exp.Sum:
        return Measure("SUM", (first,), unit, whole, term)
    kind = "AVG" if type(node) is exp.Avg else _KINDS[name]
    if kind == "AVG":
        return Measure(kind, (first, filled), unit, False, term)
    if most > 2**26:
        raise refusal(clause, "the bounds of STDDEV are too far apart", "write bounds below 67 million")
    return Measure(kind, (first, Sum(f"({counted}) * ({counted})", most * most), filled), unit, False, term)


def _count(node: exp.Expr, read: Callable[[exp.Expr], Term]) -> Measure:
    inner = node.this
    if type(inner) is exp.Star:
        only(inner, "SELECT list")
        return Measure("COUNT", (Sum("", 1),), 1.0, True, Term("", read(exp.Literal.number(1)).type))
    distinct = isinstance(inner, exp.Distinct)
    if distinct and len(inner.expressions) != 1:
        raise refusal("SELECT list", "COUNT DISTINCT takes one column", "count each column on its own")
    term = read(inner.expressions[0] if distinct else inner)
    value = term.sql if distinct else f"CAST({term.sql} IS NOT NULL AS INTEGER)"
    return Measure("COUNT", (Sum(value, 1, distinct),), 1.0, True, term)


def _bounded(node: exp.Expr, name: str) -> tuple[exp.Expr, Decimal, Decimal]:
    """The value and the bounds of LEAST(GREATEST(value, low), high), in whichever order."""
    outer = _choice(node)
    inner = None if outer is None else _choice(outer[1])
    if outer is not None and inner is not None and {outer[0], inner[0]} == {"LEAST", "GREATEST"}:
        bounds = {outer[0]: outer[2], inner[0]: inner[2]}
        low, high = bounds["GREATEST"], bounds["LEAST"]
        if low < high:
            return inner[1], low, high
    raise refusal(
        "SELECT list",
        f"{name} has no bounds, so that one user could change it by any amount",
        f"write {name}(LEAST(GREATEST(column, 0), 100)) with the least and the greatest value",
    )


def _choice(node: exp.Expr) -> tuple[str, exp.Expr, Decimal] | None:
    node = bare(node, "SELECT list")
    name = node.this.upper() if type(node) is exp.Anonymous and isinstance(node.this, str) else ""
    if name not in ("LEAST", "GREATEST") or len(node.expressions) != 2:
        return None
    for place, each in enumerate(node.expressions):
        bound = bare(each, "SELECT list")
        if type(bound) in (exp.Literal, exp.Neg):
            value = literal(bound, "SELECT list")
            if value.type.kind in NUMBERS and abs(Decimal(value.literal or "0")) < 10**12:
                return name, node.expressions[1 - place], Decimal(value.literal or "0")
    return None
