"""A configured table: what a tenant shares with a collaboration, and the rule it is shared under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pyiceberg.table import Table

from antechamber.collaborate.functions import SCALAR_FUNCTIONS
from antechamber.collaborate.values import Column, Type, type_of
from antechamber.declare.share import AggregationRule
from antechamber.errors import DeclarationError


@dataclass(frozen=True, eq=False)
class SharedTable:
    """One table of a room.

    name: what queries call it.
    owner: the tenant that shares it.
    columns: the columns that are shared; no other is ever read.
    Raises DeclarationError when the rule could not be enforced as it stands.
    """

    name: str
    owner: str
    columns: tuple[str, ...]
    rule: AggregationRule
    table: Table

    def __post_init__(self) -> None:
        rule = self.rule
        named = (
            ("aggregate", self.aggregated),
            ("join", rule.join),
            ("dimensions", rule.dimensions),
            ("minimum", tuple(minimum.column for minimum in rule.minimums)),
        )
        for field, columns in named:
            for column in columns:
                if column not in self.columns:
                    self._wrong(field, f"'{column}' is not among the shared columns", f"add it to columns: of {self}")
        for column in rule.dimensions:
            if column in rule.join or column in self.aggregated:
                self._wrong(
                    "dimensions",
                    f"'{column}' is a dimension and a join or aggregate column at once",
                    "a dimension can be output as it is; leave the column in one place",
                )
        for function in rule.scalar_functions:
            if function.upper() not in SCALAR_FUNCTIONS:
                self._wrong(
                    "scalar_functions",
                    f"'{function}' is not a scalar function of aggregation rules",
                    f"use one of {', '.join(SCALAR_FUNCTIONS)}",
                )
        if not rule.minimums:
            self._wrong("minimum", "there is no output constraint", "name a column and a count of at least 2")

    def __str__(self) -> str:
        return self.name

    @property
    def aggregated(self) -> tuple[str, ...]:
        """Every column that some aggregate function is allowed on."""
        return tuple(dict.fromkeys(column for entry in self.rule.aggregate for column in entry.columns))

    @cached_property
    def scalar_functions(self) -> frozenset[str]:
        """The scalar functions that the rule allows, in capitals."""
        return frozenset(function.upper() for function in self.rule.scalar_functions)

    def aggregates(self, column: str) -> tuple[str, ...]:
        """The functions that the rule allows on a column."""
        return tuple(entry.function for entry in self.rule.aggregate if column in entry.columns)

    def types(self) -> Mapping[str, Type]:
        """Column → type, of the shared columns that the table has now."""
        return {
            field.name: type_of(field.field_type)
            for field in self.table.schema().fields
            if field.name in self.columns
        }

    def column(self, name: str) -> Column:
        """A shared column of this table."""
        return Column(self.name, name)

    def _wrong(self, field: str, what: str, remedy: str) -> None:
        raise DeclarationError(what, where=f"{self.name}: rule.aggregation.{field}", remedy=remedy)
