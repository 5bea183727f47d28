"""`antechamber runs` and `tables`: what is there."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, print_json, print_table
from antechamber.declare import Connector, Declarations, load_workspace
from antechamber.job import connector_of
from antechamber.operate.lease import holder
from antechamber.operate.runs import RunRecord, load_all


def runs(
    connector: Annotated[str | None, typer.Argument(help="Of this connector only.")] = None,
    workspace: WorkspaceOption = HERE,
    last: Annotated[int, typer.Option(min=1, help="How many of each connector.")] = 10,
    json: JsonOption = False,
) -> None:
    """List runs, newest last: what each read, published, held back."""
    declared = load_workspace(workspace)
    records = [record for each in _connectors(declared, connector) for record in _runs(declared, each)[-last:]]
    records.sort(key=lambda record: record.run)
    if json:
        print_json({"runs": [record.as_json() for record in records]})
        return
    numbers = ("read", "published", "quarantined", "dropped", "replaced", "seconds")
    judged = any(record.quality for record in records)
    print_table(
        f"runs of {declared.workspace.workspace}",
        ("run", "connector", "status", *numbers, *(("quality",) if judged else ())),
        (
            (
                record.run,
                f"{record.tenant}/{record.connector}",
                record.status,
                record.read,
                record.published,
                record.quarantined,
                sum(record.dropped.values()),
                record.replaced,
                record.seconds,
                *((_quality(record),) if judged else ()),
            )
            for record in records
        ),
        numbers=numbers,
    )


def tables(workspace: WorkspaceOption = HERE, json: JsonOption = False) -> None:
    """List the published tables: rows, data files, bytes, last commit."""
    declared = load_workspace(workspace)
    catalog = open_catalog(declared.workspace, declared.root)
    rows: list[dict[str, object]] = []
    for tenant, owner in sorted(declared.workspace.tenants.items()):
        space = namespace(tenant, owner)
        if not catalog.namespace_exists(space):
            continue
        for _, name in sorted(catalog.list_tables(space)):
            snapshot = catalog.load_table((space, name)).current_snapshot()
            facts = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
            rows.append(
                {
                    "table": f"{space}.{name}",
                    "rows": int(facts.get("total-records", 0)),
                    "files": int(facts.get("total-data-files", 0)),
                    "bytes": int(facts.get("total-files-size", 0)),
                    "run": facts.get("antechamber.run", ""),
                }
            )
    if json:
        print_json({"tables": rows})
        return
    columns = ("table", "rows", "files", "bytes", "run")
    print_table(
        f"tables of {declared.workspace.workspace}",
        columns,
        ([row[column] for column in columns] for row in rows),
        numbers=("rows", "files", "bytes"),
    )


def _quality(record: RunRecord) -> str:
    """How many rules came out how: `4 passed, 1 warned`."""
    counts = Counter(str(each["outcome"]) for each in record.quality)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def _connectors(declared: Declarations, name: str | None) -> list[Connector]:
    if name is None:
        return [declared.connectors[each] for each in sorted(declared.connectors)]
    return [connector_of(declared, name)]


def _runs(declared: Declarations, connector: Connector) -> list[RunRecord]:
    location = Layout.of(declared.workspace, declared.root).runs(connector.tenant, connector.connector)
    held = holder(location)
    return list(load_all(location, running=held.get("run") if held else None))
