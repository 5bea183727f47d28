"""A policy file: what a tenant's privacy officer demands of every share, whoever writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Name, Slug

RuleKind = Literal["aggregation", "list", "custom"]


class Policy(Model):
    """One file under `policies/`."""

    policy: Slug
    """The policy's name, the only one in the workspace."""
    description: str = ""
    """What it is for."""
    tenants: tuple[Slug, ...] = ()
    """Whose shares it governs; those of every tenant when absent."""
    minimum: Annotated[int, Field(ge=2, le=100_000)] | None = None
    """How many distinct values the column of an output constraint or of a threshold must reach at least. A rule with
    neither, as a list has none, is refused."""
    rules: tuple[RuleKind, ...] = ()
    """The kinds of rule that may be used; all when absent."""
    forbidden_columns: tuple[Name, ...] = ()
    """Columns that are never shared."""
    forbidden_joins: tuple[Name, ...] = ()
    """Columns that are never join columns, and never compared with another column where a custom rule says which
    are. A custom rule that shares one has to say which."""
    any_query: bool = True
    """Whether a custom rule may allow `ANY_QUERY`, which nobody reviews."""
    differential_privacy: bool = False
    """Whether every share needs a custom rule with `differential_privacy`."""
    access_budget: bool = False
    """Whether every shared table needs an access budget (`access:` of the collaboration)."""
    access_per_month: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """How many queries a month an access budget allows at most: a day counts as 31 times, a week as five times what
    it allows, a lifetime as it stands. Every shared table needs one."""
