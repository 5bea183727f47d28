"""`antechamber cost estimate` and `cost report`: what a month will cost on AWS, and what past runs cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from antechamber.catalog import Layout
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table
from antechamber.declare import Connector, Declarations, load_workspace
from antechamber.deployed import references_of
from antechamber.operate.estimate import estimate, spent, standing_of_tenant
from antechamber.operate.meter import prices
from antechamber.operate.runs import RunRecord, load_all

cost = typer.Typer(no_args_is_help=True, help="What the workspace costs on AWS: predicted, and by past runs.")

PricesOption = Annotated[
    Path | None, typer.Option("--prices", help="A file of prices, in JSON: see docs/reference/cost.md.")
]


@cost.command("estimate")
def estimate_command(
    workspace: WorkspaceOption = HERE, prices_file: PricesOption = None, json: JsonOption = False
) -> None:
    """Predict a month on AWS from the connectors' schedules and their past runs, wherever those ran."""
    declared, priced = load_workspace(workspace), prices(prices_file)
    found = [
        estimate(each.tenant, name, each.schedule, _records(declared, each), priced)
        for name, each in sorted(declared.connectors.items())
    ]
    tenants: dict[str, float] = {}
    for tenant in sorted(declared.workspace.tenants):
        standing = standing_of_tenant(len(references_of(declared, tenant)), priced)
        tenants[tenant] = standing + sum(each.month for each in found if each.tenant == tenant)
    if json:
        told: list[dict[str, Any]] = [{**vars(each), "month": each.month} for each in found]
        print_json({"currency": priced.currency, "as_of": priced.as_of, "tenants": tenants, "connectors": told})
        return
    columns = ("connector", "runs a month", f"{priced.currency} a run", "storage", "metrics", "a month", "from runs")
    rows = (
        (
            f"{each.tenant}/{each.connector}", f"{each.runs:,.1f}", f"{each.per_run:.6f}", f"{each.stored:.2f}",
            f"{each.standing:.2f}", f"{each.month:.2f}", each.basis,
        )
        for each in found
    )  # fmt: skip
    print_table(f"a month of {declared.workspace.workspace}, by prices of {priced.as_of}", columns, rows)
    for tenant, month in tenants.items():
        out.print(f"  {tenant}: {month:,.2f} {priced.currency} a month, with its key and secrets", markup=False)
    for each in found:
        if not each.basis:
            out.print(f"  {each.tenant}/{each.connector}: no run yet to predict from", markup=False)


@cost.command("report")
def report_command(
    workspace: WorkspaceOption = HERE,
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 30,
    prices_file: PricesOption = None,
    json: JsonOption = False,
) -> None:
    """What past runs cost, tenant by tenant, by what each run's record says it used."""
    declared, priced = load_workspace(workspace), prices(prices_file)
    since = datetime.now(UTC) - timedelta(days=days)
    rows: list[dict[str, Any]] = []
    for tenant in sorted(declared.workspace.tenants):
        own = [each for each in declared.connectors.values() if each.tenant == tenant]
        records = [record for each in own for record in _records(declared, each)]
        recent = [record for record in records if datetime.fromisoformat(record.started) >= since]
        cost_ = spent(recent, priced)
        rows.append(
            {"tenant": tenant, "runs": len(recent), "bytes": sum(each.bytes for each in recent), "cost": cost_}
        )
    if json:
        print_json({"currency": priced.currency, "days": days, "tenants": rows})
        return
    print_table(
        f"the last {days} days, in {priced.currency}",
        ("tenant", "runs", "bytes", "cost"),
        ((row["tenant"], row["runs"], row["bytes"], f"{row['cost']:.6f}") for row in rows),
        numbers=("runs", "bytes"),
    )


def _records(declared: Declarations, connector: Connector) -> list[RunRecord]:
    location = Layout.of(declared.workspace, declared.root).runs(connector.tenant, connector.connector)
    return list(load_all(location, running=None))
