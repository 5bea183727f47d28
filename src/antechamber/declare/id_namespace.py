"""The `id_namespace:` block of a connector file: whose ids can be mapped to whose in a collaboration."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from antechamber.declare.model import Model, Name, Slug


class MatchRule(Model):
    """One matching rule (`rules` of `ruleBasedProperties`)."""

    keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=15)]
    """Types of published columns, such as `email` or `last_name`: all of them must be equal (`matchingKeys`)."""


class IdNamespace(Model):
    """The ID namespace of AWS Entity Resolution that the published table is, for a local clean room."""

    NOUNS: ClassVar = {
        "type": "a type of ID namespace",
        "attributes": "a way to compare columns",
        "records": "a way to pair records",
    }

    name: Slug | None = None
    """Its name, as it stands at the end of its ARN; the connector's when absent."""
    type: Literal["source", "target"]
    """Whether its ids are mapped (`SOURCE`) or mapped to (`TARGET`)."""
    id: Name
    """The published column with the ids."""
    rules: Annotated[tuple[MatchRule, ...], Field(max_length=25)] = ()
    """How records match, the strictest rule first: the first that finds somebody decides. The rules of the source
    hold, or those of the target when the source has none; without any, each type that both have is one."""
    attributes: Literal["one-to-one", "many-to-many"] = "many-to-many"
    """Which columns of a type are compared: those of one name, or each with each (`attributeMatchingModel`)."""
    records: Literal["one-source-to-one-target", "many-sources-to-one-target"] = "many-sources-to-one-target"
    """How many sources a target may have (`recordMatchingModel`). A source has one target at most."""
