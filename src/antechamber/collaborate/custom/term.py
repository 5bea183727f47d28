"""Terms: checked expressions of a custom query, with what is known of where their values come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from antechamber.collaborate.values import Column, Type, Value, comparable
from antechamber.collaborate.values import common as common_of_known

NULL = Type("null", "NULL")
LIST = "list"


@dataclass(frozen=True)
class Term:
    """An expression that was checked.

    sql: its DuckDB text.
    origins: every shared column that is named anywhere in its making.
    shows: those of them whose values, not only their number, may show in it.
    constant: whether a literal may show in it.
    literal: its content when it is a literal, else None.
    plain: whether it is a column as it stands, or an aggregate of such columns, and no further expression.
    mark: the text of the mark (see `relation`) that it equals on every row, else "".
    loose: in a grouped query, the names of columns in it that are neither grouped nor aggregated.
    whole: whether it holds a window function, a subquery or chance, which cannot stand within TRY.
    extreme, qualifying: whether a MIN, MAX, … or an AVG, COUNT, SUM is in its making.
    """

    sql: str
    type: Type
    origins: frozenset[Column] = frozenset()
    shows: frozenset[Column] = frozenset()
    constant: bool = False
    literal: str | None = None
    plain: bool = False
    mark: str = ""
    loose: frozenset[str] = frozenset()
    whole: bool = False
    extreme: bool = False
    qualifying: bool = False

    @property
    def value(self) -> Value:
        """The same as the functions of scalar expressions take it."""
        return Value(self.sql, self.type, literal=self.literal)


def of_literal(value: Value) -> Term:
    """The term of a literal."""
    return Term(value.sql, value.type, constant=True, literal=value.literal)


def made(value: Value, parts: Iterable[Term], *, whole: bool = False) -> Term:
    """A term that is made of parts: what is true of one of them is true of it."""
    parts = tuple(parts)
    return Term(
        value.sql,
        value.type,
        origins=frozenset[Column]().union(*(part.origins for part in parts)),
        shows=frozenset[Column]().union(*(part.shows for part in parts)),
        constant=any(part.constant for part in parts),
        loose=frozenset[str]().union(*(part.loose for part in parts)),
        whole=whole or any(part.whole for part in parts),
        extreme=any(part.extreme for part in parts),
        qualifying=any(part.qualifying for part in parts),
    )


def column_of(term: Term, sql: str, mark: str = "") -> Term:
    """The term as a column of a relation that computes it."""
    return replace(term, sql=sql, mark=mark, literal=None, loose=frozenset(), whole=False)


def alike(left: Type, right: Type) -> bool:
    """Whether the two compare in Spark and DuckDB alike; NULL compares with everything."""
    if "null" in (left.kind, right.kind):
        return True
    if left.kind == right.kind == LIST:
        return left.sql == right.sql
    return comparable(left, right)


def common(types: list[Type]) -> Type | None:
    """The type of a choice between values of these types, or None when they do not go together."""
    known = [type_ for type_ in types if type_.kind != "null"]
    if not known:
        return NULL
    if any(type_.kind in (LIST, "other") for type_ in known):
        return known[0] if all(type_ == known[0] for type_ in known) else None
    return common_of_known(known)
