"""ORDER BY and LIMIT of a custom query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from antechamber.collaborate.custom.context import Context
from antechamber.collaborate.custom.relation import Field
from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.custom.windows import direction
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken

if TYPE_CHECKING:
    from antechamber.collaborate.custom.expressions import Expressions
    from antechamber.collaborate.custom.items import Item


def outputs_ordered(
    node: exp.Expr,
    items: Sequence[Item],
    terms: Sequence[Term],
    reader: Expressions,
    *,
    check: Callable[[Term, str], Term] = lambda term, clause: term,
) -> str:
    """ORDER BY of a SELECT, as DuckDB text: by outputs, or by other expressions over the same rows."""
    texts = []
    for ordered in _ordered(node):
        place = _place(ordered.this, [item.name for item in items])
        if place is not None:
            texts.append(f"{place + 1} {direction(ordered, 'ORDER BY')}")
            continue
        term = check(reader.term(ordered.this, "ORDER BY"), "ORDER BY")
        same = next((number for number, each in enumerate(terms) if each.sql == term.sql), None)
        if same is not None:
            texts.append(f"{same + 1} {direction(ordered, 'ORDER BY')}")
        elif term.origins or term.whole or term.qualifying:
            texts.append(f"{term.sql} {direction(ordered, 'ORDER BY')}")
    return f"\nORDER BY {', '.join(texts)}" if texts else ""


def fields_ordered(node: exp.Expr, fields: Sequence[Field]) -> str:
    """ORDER BY over the outputs alone, as DuckDB text: after DISTINCT or a set operation."""
    texts = []
    for ordered in _ordered(node):
        place = _place(ordered.this, [field.name for field in fields])
        if place is None:
            raise refusal(
                "ORDER BY", "it is ordered by something that is not an output", "select it, or name an output"
            )
        texts.append(f"{place + 1} {direction(ordered, 'ORDER BY')}")
    return f"\nORDER BY {', '.join(texts)}" if texts else ""


def limit_of(node: exp.Expr, context: Context) -> str:
    """LIMIT and OFFSET, as DuckDB text."""
    text = ""
    if context.controls.private and (node.args.get("limit") or node.args.get("offset")):
        raise refusal("LIMIT", "LIMIT stands in a query of a differentially private table", "limit the final SELECT")
    if (limit := node.args.get("limit")) is not None:
        text += f"\nLIMIT {_number(limit, exp.Limit, 'LIMIT')}"
    if (offset := node.args.get("offset")) is not None:
        if context.controls.strict:
            raise refusal("OFFSET", "OFFSET is not allowed beside thresholds and comparison controls", "use LIMIT")
        text += f"\nOFFSET {_number(offset, exp.Offset, 'OFFSET')}"
    return text


def _ordered(node: exp.Expr) -> list[exp.Expr]:
    order = node.args.get("order")
    if order is None:
        return []
    if type(order) is not exp.Order:
        raise refusal("ORDER BY", f"{spoken(order)} is not allowed", "")
    only(order, "ORDER BY", "expressions")
    for each in order.expressions:
        if type(each) is not exp.Ordered:
            raise refusal("ORDER BY", f"{spoken(each)} is not allowed", "")
    return list(order.expressions)


def _place(node: exp.Expr, names: Sequence[str]) -> int | None:
    """The output that a term of ORDER BY names, by position or, as in Spark before columns of FROM, by name."""
    inner = bare(node, "ORDER BY")
    if type(inner) is exp.Literal and not inner.is_string:
        if not inner.this.isdecimal() or len(inner.this) > 6 or not 1 <= int(inner.this) <= len(names):
            raise refusal("ORDER BY", "there is no output at this position", "count from 1")
        return int(inner.this) - 1
    if type(inner) is exp.Column and not inner.args.get("table") and isinstance(inner.this, exp.Identifier):
        called = name(inner.this, "ORDER BY")
        found = [place for place, each in enumerate(names) if each == called]
        if len(found) > 1:
            raise refusal("ORDER BY", f"'{called}' is the name of {len(found)} outputs", "name them apart")
        return found[0] if found else None
    return None


def _number(clause: exp.Expr, kind: type[exp.Expr], said: str) -> int:
    if type(clause) is not kind:
        raise refusal(said, f"{spoken(clause)} is not allowed", f"write {said} and a number")
    only(clause, said, "expression")
    number = bare(clause.args["expression"], said)
    if type(number) is not exp.Literal or number.is_string or not number.this.isdecimal() or len(number.this) > 10:
        raise refusal(said, f"{said} takes a whole number", "write the number itself")
    return int(number.this)
