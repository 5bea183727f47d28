"""Rules of a collaboration's templates, budgets and creator.

Source: botocore 1.43.117, model `cleanrooms` (names, lengths).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from antechamber.declare.collaboration import Collaboration
from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.workspace import Workspace

PARAMETER = re.compile(r"(?<![:\w]):([a-zA-Z_]\w*)")
LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def collaboration_rules(collaboration: Collaboration) -> list[Iterator[Mistake]]:
    """Rules within one file."""
    return [
        _creator(collaboration), _authors(collaboration), _parameters(collaboration), _budgets(collaboration),
        _access(collaboration),
    ]  # fmt: skip


def own_members(collaboration: Collaboration, workspace: Workspace) -> Iterator[Mistake]:
    """Templates and budgets are made by tenants of this workspace; others make theirs themselves."""
    places: list[tuple[KeyPath, str]] = [
        (("templates", name, "author"), template.author) for name, template in collaboration.templates.items()
    ]
    places += [(("privacy", place, "member"), each.member) for place, each in enumerate(collaboration.privacy)]
    for at, member in places:
        if member in collaboration.members and member not in workspace.tenants:
            yield Mistake(at, f"{show(member)} is not a tenant of this workspace", "the other company makes its own")


def shared_tables(collaboration: Collaboration, connectors: Iterable[Connector]) -> Iterator[Mistake]:
    """Access budgets are of tables that this workspace shares."""
    tables = [
        share.name or connector.table.name
        for connector in connectors
        for share in connector.share
        if share.collaboration == collaboration.collaboration
    ]
    for name in collaboration.access:
        if name not in tables:
            remedy = choose(name, tables) or "share a table first; the other company limits its own"
            yield Mistake(("access", name), f"no connector shares a table {show(name)} in it", remedy)


def _access(collaboration: Collaboration) -> Iterator[Mistake]:
    for name, budget in collaboration.access.items():
        at = ("access", name)
        if budget.uses is None and budget.lifetime is None:
            yield Mistake(at, "nothing is limited", "add per: and uses:, or lifetime:")
        elif (budget.uses is None) != (budget.per is None):
            absent, said = ("uses", "per") if budget.uses is None else ("per", "uses")
            yield Mistake((*at, absent), f"{said} needs {absent}", f"add {absent}:, or remove {said}:")


def _creator(collaboration: Collaboration) -> Iterator[Mistake]:
    if collaboration.creator is not None:
        yield from _member(collaboration, collaboration.creator, ("creator",))


def _member(collaboration: Collaboration, name: str, at: KeyPath) -> Iterator[Mistake]:
    if name not in collaboration.members:
        remedy = choose(name, collaboration.members) or "add it to members:"
        yield Mistake(at, f"{show(name)} is not a member", remedy)


def _authors(collaboration: Collaboration) -> Iterator[Mistake]:
    for name, template in collaboration.templates.items():
        yield from _member(collaboration, template.author, ("templates", name, "author"))
        if len(template.description) > 255:
            yield Mistake(("templates", name, "description"), "it has more than 255 characters", "shorten it")


def _parameters(collaboration: Collaboration) -> Iterator[Mistake]:
    for name, template in collaboration.templates.items():
        # Within texts and comments a colon is a colon.
        used = set(PARAMETER.findall(LITERAL.sub(" ", template.sql)))
        for each in sorted(used - set(template.parameters)):
            yield Mistake(
                ("templates", name, "sql"),
                f"the parameter {show(each)} is not declared",
                choose(each, template.parameters) or "declare it under parameters:",
            )
        for each in template.parameters:
            if each not in used:
                yield Mistake(
                    ("templates", name, "parameters", each),
                    "the query does not use it",
                    f"write :{each}, or remove it",
                )


def _budgets(collaboration: Collaboration) -> Iterator[Mistake]:
    for place, budget in enumerate(collaboration.privacy):
        yield from _member(collaboration, budget.member, ("privacy", place, "member"))
    for place, name in repeated([budget.member for budget in collaboration.privacy]):
        yield Mistake(("privacy", place, "member"), f"{show(name)} has a budget before", "keep one a member")
