"""Expressions of a custom query: each node of the tree that is known becomes a term; every other is refused.

Nothing can fail on a value: what DuckDB answers with an error is NULL, as in Spark. A query that failed on some rows
and not on others would tell that such rows exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlglot import exp

from antechamber.collaborate.casts import cast, target
from antechamber.collaborate.custom import arithmetic, comparisons
from antechamber.collaborate.custom.aggregates import aggregate_name
from antechamber.collaborate.custom.controls import Controls
from antechamber.collaborate.custom.library import FUNCTIONS, NEVER_STRICT, NOT_EXECUTED
from antechamber.collaborate.custom.names import Names
from antechamber.collaborate.custom.term import NULL, Term, common, made, of_literal
from antechamber.collaborate.custom.times import WITH_UNIT
from antechamber.collaborate.functions import Call
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scalars import literal
from antechamber.collaborate.tree import bare, only, spoken, terms
from antechamber.collaborate.values import BOOLEAN, TIMESTAMP, Value

SUBQUERIES = (exp.Subquery, exp.Select, exp.Exists, exp.SetOperation)


class Beyond(Protocol):
    """What an expression may hold beyond scalars; each raises QueryRefused where it may not stand."""

    def aggregate(self, node: exp.Expr, clause: str) -> Term:
        """The term of an aggregate."""

    def window(self, node: exp.Window, reader: Expressions, clause: str) -> Term:
        """The term of a window function."""

    def subquery(self, node: exp.Expr, reader: Expressions, clause: str) -> Term:
        """The term of a scalar subquery, of IN with a subquery, or of EXISTS."""

    def settled(self, term: Term) -> Term:
        """The term itself, or what stands for it because the query groups by it."""


@dataclass(frozen=True)
class Expressions:
    """Turns nodes into terms."""

    names: Names
    controls: Controls
    now: datetime
    beyond: Beyond

    def term(self, node: object, clause: str) -> Term:
        """The term of a node. Raises QueryRefused for whatever is not expressly known."""
        inner = bare(node if isinstance(node, exp.Expr) else None, clause)
        return self.beyond.settled(self._term(inner, clause))

    def truth(self, node: object, clause: str) -> Term:
        """The term of a condition; a value that stands as a condition is compared with TRUE."""
        inner = bare(node if isinstance(node, exp.Expr) else None, clause)
        found = self.term(inner, clause)
        if found.type.kind not in ("boolean", "null"):
            raise refusal(clause, f"{spoken(inner)} is no condition", "compare it with something")
        if type(inner) not in comparisons.CONDITIONS:
            self.controls.compared(clause, found, of_literal(Value("TRUE", BOOLEAN)))
        return found

    def equal(self, left: Term, right: Term, clause: str) -> Term:
        """That two terms are equal, as USING says it."""
        return comparisons.compare("=", left, right, self.controls, clause)

    def either(self, left: Term, right: Term) -> Term:
        """The one of two terms that is not NULL, as USING of a full join gives it."""
        return made(Value(f"coalesce({left.sql}, {right.sql})", left.type), (left, right))

    def _term(self, node: exp.Expr, clause: str) -> Term:
        kind = type(node)
        if aggregate_name(node):
            return self.beyond.aggregate(node, clause)
        if isinstance(node, SUBQUERIES) or (kind is exp.In and node.args.get("query") is not None):
            return self.beyond.subquery(node, self, clause)
        if kind is exp.Window:
            return self.beyond.window(node, self, clause)  # type: ignore[arg-type]
        if kind is exp.Not and type(node.this) is exp.In and node.this.args.get("query") is not None:
            only(node, clause, "this")
            inner = self.term(node.this, clause)
            return replace(inner, sql=f"(NOT {inner.sql})")
        if kind in (exp.And, exp.Or):
            return self._connected(node, clause)
        if kind in comparisons.NODES:
            return comparisons.comparison(node, self, clause)
        if kind in arithmetic.NODES:
            return arithmetic.operation(node, self, clause)
        read = _READERS.get(kind)
        if read is None:
            raise refusal(clause, f"{spoken(node)} is not known here", "see the reference of custom rules")
        return read(self, node, clause)

    def _connected(self, node: exp.Expr, clause: str) -> Term:
        connector = type(node)
        parts = [self.truth(each, clause) for each in terms(node, connector, clause)]  # type: ignore[arg-type]
        word = " AND " if connector is exp.And else " OR "
        return made(Value("(" + word.join(part.sql for part in parts) + ")", BOOLEAN), parts)

    def _column(self, node: exp.Expr, clause: str) -> Term:
        assert isinstance(node, exp.Column)  # noqa: S101 - told apart by the caller
        if isinstance(node.this, exp.Star):
            raise refusal(clause, "* stands where a value is expected", "name the columns")
        return self.names.find(node, clause)

    def _literal(self, node: exp.Expr, clause: str) -> Term:
        if type(node) is exp.Null:
            return Term("NULL", NULL, constant=True)
        if type(node) is exp.Cast and node.args["to"].this in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
            only(node, clause, "this", "to")
            return of_literal(comparisons.moment_of(node.this, TIMESTAMP, clause))
        return of_literal(literal(node, clause))

    def _cast(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "to", "safe")
        inner = self.term(node.this, clause)
        if inner.type.kind == "null":
            return Term(f"CAST(NULL AS {target(node.args['to'], clause).sql})", target(node.args["to"], clause))
        return made(cast(inner.value, target(node.args["to"], clause), clause), (inner,))

    def _case(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "ifs", "default")
        subject = None if node.this is None else self.term(node.this, clause)
        tests, results = [], []
        for branch in node.args.get("ifs") or ():
            only(branch, clause, "this", "true")
            if subject is None:
                tests.append(self.truth(branch.this, clause))
            else:
                tests.append(comparisons.compare("=", subject, self.term(branch.this, clause), self.controls, clause))
            results.append(self.term(branch.args["true"], clause))
        default = node.args.get("default")
        results.append(self._literal(exp.Null(), clause) if default is None else self.term(default, clause))
        return self._chosen(tests, results, clause)

    def _if(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "true", "false")
        if node.args.get("true") is None:
            raise refusal(clause, "IF takes a condition and two values", "")
        other = node.args.get("false")
        results = [self.term(node.args["true"], clause)]
        results.append(self._literal(exp.Null(), clause) if other is None else self.term(other, clause))
        return self._chosen([self.truth(node.this, clause)], results, clause)

    def _chosen(self, tests: list[Term], results: list[Term], clause: str) -> Term:
        type_ = common([result.type for result in results])
        if type_ is None:
            raise refusal(clause, "the results of CASE are of different types", "CAST them to one type")
        branches = " ".join(f"WHEN {test.sql} THEN {r.sql}" for test, r in zip(tests, results, strict=False))
        return made(Value(f"(CASE {branches} ELSE {results[-1].sql} END)", type_), (*tests, *results))

    def _called(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "expressions")
        written = node.this.upper() if isinstance(node.this, str) and node.this.isascii() else ""
        if written in ("EXPLODE", "EXPLODE_OUTER", "POSEXPLODE", "POSEXPLODE_OUTER"):
            raise refusal(clause, f"{written} stands within an expression", "write it as an output, or LATERAL VIEW")
        arguments = list(node.expressions)
        word = ""
        if written in WITH_UNIT and len(arguments) == 3:
            unit = arguments.pop(0)
            plain = isinstance(unit, exp.Column) and not unit.table
            word = unit.name.upper() if plain or isinstance(unit, exp.Var) else "?"
        return self.call(written, arguments, clause, word, spoken(node))

    def call(self, name: str, arguments: list[exp.Expr], clause: str, word: str = "", said: str = "") -> Term:
        """The term of a function's call. Raises QueryRefused."""
        known = FUNCTIONS.get(name)
        if self.controls.strict and (name in NEVER_STRICT or (known is not None and not known.strict)):
            raise refusal(
                clause, f"{name} is not allowed beside thresholds and comparison controls", "see the reference"
            )
        if name in NOT_EXECUTED:
            raise refusal(clause, f"{name} is not executed here", NOT_EXECUTED[name])
        if known is None:
            raise refusal(clause, f"{said or name} is not known here", "see the reference of custom rules")
        parts = [self.term(argument, clause) for argument in arguments]
        value = known.build(Call(name, tuple(part.value for part in parts), clause, self.now, word))
        if known.compares:
            self.controls.compared(clause, *(parts if len(parts) > 1 else [*parts, of_literal(value)]))
        whole = known.chance or any(part.whole for part in parts)
        if known.fails and whole:
            raise refusal(
                clause,
                f"{name} is applied to a window function or a subquery",
                "name that in a subquery of FROM first",
            )
        tainting = [part for place, part in enumerate(parts) if place not in known.shapes or part.shows]
        sql = f"TRY({value.sql})" if known.fails else value.sql
        return made(replace(value, sql=sql), tainting or (), whole=known.chance)

    def _extract(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "expression")
        word = node.this.name.upper() if isinstance(node.this, exp.Var | exp.Identifier) else ""
        return self.call("EXTRACT", [node.args["expression"]], clause, word)

    def _trim(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "expression", "position")
        side = str(node.args.get("position") or "BOTH").upper()
        letters = node.args.get("expression")
        if letters is None:
            return self.call({"LEADING": "LTRIM", "TRAILING": "RTRIM"}.get(side, "TRIM"), [node.this], clause)
        if side != "BOTH":
            raise refusal(
                clause, "TRIM of letters is executed for both sides only", "write TRIM(BOTH letters FROM text)"
            )
        return self.call("BTRIM", [node.this, letters], clause)

    def _position(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "substr")
        return self.call("POSITION", [node.args["substr"], node.this], clause)

    def _substring(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause, "this", "start", "length")
        parts = [node.this, node.args.get("start") or exp.Literal.number(1), node.args.get("length")]
        return self.call("SUBSTRING", [part for part in parts if part is not None], clause)

    def _today(self, node: exp.Expr, clause: str) -> Term:
        only(node, clause)
        return self.call("CURRENT_DATE" if type(node) is exp.CurrentDate else "CURRENT_TIMESTAMP", [], clause)


_Reader = Callable[[Expressions, exp.Expr, str], Term]

_READERS: dict[type[exp.Expr], _Reader] = {
    exp.Column: Expressions._column,
    exp.Literal: Expressions._literal,
    exp.Boolean: Expressions._literal,
    exp.Null: Expressions._literal,
    exp.Cast: Expressions._literal,
    exp.TryCast: Expressions._cast,
    exp.Case: Expressions._case,
    exp.If: Expressions._if,
    exp.Anonymous: Expressions._called,
    exp.Extract: Expressions._extract,
    exp.Trim: Expressions._trim,
    exp.StrPosition: Expressions._position,
    exp.Substring: Expressions._substring,
    exp.CurrentDate: Expressions._today,
    exp.CurrentTimestamp: Expressions._today,
}
