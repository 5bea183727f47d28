"""`antechamber doctor`: what a deployment needs, and whether one that stands is as it should be."""

from __future__ import annotations

from dataclasses import asdict

import typer

from antechamber.cli.deploy import RegionOption, placed
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, print_json, print_table
from antechamber.declare import load_workspace
from antechamber.operate.log import set_up


def doctor(workspace: WorkspaceOption = HERE, region: RegionOption = None, json: JsonOption = False) -> None:
    """Look at what a deployment to AWS needs and at what stands: quotas, rights, regions, keys, secrets. Exits with 1
    when something is bad."""
    set_up("warning")
    declared = load_workspace(workspace)
    # Imported here: it needs an extra, and takes its time.
    from antechamber.deploy.checking import checks

    aws, setting = placed(declared, region)
    found = list(checks(aws, setting))
    if json:
        print_json({"checks": [asdict(each) for each in found]})
    else:
        rows = [(each.state, each.what, each.found, each.remedy) for each in found]
        print_table(f"{setting.names.account}, {setting.names.region}", ("state", "what", "found", "do"), rows)
    if any(each.state == "bad" for each in found):
        raise typer.Exit(1)
