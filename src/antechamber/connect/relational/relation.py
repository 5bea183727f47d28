"""What is read: a table, a view or a query, and its columns."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

from antechamber.connect.deleted import TAKEN
from antechamber.errors import SourceError

PART = re.compile(r'"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|\[((?:[^\]]|\]\])+)\]|([^".`\[\]]+)')

Moment = Literal["", "instant", "clock", "date", "number"]


@dataclass(frozen=True)
class Column:
    """A column as the database has it, and how it travels.

    declared: its type in the database's words. arrow: the type that it arrives in.
    select: SQL with `{}` for the quoted name. moment: what it is as a watermark: a time with a zone, one without, a
    date, a whole number; "" for what cannot be one. cut: whether ranges of it can be read. numeric: whether its
    constants stand without quotes. required: whether nulls are forbidden. drawn: whether its values come from a
    counter that only grows. binary: whether it is compared byte by byte. asked: the name that it was asked by, where
    the database has it in other letters' case.
    """

    name: str
    declared: str
    arrow: pa.DataType
    select: str = "{}"
    moment: Moment = ""
    cut: bool = False
    numeric: bool = False
    required: bool = False
    drawn: bool = False
    binary: bool = False
    asked: str = ""

    @property
    def output(self) -> str:
        """The name that it arrives under."""
        return self.asked or self.name


@dataclass(frozen=True)
class Relation:
    """Something that records are selected from.

    source: SQL to stand behind FROM, without an alias. name: for messages and the ids of partitions.
    kind: `query`, or the database's word for a table or view. notes: what a run should say about it.
    declared: the query as it was before a moment was written into `source`; "" where none was.
    """

    source: str
    name: str
    kind: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    declared: str = ""

    def column(self, name: str, *, declared_as: str) -> Column:
        """The column that a declaration names; in other letters' case if no other has it. Raises SourceError."""
        for column in self.columns:
            if column.name == name:
                return column
        alike = [column for column in self.columns if column.name.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0]
        raise SourceError(
            f"there is no column '{name}', which the connector names as {declared_as}",
            where=self.name,
            remedy=did_you_mean(name, [column.name for column in self.columns]),
        )

    def only(self, names: Sequence[str] | None) -> tuple[Column, ...]:
        """These columns, in this order; all when None. Raises SourceError for one that is not there."""
        if names is None:
            return self.columns
        return tuple(replace(self.column(name, declared_as="a column's source"), asked=name) for name in names)

    def schema(self, columns: Sequence[Column]) -> pa.Schema:
        """The Arrow schema of some columns."""
        return pa.schema([pa.field(column.output, column.arrow) for column in columns])


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse columns that could not be told apart. Raises SourceError."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or TAKEN & set(names):
        name = twice[0] if twice else min(TAKEN & set(names))
        raise SourceError(
            f"the column name '{name}' " + ("stands twice in the result" if twice else "is taken by the pipeline"),
            where=where,
            remedy="give it another name with AS in `query:`",
        )
    if not names:
        raise SourceError("it has no columns that may be read", where=where)


def wrapped(query: str) -> str:
    """A query as something to select from. A comment at its end stays inside."""
    return f"(\n{query.strip().rstrip(';').rstrip()}\n)"


def parts(declared: str, most: int = 2) -> list[str]:
    """`schema.table` as its parts; one with a dot in it is quoted: "…", `…` or […]. Raises SourceError."""
    found: list[str] = []
    rest = declared.strip()
    while rest and len(found) < most:
        match = PART.match(rest)
        if not match:
            break
        double, tick, bracket, plain = match.groups()
        if double is not None:
            found.append(double.replace('""', '"'))
        elif tick is not None:
            found.append(tick.replace("``", "`"))
        elif bracket is not None:
            found.append(bracket.replace("]]", "]"))
        else:
            found.append(plain.strip())
        rest = rest[match.end() :].lstrip()
        if not rest.startswith("."):
            break
        rest = rest[1:].lstrip() or "."
    if rest or not found or not all(found):
        raise SourceError(
            "not a table's name",
            where=declared,
            remedy='write schema.table; a name with a dot or a quote in it goes in double quotes: "a.b"."c"',
        )
    return found


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A remedy: the names that look like it, or what there is."""
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in known], n=3, cutoff=0.6)
    matches = [one for one in known if one.lower() in near][:3]
    if matches:
        return f"did you mean {', '.join(matches)}?"
    return f"there are: {', '.join(known[:10])}{' …' if len(known) > 10 else ''}" if known else "there are none"
