"""A configured table: what a tenant shares with a collaboration, and the rule it is shared under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from antechamber.collaborate.functions import SCALAR_FUNCTIONS
from antechamber.collaborate.hive import ReadTable
from antechamber.collaborate.values import Column, Type, type_of
from antechamber.declare.share import (
    AggregationRule,
    AnalysisRule,
    CollaborationRule,
    CustomRule,
    IdMappingRule,
    ListRule,
    Minimum,
)
from antechamber.errors import DeclarationError

KINDS: dict[type[AnalysisRule], str] = {
    AggregationRule: "aggregation",
    ListRule: "list",
    CustomRule: "custom",
    IdMappingRule: "id_mapping",
}
"""What a kind of rule is called in declarations and messages."""


@dataclass(frozen=True, eq=False)
class SharedTable:
    """One table of a room.

    name: what queries call it.
    owner: the tenant that shares it.
    columns: the columns that are shared; no other is ever read.
    collaboration_rule: what the owner says about answers in this collaboration; None when nothing is said.
    sides: of an ID mapping table: each ID column → the member whose IDs it holds.
    Raises DeclarationError when the rule could not be enforced as it stands.
    """

    name: str
    owner: str
    columns: tuple[str, ...]
    rule: AnalysisRule
    table: ReadTable
    collaboration_rule: CollaborationRule | None = None
    sides: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, columns in _named(self.rule):
            for column in columns:
                if column not in self.columns:
                    self._wrong(key, f"'{column}' is not among the shared columns", f"add it to columns: of {self}")
        if isinstance(self.rule, AggregationRule):
            self._check_aggregation(self.rule)
        if isinstance(self.rule, ListRule):
            self._check_list(self.rule)
        if isinstance(self.rule, CustomRule):
            self._check_custom(self.rule)

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """The kind of its rule, as declarations call it."""
        return KINDS[type(self.rule)]

    @property
    def join(self) -> tuple[str, ...]:
        """The join columns of its rule."""
        return () if isinstance(self.rule, CustomRule) else self.rule.join

    @property
    def join_operators(self) -> tuple[str, ...]:
        """How the rule allows join conditions to be put together."""
        return self.rule.join_operators if isinstance(self.rule, AggregationRule | ListRule) else ("AND", "OR")

    @property
    def join_required(self) -> bool:
        """Whether a query must join it with a table of the member who asks."""
        return isinstance(self.rule, ListRule) or (isinstance(self.rule, AggregationRule) and self.rule.join_required)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that the rule allows to be output and filtered by."""
        if isinstance(self.rule, CustomRule):
            return ()
        return self.rule.columns if isinstance(self.rule, ListRule) else self.rule.dimensions

    @property
    def overlap(self) -> tuple[str, ...]:
        """Of an ID mapping table, the columns that must meet a table of the member whose IDs they are."""
        return self.rule.require_overlap if isinstance(self.rule, IdMappingRule) else ()

    @property
    def minimums(self) -> tuple[Minimum, ...]:
        """The output constraints of an aggregation rule."""
        return self.rule.minimums if isinstance(self.rule, AggregationRule) else ()

    @property
    def aggregated(self) -> tuple[str, ...]:
        """Every column that some aggregate function is allowed on."""
        if not isinstance(self.rule, AggregationRule):
            return ()
        return tuple(dict.fromkeys(column for entry in self.rule.aggregate for column in entry.columns))

    @cached_property
    def scalar_functions(self) -> frozenset[str]:
        """The scalar functions that the rule allows, in capitals."""
        if not isinstance(self.rule, AggregationRule):
            return frozenset()
        return frozenset(function.upper() for function in self.rule.scalar_functions)

    def aggregates(self, column: str) -> tuple[str, ...]:
        """The functions that the rule allows on a column."""
        if not isinstance(self.rule, AggregationRule):
            return ()
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

    def _check_aggregation(self, rule: AggregationRule) -> None:
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

    def _check_list(self, rule: ListRule) -> None:
        for column in rule.columns:
            if column in rule.join:
                self._wrong("columns", f"'{column}' is a list and a join column at once", "leave it in one place")

    def _check_custom(self, rule: CustomRule) -> None:
        if rule.differential_privacy is not None and (rule.threshold or rule.comparisons):
            self._wrong(
                "differential_privacy",
                "it does not go together with threshold or comparisons",
                "use one or the other",
            )
        for each in () if rule.threshold is None else rule.threshold.outputs:
            if each.count == 1:
                self._wrong("threshold.outputs", "1 is not a threshold", "write 0 for none, or 2 and more")

    def _wrong(self, field: str, what: str, remedy: str) -> None:
        raise DeclarationError(what, where=f"{self.name}: rule.{self.kind}.{field}", remedy=remedy)


def _named(rule: AnalysisRule) -> Iterator[tuple[str, Sequence[str]]]:
    """(field, columns) of every column that a rule names."""
    if isinstance(rule, AggregationRule):
        yield "aggregate", [column for entry in rule.aggregate for column in entry.columns]
        yield "join", rule.join
        yield "dimensions", rule.dimensions
        yield "minimum", [minimum.column for minimum in rule.minimums]
    elif isinstance(rule, ListRule):
        yield "columns", rule.columns
        yield "join", rule.join
    elif isinstance(rule, IdMappingRule):
        yield "join", rule.join
        yield "require_overlap", rule.require_overlap
        yield "dimensions", rule.dimensions
    else:
        yield "disallowed_output", rule.disallowed_output
        if rule.threshold is not None:
            yield "threshold.identity", [rule.threshold.identity]
            yield "threshold.outputs", [each.column for each in rule.threshold.outputs]
        if rule.comparisons is not None:
            yield "comparisons.literal", rule.comparisons.literal or ()
            yield "comparisons.column", rule.comparisons.column or ()
        if rule.differential_privacy is not None:
            yield "differential_privacy.user", [rule.differential_privacy.user]
