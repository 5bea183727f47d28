"""The outputs of a SELECT: what is written between SELECT and FROM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from antechamber.collaborate.custom.names import Names
from antechamber.collaborate.custom.relation import Field, column
from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.parse import AnySelect, refusal
from antechamber.collaborate.tree import bare, name, only, spoken


@dataclass(frozen=True)
class Item:
    """An output as it is written: its expression, its name as it is looked up, its label."""

    node: exp.Expr | None
    name: str
    label: str
    known: Term | None = None


def items_of(node: exp.Select, names: Names) -> list[Item]:
    """The outputs of a SELECT; * is each of its columns. Raises QueryRefused."""
    items: list[Item] = []
    for each in node.expressions:
        inner = bare(each, "SELECT list")
        star = inner.this if isinstance(inner, exp.Column) else inner
        if isinstance(star, exp.Star):
            only(star, "SELECT list")
            alias = inner.args.get("table")
            seen = names.star(None if alias is None else name(alias, "SELECT list"), "SELECT list")
            items += [Item(None, each_seen.name, each_seen.label, each_seen.term) for each_seen in seen]
        else:
            items.append(_item(each))
    if not items:
        raise refusal("SELECT list", "nothing is selected", "")
    return items


def at_position(node: exp.Literal, items: Sequence[Item], clause: str) -> Item:
    """The output at a position. Raises QueryRefused when there is none."""
    text: str = node.this
    if not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= len(items):
        raise refusal(clause, "a number stands for an output's position, and there is no such output", "count from 1")
    return items[int(text) - 1]


def over_groups(item: Item) -> Item:
    """An item of * over groups: the loosened term of the same column."""
    if item.known is None:
        return item
    return replace(item, known=replace(item.known, loose=frozenset({item.label})))


def fields_of(items: Sequence[Item], terms: Sequence[Term]) -> tuple[Field, ...]:
    """The columns that a SELECT of these outputs gives."""
    return tuple(
        Field(item.name, item.label, replace(term, sql=column(place)))
        for place, (item, term) in enumerate(zip(items, terms, strict=True))
    )


def _item(node: exp.Expr) -> Item:
    if type(node) is exp.Alias:
        only(node, "SELECT list", "this", "alias")
        alias = node.args["alias"]
        return Item(node.this, name(alias, "SELECT list"), alias.this)
    inner = bare(node, "SELECT list")
    if type(inner) is exp.Column and isinstance(inner.this, exp.Identifier):
        return Item(inner, name(inner.this, "SELECT list"), inner.this.this)
    if isinstance(node, exp.Aliases):
        raise refusal("SELECT list", f"{spoken(node)} is not known here", "name one output at a time")
    return Item(node, "", node.sql(dialect=AnySelect))
