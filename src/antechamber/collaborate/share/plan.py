"""The plan: what is to be done so that what is there becomes what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from antechamber.collaborate.share.found import Found
from antechamber.collaborate.share.names import ANALYSES, WHOLE, settled
from antechamber.collaborate.share.wanted import ORDER, Resource

Action = Literal["create", "change", "replace", "remove", "blocked"]

FIXED = {
    "collaboration": ("members", "queryLogStatus"),
    "template": ("source", "format", "analysisParameters"),
    "association": ("table",),
    "rule": ("type",),
    "association rule": ("type",),
    "privacy budget": ("autoRefresh",),
}
"""What the API does not change in a resource that is there: it is made anew, but for a collaboration."""


@dataclass(frozen=True)
class Difference:
    """A field of a body. before, after: its values; None where there is none."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One thing to be done.

    differences: what changes. reason: why it cannot be done, of one that is blocked.
    """

    action: Action
    resource: Resource
    differences: tuple[Difference, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """All that is to be done, in order: what goes first, then what comes."""

    collaboration: str
    changes: tuple[Change, ...]
    unchanged: int = field(default=0)

    @property
    def blocked(self) -> tuple[Change, ...]:
        """What nobody but people can do."""
        return tuple(change for change in self.changes if change.action == "blocked")


def plan(collaboration: str, want: Sequence[Resource], found: Found) -> Plan:
    """What makes the found resources the wanted ones. Of what is there, only our own is ever touched."""
    there = {each.key: each for each in found.resources}
    keys = {each.key for each in want}
    changes = [*_leftovers(there, keys), *_invitations(want, found)]
    unchanged = 0
    anew: set[str] = set()
    moved: set[tuple[str, str]] = set()
    for each in want:
        now = there.get(each.key)
        if now is None:
            changes.append(Change("create", each))
            continue
        differences = (*_differences(now.body, each.body), *_of_templates_anew(each, anew))
        if each.kind == "access budget" and (each.owner, each.name) in moved:
            # It was of the association that goes.
            changes.append(Change("replace", each, differences))
            continue
        if not differences:
            unchanged += 1
            continue
        fixed = [one.field for one in differences if one.field.partition(".")[0] in FIXED.get(each.kind, ())]
        if fixed and each.kind == "collaboration":
            reason = f"AWS Clean Rooms does not change {' or '.join(fixed)}: antechamber share --destroy, then share"
            changes.append(Change("blocked", each, differences, reason))
        else:
            changes.append(Change("replace" if fixed else "change", each, differences))
            anew |= {each.name} if fixed and each.kind == "template" else set()
            moved |= {(each.owner, each.name)} if fixed and each.kind == "association" else set()
    return Plan(collaboration, tuple(_columns_leave_last(changes, there)), unchanged)


def teardown(collaboration: str, found: Found) -> Plan:
    """What takes everything of ours away, last things first."""
    ours = sorted(found.resources, key=lambda each: ORDER.index(each.kind), reverse=True)
    return Plan(collaboration, tuple(Change("remove", each) for each in ours))


def _leftovers(there: Mapping[tuple[str, str, str], Resource], keys: set[tuple[str, str, str]]) -> list[Change]:
    """What is there of ours and nobody asks for any more. What goes with its owner is not told by itself."""
    gone = [each for key, each in there.items() if key not in keys]
    gone.sort(key=lambda each: ORDER.index(each.kind), reverse=True)
    return [Change("remove", each) for each in gone]


def _invitations(want: Sequence[Resource], found: Found) -> Iterator[Change]:
    """A collaboration that another company makes has to be there before its members can join."""
    if found.collaboration is not None or any(each.kind == "collaboration" for each in want):
        return
    for each in want:
        if each.kind == "membership":
            yield Change("blocked", each, reason="its creator has not invited this account yet")


def _of_templates_anew(each: Resource, anew: set[str]) -> Iterator[Difference]:
    """A template that is made anew has another ARN, which the rules that name it must have."""
    if each.kind == "rule":
        for body in each.body["policy"]["v1"].values():
            for name in anew.intersection(body.get(ANALYSES, ())):
                yield Difference(f"policy.v1.custom.{ANALYSES}", f"{name}, as it was", f"{name}, as it will be")


def _columns_leave_last(
    changes: Sequence[Change], there: Mapping[tuple[str, str, str], Resource]
) -> Iterator[Change]:
    """A column comes into a table before rules speak of it, and leaves it after they do no more."""
    last: list[Change] = []
    for change in changes:
        if change.action != "change" or change.resource.kind != "table":
            yield change
            continue
        before, after = there[change.resource.key].body, change.resource.body
        old, new = set(before["allowedColumns"]), set(after["allowedColumns"])
        if old <= new:
            yield change
            continue
        last.append(change)
        if new - old:
            both = {**before, "allowedColumns": sorted(old | new)}
            between = replace(change.resource, body=both)
            yield Change("change", between, tuple(_differences(before, both)))
    yield from last


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[Difference]:
    old, new = settled(before), settled(after)
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        at = f"{path}.{name}" if path else name
        if isinstance(one, Mapping) and isinstance(other, Mapping) and name != WHOLE:
            yield from _differences(one, other, at)
        else:
            yield Difference(at, one, other)
