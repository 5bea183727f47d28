"""`antechamber share`: make collaborations what the declarations say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, err, out, print_json
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up

if TYPE_CHECKING:
    from antechamber.collaborate.share import Change, Plan

SIGNS = {"create": "+", "change": "~", "replace": "±", "remove": "-", "blocked": "!"}


def share(
    collaborations: Annotated[
        list[str] | None, typer.Argument(help="Which collaborations; all when none is named.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.")] = False,
    show_plan: Annotated[
        bool, typer.Option("--plan", help="Show what differs, and exit with 1 when something does.")
    ] = False,
    destroy: Annotated[bool, typer.Option("--destroy", help="Take everything of ours away again.")] = False,
    json: JsonOption = False,
) -> None:
    """Make collaborations what the declarations say: show what would change, ask, and do it."""
    set_up("warning")
    declared = load_workspace(workspace)
    names = _named(declared, collaborations or [])
    # Imported here: it needs an extra, and takes its time.
    from antechamber.collaborate.share import apply, look, plan, teardown, wanted
    from antechamber.collaborate.share.clients import clients

    plans: list[Plan] = []
    with clients(declared) as api:
        for name in names:
            found = look(declared, name, api)
            made = teardown(name, found) if destroy else plan(name, wanted(declared, name), found)
            plans.append(made)
            if not json:
                tell_plan(made)
            if show_plan or not made.changes:
                continue
            if not (yes or made.blocked) and not _agreed(name, json):
                raise AntechamberError(
                    "nothing was changed", where=f"collaboration {name}", remedy="answer y, or --yes"
                )
            apply(made, declared, api, found, (lambda _: None) if json else _done)
    if json:
        print_json({"plans": [_told(each) for each in plans], "applied": not show_plan})
    if show_plan and any(each.changes for each in plans):
        raise typer.Exit(1)


def _named(declared: Declarations, names: list[str]) -> list[str]:
    for name in names:
        if name not in declared.collaborations:
            known = ", ".join(sorted(declared.collaborations)) or "none is declared"
            raise AntechamberError(f"there is no collaboration '{name}'", where=name, remedy=f"use one of: {known}")
    return names or sorted(declared.collaborations)


def _agreed(name: str, json: bool) -> bool:
    if json or not err.is_terminal:
        raise AntechamberError(
            "nobody is there to be asked", where=f"collaboration {name}", remedy="add --yes, or --plan to look only"
        )
    return typer.confirm(f"change {name}?", err=True)


def tell_plan(plan: Plan) -> None:
    """Show what differs, one line a change."""
    if not plan.changes:
        out.print(f"{plan.collaboration}: nothing to change ({plan.unchanged} resources)", markup=False)
        return
    out.print(f"{plan.collaboration}: {len(plan.changes)} to change, {plan.unchanged} stay", markup=False)
    for change in plan.changes:
        each = change.resource
        out.print(f"  {SIGNS[change.action]} {each.kind} {each.name} ({each.owner})", markup=False)
        if change.reason:
            out.print(f"      {change.reason}", markup=False)
        for one in change.differences:
            out.print(f"      {one.field}: {_value(one.before)} → {_value(one.after)}", markup=False)


def _done(change: Change) -> None:
    verb = {"create": "made", "change": "changed", "replace": "made anew", "remove": "removed"}[change.action]
    each = change.resource
    out.print(f"  {verb}: {each.kind} {each.name} ({each.owner})", markup=False)


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _told(plan: Plan) -> dict[str, Any]:
    return {
        "collaboration": plan.collaboration,
        "unchanged": plan.unchanged,
        "changes": [asdict(change) for change in plan.changes],
    }
