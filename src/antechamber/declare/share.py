"""The `share:` block of a connector file: what reaches a collaboration, under which rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Name, Slug

AggregateFunction = Literal["COUNT", "COUNT DISTINCT", "SUM", "SUM DISTINCT", "AVG"]
JoinOperator = Literal["AND", "OR"]
AdditionalAnalyses = Literal["ALLOWED", "REQUIRED", "NOT_ALLOWED"]
ExpressionType = Literal["COLUMNS_ONLY", "ANY_EXPRESSION"]


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
    join_operators: tuple[JoinOperator, ...] = ("AND",)
    """How several join conditions may be put together (`allowedJoinOperators`)."""
    additional_analyses: AdditionalAnalyses | None = None
    """Whether an answer may, must or must not be the input of a further analysis (`additionalAnalyses`)."""

    @property
    def minimums(self) -> tuple[Minimum, ...]:
        """The output constraints."""
        return (self.minimum,) if isinstance(self.minimum, Minimum) else self.minimum


class ListRule(Model):
    """The list analysis rule of AWS Clean Rooms: rows of the overlap with a table of the member who asks."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Columns that may be listed and filtered on; none of them a join column (`listColumns`)."""
    join: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Columns that may be compared with a join column of another table; never listed (`joinColumns`)."""
    join_operators: tuple[JoinOperator, ...] = ("AND",)
    """How several join conditions may be put together (`allowedJoinOperators`)."""
    additional_analyses: AdditionalAnalyses | None = None
    """Whether an answer may, must or must not be the input of a further analysis (`additionalAnalyses`)."""


class OutputThreshold(Model):
    """Another threshold where an output column is made of `column` (`outputColumnThresholds`)."""

    column: Name
    """A shared column."""
    count: Annotated[int, Field(ge=0, le=100_000)]
    """How many distinct identities: 0 exempts the output column, else 2 or more."""


class Threshold(Model):
    """Every row of an answer must rest on that many distinct identities (`aggregationThresholds`)."""

    identity: Name
    """The shared column that tells people apart; a text. It is never compared with a literal."""
    count: Annotated[int, Field(ge=2, le=100_000)]
    """How many distinct identities. A threshold alone does not stop two queries that differ by one person."""
    outputs: tuple[OutputThreshold, ...] = ()
    """Other thresholds for some output columns."""
    expressions: ExpressionType = "COLUMNS_ONLY"
    """What an aggregate may be over: a column, or any expression (`allowedAggregateExpressionType`)."""


class Comparisons(Model):
    """Which columns may be compared with what, wherever a comparison stands (`comparisonControls`)."""

    literal: tuple[Name, ...] | None = None
    """The columns that may be compared with a literal; every column when absent."""
    column: tuple[Name, ...] | None = None
    """The columns that may be compared with another column; every column when absent."""


class DifferentialPrivacy(Model):
    """Noise over aggregates, within a budget of the collaboration (`differentialPrivacy`)."""

    user: Name
    """The shared column that tells users apart."""


class CustomRule(Model):
    """The custom analysis rule of AWS Clean Rooms: any SELECT that was allowed, within controls."""

    analyses: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]
    """`ANY_QUERY`, or the analysis templates that were reviewed, each by its name or ARN (`allowedAnalyses`)."""
    providers: tuple[Slug, ...] = ()
    """With `ANY_QUERY`: the members whose queries and templates run unreviewed (`allowedAnalysisProviders`)."""
    disallowed_output: tuple[Name, ...] = ()
    """Columns that may be used and never reach an answer, through any expression (`disallowedOutputColumns`)."""
    threshold: Threshold | None = None
    """How many people a row of an answer must rest on."""
    comparisons: Comparisons | None = None
    """Which columns may be compared; without it, all."""
    differential_privacy: DifferentialPrivacy | None = None
    """Answers with noise; not together with a threshold or comparison controls."""
    additional_analyses: AdditionalAnalyses | None = None
    """Whether an answer may, must or must not be the input of a further analysis (`additionalAnalyses`)."""


class IdMappingRule(Model):
    """The rule of an ID mapping table, which AWS Clean Rooms sets and nobody declares."""

    join: Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)]
    """The two ID columns that the table maps (`joinColumns`)."""
    require_overlap: tuple[Name, ...] = ()
    """Those of them that a query must join with a table that has the same ID (`queryConstraints`)."""
    dimensions: tuple[Name, ...] = ()
    """Columns that may be output (`dimensionColumns`)."""
    additional_analyses: AdditionalAnalyses | None = None
    """Never there: the rule of an ID mapping table says nothing of it."""


AnalysisRule = AggregationRule | ListRule | CustomRule | IdMappingRule
"""What a table is shared under."""


class Rule(Model):
    """Exactly one analysis rule."""

    aggregation: AggregationRule | None = None
    """Only aggregates leave."""
    list: ListRule | None = None
    """Only rows of the overlap leave."""
    custom: CustomRule | None = None
    """What was reviewed leaves, or what trusted members ask."""

    @property
    def only(self) -> AggregationRule | ListRule | CustomRule:
        """The rule that is there."""
        return next(rule for rule in (self.aggregation, self.list, self.custom) if rule is not None)


class CollaborationRule(Model):
    """What the table's owner says about its answers in this collaboration (the rule of a table association)."""

    receivers: tuple[Slug, ...] | None = None
    """The members who may be given answers that rest on the table; all who can when absent
    (`allowedResultReceivers`)."""
    additional_analyses: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] | None = None
    """The further analyses that may be made of answers, each by its ARN; needs a rule that allows them
    (`allowedAdditionalAnalyses`)."""


class Share(Model):
    """One collaboration that the table is made available in."""

    collaboration: Slug
    """The collaboration's name; the connector's tenant is one of its members."""
    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The published columns that reach it."""
    rule: Rule
    """What queries may do with them."""
    collaboration_rule: CollaborationRule | None = None
    """Who may be given the answers."""
    name: Name | None = None
    """The name that queries use for the table; the table's own when absent."""
