"""A collaboration file: who takes part, and who may do what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Slug

Ability = Literal["query", "receive"]


class Member(Model):
    """One member of a collaboration."""

    abilities: tuple[Ability, ...] = ()
    """`query`: may ask; `receive`: may be given the answer. Exactly one member queries, at least one receives."""


class Collaboration(Model):
    """One file under `collaborations/`."""

    collaboration: Slug
    """The collaboration's name, the only one in the workspace."""
    description: str = ""
    """What it is for: at most 255 characters."""
    members: Annotated[dict[Slug, Member], Field(min_length=2)]
    """Tenant → what it may do."""

    @property
    def querier(self) -> str:
        """The member who may ask."""
        return next(name for name, member in self.members.items() if "query" in member.abilities)
