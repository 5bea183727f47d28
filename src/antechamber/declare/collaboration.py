"""A collaboration file: who takes part, and who may do what."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from antechamber.declare.aws import AccountId, S3Place
from antechamber.declare.model import Model, Name, Slug

Ability = Literal["query", "receive"]

ParameterType = Literal[
    "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "DOUBLE_PRECISION", "REAL", "BOOLEAN", "CHAR", "VARCHAR", "DATE",
    "TIMESTAMP", "TIMESTAMPTZ",
]  # fmt: skip
"""Types of a template's parameter (shape ParameterType), without the ones that are other words for these."""


class Member(Model):
    """One member of a collaboration."""

    abilities: tuple[Ability, ...] = ()
    """`query`: may ask; `receive`: may be given the answer. Exactly one member queries, at least one receives."""
    account: AccountId | None = None
    """The AWS account id, twelve digits in quotes, of a member who is not a tenant of this workspace."""
    results: S3Place | None = None
    """Where answers for this member go when a query does not say: `s3://bucket/prefix`. A local clean room writes
    them to `results/` of the workspace."""


class TemplateParameter(Model):
    """What stands for `:name` in a template: a literal, and nothing else."""

    type: ParameterType
    """The literal's type."""
    default: str | None = None
    """The value when a query gives none; without it, one must be given."""


class Template(Model):
    """An analysis template: a query that is reviewed before it may run."""

    author: Slug
    """The member who makes it: a tenant of this workspace."""
    sql: Annotated[str, Field(min_length=1, max_length=500_000)]
    """One SELECT, in Spark SQL; `:name` stands for a parameter."""
    description: str = ""
    """What it answers: at most 255 characters."""
    parameters: dict[Name, TemplateParameter] = Field(default_factory=dict)
    """Name → what may be given for it."""


class Privacy(Model):
    """The differential privacy budget, one for all tables of a member that are protected by it."""

    member: Slug
    """Whose budget: a tenant of this workspace whose tables have a custom rule with `differential_privacy`."""
    epsilon: Annotated[int, Field(ge=1, le=20)]
    """How much may be learned in all; smaller is more private."""
    noise: Annotated[int, Field(ge=10, le=100)]
    """How many users' contributions the noise of one query hides (`usersNoisePerQuery`)."""
    refresh: Literal["monthly", "none"] = "monthly"
    """Whether the budget is whole again each month."""


class AccessBudget(Model):
    """How often queries may read a table: every query that names it takes one of each budget (access budget of AWS
    Clean Rooms)."""

    NOUNS: ClassVar = {"per": "a period of an access budget"}

    per: Literal["day", "week", "month"] | None = None
    """The calendar period, in UTC, that `uses` is for."""
    uses: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """How many queries within the period."""
    renew: bool = True
    """Whether `uses` is whole again in each period; else it is used up once."""
    lifetime: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """How many queries in all."""

    def __str__(self) -> str:
        parts = []
        if self.uses is not None:
            parts.append(f"{self.uses:,} a {self.per}" if self.renew else f"{self.uses:,}")
        if self.lifetime is not None:
            parts.append(f"{self.lifetime:,} in all")
        return ", ".join(parts)


class Collaboration(Model):
    """One file under `collaborations/`."""

    collaboration: Slug
    """The collaboration's name, the only one in the workspace."""
    description: str = ""
    """What it is for: at most 255 characters."""
    members: Annotated[dict[Slug, Member], Field(min_length=2)]
    """Tenant, or another company by a name of your choice → what it may do."""
    creator: Slug | None = None
    """The member who makes the collaboration and invites the others; the first one when absent."""
    query_log: bool = True
    """Whether members are told of queries over their tables."""
    templates: dict[Name, Template] = Field(default_factory=dict)
    """Analysis templates, by name."""
    privacy: tuple[Privacy, ...] = ()
    """Budgets of differential privacy."""
    access: dict[Name, AccessBudget] = Field(default_factory=dict)
    """Access budgets of tables that are shared by tenants of this workspace, by the name that queries use."""

    @property
    def querier(self) -> str:
        """The member who may ask."""
        return next(name for name, member in self.members.items() if "query" in member.abilities)

    @property
    def made_by(self) -> str:
        """The member who makes it."""
        return self.creator or next(iter(self.members))
