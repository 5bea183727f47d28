"""FROM, for the aggregation and the list rule: which tables, joined how, and whether they are joined enough."""

from __future__ import annotations

from sqlglot import exp

from antechamber.collaborate.joins import MOST_ALTERNATIVES, Join, join
from antechamber.collaborate.overlap import require_overlap
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.scope import Scope
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.tree import only, spoken


def tables_of(select: exp.Select, scope: Scope) -> tuple[SharedTable, tuple[Join, ...]]:
    """The first table of FROM, and those joined to it; brings them into scope. Raises QueryRefused."""
    source = select.args.get("from_")
    if source is None:
        raise refusal("FROM", "there is no table", "ask one of the collaboration's tables")
    if type(source) is not exp.From:
        raise refusal("statement", f"{spoken(source)} is not allowed", "")
    only(source, "FROM", "this")
    first = scope.add(source.this, "FROM")
    joins = _joins(select, scope)
    require_overlap(scope.tables, joins)
    return first, joins


def require_joins(scope: Scope, member: str) -> None:
    """Refuse a table that must be joined with one of the member who asks, and is not."""
    # Every table of FROM is joined with the ones before it by at least one equality, so that all are joined
    # with each other, directly or through others: it is enough that one belongs to the member.
    tables = scope.tables
    if any(table.owner == member and table.kind != "id_mapping" for table in tables):
        return
    for table in tables:
        if table.join_required:
            raise refusal(
                "FROM",
                f"{table} must be joined with a table of the member who asks",
                f"join it with a table of {member} "
                f"({'join_required' if table.kind == 'aggregation' else 'a list rule requires a join'} of {table})",
            )


def _joins(select: exp.Select, scope: Scope) -> tuple[Join, ...]:
    joins: list[Join] = []
    operators: set[str] = set()
    for node in select.args.get("joins") or ():
        joined, used = join(node, scope)
        joins.append(joined)
        operators |= used
    for table in scope.tables:
        for operator in sorted(operators):
            if operator not in table.join_operators:
                allowed = ", ".join(table.join_operators) or "one equality"
                raise refusal(
                    "JOIN",
                    f"join conditions are put together with {operator}",
                    f"allowed: {allowed} (join_operators of {table})",
                )
    alternatives = 1
    for joined in joins:
        alternatives *= len(joined.matches)
    if alternatives > MOST_ALTERNATIVES:
        raise refusal("JOIN", f"the joins have more than {MOST_ALTERNATIVES} alternatives", "join on fewer columns")
    return tuple(joins)
