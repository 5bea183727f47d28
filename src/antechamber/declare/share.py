"""The `share:` block of a connector file: what reaches a collaboration, under which rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Name, Slug

AggregateFunction = Literal["COUNT", "COUNT DISTINCT", "SUM", "SUM DISTINCT", "AVG"]


class Aggregate(Model):
    """Columns and a function that may be applied to them (`aggregateColumns` of AWS Clean Rooms)."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Shared columns."""
    function: AggregateFunction
    """What may be asked of them. `SUM`, `SUM DISTINCT` and `AVG` need columns that are published as numbers."""


class Minimum(Model):
    """An output row appears only where `column` has at least `count` distinct values (`outputConstraints`)."""

    column: Name
    """A shared column, best one that identifies a person."""
    count: Annotated[int, Field(ge=2, le=100_000)]
    """How many."""


class AggregationRule(Model):
    """The aggregation analysis rule of AWS Clean Rooms."""

    aggregate: Annotated[tuple[Aggregate, ...], Field(min_length=1)]
    """What may be counted, summed or averaged."""
    join: tuple[Name, ...] = ()
    """Columns that may be compared with a join column of another table; never output."""
    dimensions: tuple[Name, ...] = ()
    """Columns that may be output, grouped by and filtered on; none of them a join or aggregate column."""
    scalar_functions: tuple[str, ...] = ()
    """Scalar functions allowed over dimensions, such as UPPER, COALESCE, CAST."""
    minimum: Minimum | tuple[Minimum, ...]
    """When a row of an answer appears. A minimum alone does not stop two queries that differ by one person."""
    join_required: bool = False
    """Whether the table must be joined with a table of the member who queries (`joinRequired: QUERY_RUNNER`)."""
    join_operators: tuple[Literal["AND", "OR"], ...] = ("AND",)
    """How several join conditions may be put together."""

    @property
    def minimums(self) -> tuple[Minimum, ...]:
        """The output constraints."""
        return (self.minimum,) if isinstance(self.minimum, Minimum) else self.minimum


class Rule(Model):
    """Exactly one analysis rule."""

    aggregation: AggregationRule
    """Only aggregates leave."""


class Share(Model):
    """One collaboration that the table is made available in."""

    collaboration: Slug
    """The collaboration's name; the connector's tenant is one of its members."""
    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The published columns that reach it."""
    rule: Rule
    """What queries may do with them."""
    name: Name | None = None
    """The name that queries use for the table; the table's own when absent."""
