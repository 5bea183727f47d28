"""Rules of `steps:`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from antechamber.declare.connector import MOST_STEPS, Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose
from antechamber.declare.model import Unknown, show
from antechamber.declare.step import StepModel


def step_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of a connector's steps."""
    return [
        _few_enough(connector),
        *(_own(step, ("steps", place, step.NAME)) for place, step in enumerate(connector.steps)),
        _columns_there(connector),
        _no_contest_of_changes(connector),
    ]


def _few_enough(connector: Connector) -> Iterator[Mistake]:
    if len(connector.steps) > MOST_STEPS:
        yield Mistake(
            ("steps",), f"there are {len(connector.steps)} steps", f"use at most {MOST_STEPS}: put several into one"
        )


def _own(step: StepModel, at: KeyPath) -> Iterator[Mistake]:
    for mistake in step.mistakes():
        yield replace(mistake, path=(*at, *mistake.path))


def _columns_there(connector: Connector) -> Iterator[Mistake]:
    """Nothing reads a column that a step before it took away. Whether the source has a column is known only later."""
    gone: dict[str, int] = {}
    made: dict[str, None] = {}
    first = len(connector.all_steps) - len(connector.steps)
    for place, step in enumerate(connector.all_steps):
        at: KeyPath = ("steps", place - first, step.NAME) if place >= first else ("recipe",)
        try:
            reads, removes, makes = step.reads, step.removes, step.makes
        except Unknown:
            return  # what it would have made or taken away is not known, so neither is what follows
        for name in dict.fromkeys(reads):
            if name in gone:
                yield _gone(connector, name, gone[name], at, list(made))
        for name in removes:
            gone[name] = place
            made.pop(name, None)
        for name in makes:
            gone.pop(name, None)
            made[name] = None
    for key, column in connector.columns.items():
        read = column.__dict__
        for field in ("source", "region_from", "country_from"):
            name = read.get(field) or (key if field == "source" and "source" in read else "")
            if name in gone and read.get("protect") != "drop":
                at = ("columns", key, field) if read.get(field) else ("columns", key)
                yield _gone(connector, name, gone[name], at, list(made))


def _no_contest_of_changes(connector: Connector) -> Iterator[Mistake]:
    """Change capture tells of one record several times: a change that is dropped is lost for good."""
    if getattr(connector.source, "incremental", "") != "cdc":
        return
    first = len(connector.all_steps) - len(connector.steps)
    for place, step in enumerate(connector.all_steps):
        if step.contest is not None:
            yield Mistake(
                ("steps", place - first, step.NAME) if place >= first else ("recipe",),
                "change capture gives the changes of records, and one that is dropped as a duplicate would be lost",
                "leave it out: of a record's changes the table's key keeps the last; or write incremental: watermark",
            )


def _gone(connector: Connector, name: str, place: int, at: KeyPath, made: list[str]) -> Mistake:
    step = connector.all_steps[place]
    own = place - len(connector.all_steps) + len(connector.steps)
    told = f"steps[{own}] ({step.NAME})" if own >= 0 else connector.step_name(place)
    return Mistake(
        at,
        f"the column {show(name)} is not there any more: {told} took it away",
        choose(name, made, most=0) or (f"name what it became: {', '.join(step.makes)}" if step.makes else ""),
    )
