"""All rules of one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from antechamber.declare.collaboration import Ability, Collaboration
from antechamber.declare.connector import Connector
from antechamber.declare.mistake import Mistake, repeated, told
from antechamber.declare.model import Model, show
from antechamber.declare.placeholders import Placeholders
from antechamber.declare.policy import Policy
from antechamber.declare.rules.between import workspace_rules
from antechamber.declare.rules.cloud import cloud_rules
from antechamber.declare.rules.collaborations import collaboration_rules
from antechamber.declare.rules.columns import column_rules
from antechamber.declare.rules.id_namespaces import id_namespace_rules
from antechamber.declare.rules.kept import kept_rules
from antechamber.declare.rules.notify import notify_rules
from antechamber.declare.rules.placeholders import placeholder_rules
from antechamber.declare.rules.policies import policy_rules
from antechamber.declare.rules.quality import quality_rules
from antechamber.declare.rules.schedule import schedule_rules
from antechamber.declare.rules.sharing import share_rules
from antechamber.declare.rules.source import source_rules
from antechamber.declare.rules.steps import step_rules
from antechamber.declare.rules.table import table_rules
from antechamber.declare.workspace import Workspace


def mistakes_in(model: Model) -> list[Mistake]:
    """All that breaks a rule within one file, as far as it could be read."""
    rules: list[Iterator[Mistake]] = []
    read = model.__dict__
    if isinstance(model, Connector):
        for name, column in read.get("columns", {}).items():
            rules += column_rules(name, column)
        rules += source_rules(model) if "source" in read else []
        rules += step_rules(model) if read.get("steps") or read.get("recipe") else []
        rules += table_rules(model)
        rules += quality_rules(model) if "columns" in read else []
        rules += share_rules(model) if "share" in read else []
        rules += id_namespace_rules(model) if "columns" in read else []
        if isinstance(said := read.get("placeholders"), Placeholders):
            rules += placeholder_rules(said)
        if (schedule := read.get("schedule")) is not None:
            rules.append(schedule_rules(schedule))
        rules += [notify_rules(read.get("notify", ()), ("notify",))]
    elif isinstance(model, Workspace):
        rules += kept_rules(model)
        for name, tenant in read.get("tenants", {}).items():
            rules.append(notify_rules(tenant.__dict__.get("notify", ()), ("tenants", name, "notify")))
        rules += workspace_rules(model)
        rules.append(cloud_rules(model))
    elif isinstance(model, Policy):
        rules += policy_rules(model)
    elif isinstance(model, Collaboration):
        rules += [_one_queries(model), _one_receives(model), _abilities_once(model), _description(model)]
        rules += collaboration_rules(model)
    return [mistake for rule in rules for mistake in told(rule)]


def _one_queries(collaboration: Collaboration) -> Iterator[Mistake]:
    able = [name for name, member in collaboration.members.items() if "query" in member.abilities]
    if not able and _abilities_known(collaboration):
        yield Mistake(("members",), "no member can query", "give one member abilities: [query]")
    for name in able[1:]:
        yield Mistake(
            ("members", name, "abilities"),
            f"{show(able[0])} queries already, and only one member may",
            f"remove query from {able[0]} or from {name}",
        )


def _one_receives(collaboration: Collaboration) -> Iterator[Mistake]:
    able = any("receive" in member.abilities for member in collaboration.members.values())
    if not able and _abilities_known(collaboration):
        yield Mistake(("members",), "no member can receive answers", "give at least one member abilities: [receive]")


def _abilities_known(collaboration: Collaboration) -> bool:
    """Whether no ability is a mistake: any that is may have been meant to be the one that lacks."""
    return all(
        ability in get_args(Ability) for member in collaboration.members.values() for ability in member.abilities
    )


def _abilities_once(collaboration: Collaboration) -> Iterator[Mistake]:
    for name, member in collaboration.members.items():
        for place, ability in repeated(member.abilities):
            yield Mistake(
                ("members", name, "abilities", place), f"{show(ability)} is in the list before", "remove it"
            )


def _description(collaboration: Collaboration) -> Iterator[Mistake]:
    text = collaboration.description
    if len(text) > 255 or (text and not text.strip()):
        yield Mistake(
            ("description",),
            "AWS Clean Rooms does not accept this description: it has more than 255 characters, or only white space",
            "shorten it, or remove it",
        )
