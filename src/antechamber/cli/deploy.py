"""`antechamber deploy` and `destroy`: the workspace on AWS, tier by tier."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, err, out, print_json
from antechamber.declare import Declarations, load_workspace
from antechamber.deployed import TIERS, Tier
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up

if TYPE_CHECKING:
    from antechamber.deploy.aws import Aws
    from antechamber.deploy.setting import Setting
    from antechamber.deploy.stacks import Difference

SIGNS = {"add": "+", "change": "~", "remove": "-"}

TierOption = Annotated[
    list[str] | None, typer.Option("--tier", help="Only this tier; may be given again. All when absent.")
]
TenantOption = Annotated[
    list[str] | None,
    typer.Option("--tenant", help="Only this tenant's stacks; may be given again. All when absent."),
]
RegionOption = Annotated[str | None, typer.Option("--region", help="Another region than the one of aws:.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.")]


def deploy(
    workspace: WorkspaceOption = HERE,
    tier: TierOption = None,
    tenant: TenantOption = None,
    region: RegionOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what differs, and exit with 1 when something does.")
    ] = False,
    yes: YesOption = False,
    packages: Annotated[
        bool, typer.Option("--packages/--no-packages", help="Build the code anew, or leave what is deployed.")
    ] = True,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Put the secrets that this machine has where AWS has none.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the workspace's tiers on AWS what the declarations say: show what would change, ask, and do it."""
    set_up("warning")
    declared = load_workspace(workspace)
    # Imported here: it needs an extra, and takes its time.
    from antechamber.deploy import deploying

    aws, setting = placed(declared, region)
    wanted = deploying.Wanted(_tiers(tier), _tenants(declared, tenant), packages)
    found = deploying.planned(aws, setting, wanted)
    if not json:
        _tell(found)
    if plan:
        if json:
            print_json({"differences": [asdict(each) for each in found], "applied": False})
        if found:
            raise typer.Exit(1)
        return
    if found and not yes:
        _agree(f"change {len(found)} resources in {setting.names.account}, {setting.names.region}?", json)
    say = (lambda _: None) if json else (lambda line: out.print(f"  {line}", markup=False, highlight=False))
    stacks = deploying.deploy(aws, setting, wanted, say)
    if secrets:
        deploying.put_secrets(aws, setting, wanted.tenants or setting.tenants, say)
    if json:
        told = {"differences": [asdict(each) for each in found], "applied": True}
        print_json({**told, "stacks": [each.name for each in stacks]})


def destroy(
    workspace: WorkspaceOption = HERE,
    tier: TierOption = None,
    tenant: TenantOption = None,
    region: RegionOption = None,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Delete also what buckets and tables hold, for good.")
    ] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Remove what deploy made. Data stays, and the command refuses, unless --with-data is said. A tenant that is no
    longer declared can be named too."""
    set_up("warning")
    declared = load_workspace(workspace)
    from antechamber.deploy import destroying

    aws, setting = placed(declared, region)
    stacks = destroying.standing(aws, setting, _tiers(tier), tuple(tenant) if tenant else None)
    if not json:
        for each in stacks:
            out.print(f"  - {each.name}", markup=False, highlight=False)
    if stacks and not yes:
        _agree(f"remove {len(stacks)} stacks of {setting.names.account}, {setting.names.region}?", json)
    say = (lambda _: None) if json else (lambda line: out.print(f"  {line}", markup=False, highlight=False))
    destroying.destroy(aws, stacks, say, with_data=with_data)
    if json:
        print_json({"removed": [each.name for each in stacks]})
    elif not stacks:
        out.print("nothing is there", markup=False)


def placed(declared: Declarations, region: str | None) -> tuple[Aws, Setting]:
    """Clients and names of the declared deployment. Raises AntechamberError."""
    from antechamber.deploy.aws import Aws, account_of
    from antechamber.deploy.setting import setting_of

    cloud = setting_of(declared, "", region).cloud
    aws = Aws(region or cloud.region)
    account = account_of(aws)
    if cloud.account is not None and cloud.account != account:
        raise AntechamberError(
            f"these are credentials of the account {account}, and the workspace is deployed to {cloud.account}",
            where=declared.place("workspace", "", "aws", "account"),
            remedy="choose the profile: export AWS_PROFILE=…",
        )
    return aws, setting_of(declared, account, region)


def _tiers(named: list[str] | None) -> tuple[Tier, ...]:
    for each in named or ():
        if each not in TIERS:
            raise AntechamberError(f"there is no tier '{each}'", where="--tier", remedy=f"one of {', '.join(TIERS)}")
    return tuple(each for each in TIERS if not named or each in named)


def _tenants(declared: Declarations, named: list[str] | None) -> tuple[str, ...] | None:
    known = declared.workspace.tenants
    for each in named or ():
        if each not in known:
            raise AntechamberError(
                f"there is no tenant '{each}'", where="--tenant", remedy=f"one of {', '.join(sorted(known))}"
            )
    return tuple(named) if named else None


def _agree(question: str, json: bool) -> None:
    if json or not err.is_terminal:
        raise AntechamberError("nobody is there to be asked", where="AWS", remedy="add --yes, or --plan to look only")
    if not typer.confirm(question, err=True):
        raise AntechamberError("nothing was changed", where="AWS", remedy="answer y, or --yes")


def _tell(found: list[Difference]) -> None:
    if not found:
        out.print("nothing to change", markup=False)
    stack = ""
    for each in found:
        if each.stack != stack:
            stack = each.stack
            out.print(stack, markup=False, highlight=False)
        keys = f": {', '.join(each.keys)}" if each.keys else ""
        out.print(f"  {SIGNS[each.action]} {each.resource} ({each.kind}){keys}", markup=False, highlight=False)
