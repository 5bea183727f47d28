"""`antechamber runs`, `tables` and `quarantine`: what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table
from antechamber.declare import Connector, Declarations, load_workspace
from antechamber.job import connector_of, tenant_key
from antechamber.operate.lease import holder
from antechamber.operate.runs import RunRecord, load_all
from antechamber.publish import QuarantinedRecord, list_quarantine, read_quarantine

quarantine = typer.Typer(help="Records that could not be prepared.", no_args_is_help=True)


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
    print_table(
        f"runs of {declared.workspace.workspace}",
        ("run", "connector", "status", *numbers),
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


@quarantine.command("list")
def quarantine_list(
    connector: Annotated[str | None, typer.Argument(help="Of this connector only.")] = None,
    workspace: WorkspaceOption = HERE,
    json: JsonOption = False,
) -> None:
    """Count quarantined records by run, column and reason."""
    declared = load_workspace(workspace)
    counts: dict[tuple[str, str, str, str], int] = {}
    for each in _connectors(declared, connector):
        for run, record in _quarantined(declared, each):
            place = (each.connector, run, record.column, record.reason)
            counts[place] = counts.get(place, 0) + 1
    columns = ("connector", "run", "column", "reason", "records")
    rows = [(*place, count) for place, count in sorted(counts.items())]
    if json:
        print_json({"quarantine": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        print_table("quarantine", columns, rows, numbers=("records",))


@quarantine.command("show")
def quarantine_show(
    connector: Annotated[str, typer.Argument(help="Which connector.")],
    workspace: WorkspaceOption = HERE,
    limit: Annotated[int, typer.Option(min=1, help="How many records.")] = 20,
    raw: Annotated[bool, typer.Option("--raw", help="Show the raw text too: it may hold personal data.")] = False,
    json: JsonOption = False,
) -> None:
    """Show where quarantined records came from and why they are there."""
    declared = load_workspace(workspace)
    found: list[dict[str, object]] = []
    for run, record in _quarantined(declared, *_connectors(declared, connector)):
        place = f"{record.partition}/{record.member}" if record.member else record.partition
        entry: dict[str, object] = {
            "run": run, "file": place, "line": record.line, "column": record.column, "reason": record.reason,
        }  # fmt: skip
        if raw:
            entry["raw"] = record.raw
        found.append(entry)
        if len(found) == limit:
            break
    if json:
        print_json({"quarantine": found})
        return
    for entry in found:
        column = f"{entry['column']}: " if entry["column"] else ""
        out.print(f"{entry['file']}:{entry['line']}: {column}{entry['reason']}", markup=False)
        if raw:
            out.print(f"    {entry['raw']!r}", markup=False)


def _connectors(declared: Declarations, name: str | None) -> list[Connector]:
    if name is None:
        return [declared.connectors[each] for each in sorted(declared.connectors)]
    return [connector_of(declared, name)]


def _runs(declared: Declarations, connector: Connector) -> list[RunRecord]:
    location = Layout.of(declared.workspace, declared.root).runs(connector.tenant, connector.connector)
    held = holder(location)
    return list(load_all(location, running=held.get("run") if held else None))


def _quarantined(declared: Declarations, connector: Connector) -> Iterator[tuple[str, QuarantinedRecord]]:
    location = Layout.of(declared.workspace, declared.root).quarantine(connector.tenant, connector.connector)
    key = tenant_key(declared, connector.tenant)
    for run in list_quarantine(location):
        for record in read_quarantine(location, run, key):
            yield run, record
