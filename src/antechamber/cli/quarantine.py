"""`antechamber quarantine`: records that could not be prepared: listed, shown, tried again, discarded."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from antechamber import pipeline
from antechamber.catalog import Layout
from antechamber.cli.run import tell
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table, visible
from antechamber.declare import Connector, Declarations, load_workspace
from antechamber.discard import Which
from antechamber.discard import discard as discard_records
from antechamber.errors import SourceError
from antechamber.job import connector_of, tenant_key
from antechamber.operate.log import set_up
from antechamber.publish import QuarantinedRecord, list_quarantine, read_quarantine

quarantine = typer.Typer(help="Records that could not be prepared.", no_args_is_help=True)

RunOption = Annotated[str | None, typer.Option("--run", help="Of this run only; all when absent.")]
ColumnOption = Annotated[str | None, typer.Option("--column", help="At fault in this column only.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="For this reason only, as `list` words it.")]

SHOWN = 40
"""Characters of a value's shape that are shown."""


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
    run: RunOption = None,
    column: ColumnOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many records.")] = 20,
    raw: Annotated[bool, typer.Option("--raw", help="Show the raw text too: it may hold personal data.")] = False,
    json: JsonOption = False,
) -> None:
    """Show where quarantined records came from, why they are there, and what they look like.

    Letters are shown as a or A, digits as 9: what is wrong with a value can be seen, and not whose it is.
    """
    declared = load_workspace(workspace)
    found: list[dict[str, object]] = []
    which = Which(run, column, reason)
    for held, record in _quarantined(declared, connector_of(declared, connector)):
        if run not in (None, held) or record not in which:
            continue
        place = f"{record.partition}/{record.member}" if record.member else record.partition
        entry: dict[str, object] = {
            "run": held, "file": place, "line": record.line, "column": record.column, "reason": record.reason,
            "shape": _shapes(record.raw),
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
        at_fault = f"{entry['column']}: " if entry["column"] else ""
        out.print(f"{entry['file']}:{entry['line']}: {at_fault}{entry['reason']}", markup=False)
        looks = entry["shape"]
        if isinstance(looks, dict):
            looks = ", ".join(f"{visible(name)}: {value}" for name, value in looks.items())
        out.print(f"    looks like: {looks}", markup=False)
        if raw:
            out.print(f"    {entry['raw']!r}", markup=False)


@quarantine.command("retry")
def quarantine_retry(
    connector: Annotated[str, typer.Argument(help="Which connector.")],
    workspace: WorkspaceOption = HERE,
    run: RunOption = None,
    json: JsonOption = False,
) -> None:
    """Prepare quarantined records again, by the connector as it is now, and publish those that pass.

    What still fails stays in quarantine. A record that the table has in a later version is dropped as superseded.
    """
    set_up("warning")
    declared = load_workspace(workspace)
    each = connector_of(declared, connector)
    held = list_quarantine(Layout.of(declared.workspace, declared.root).quarantine(each.tenant, connector))
    if run is not None and run not in held:
        raise SourceError("the run has no quarantine", where=run, remedy=f"antechamber quarantine list {connector}")
    records = [pipeline.run(declared, connector, retry=name) for name in held if run in (None, name)]
    if json:
        print_json({"runs": [record.as_json() for record in records]})
    else:
        for record in records:
            tell(record)
        if not records:
            out.print(f"{each.tenant}/{connector}: nothing is in quarantine", markup=False)
    if any(record.status in ("failed", "partial") for record in records):
        raise typer.Exit(1)


@quarantine.command("discard")
def quarantine_discard(
    connector: Annotated[str, typer.Argument(help="Which connector.")],
    workspace: WorkspaceOption = HERE,
    run: RunOption = None,
    column: ColumnOption = None,
    reason: ReasonOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove quarantined records for good. They are counted as dropped, in a record among the runs."""
    set_up("warning")
    declared = load_workspace(workspace)
    each = connector_of(declared, connector)
    which = Which(run, column, reason)
    if not yes:
        found = sum(1 for held, record in _quarantined(declared, each) if run in (None, held) and record in which)
        typer.confirm(f"{each.tenant}/{connector}: remove {found:,} records for good?", abort=True, err=True)
    done = discard_records(declared, connector, which)
    if json:
        print_json({"runs": [done.as_json()]})
    else:
        tell(done)


def shape(text: str) -> str:
    """What a value looks like, and nothing of what it says: `Ann@x.org 12` → `Aaa@a.aaa 99`."""
    marks = ("A" if c.isupper() else "a" if c.isalpha() else "9" if c.isdigit() else c for c in text[: SHOWN + 1])
    shown = visible("".join(marks))
    return shown if len(text) <= SHOWN else f"{shown[:SHOWN]}…"


def _shapes(raw: str) -> dict[str, str] | str:
    """The shape of each field of a record that was read, or of the whole text of one that was not."""
    try:
        fields: Any = json_text.loads(raw)
    except ValueError:
        return shape(raw)
    if not isinstance(fields, dict):
        return shape(raw)
    return {name: "" if value is None else shape(str(value)) for name, value in fields.items()}


def _connectors(declared: Declarations, name: str | None) -> list[Connector]:
    if name is None:
        return [declared.connectors[each] for each in sorted(declared.connectors)]
    return [connector_of(declared, name)]


def _quarantined(declared: Declarations, connector: Connector) -> Iterator[tuple[str, QuarantinedRecord]]:
    location = Layout.of(declared.workspace, declared.root).quarantine(connector.tenant, connector.connector)
    key = tenant_key(declared, connector.tenant)
    for run in list_quarantine(location):
        for record in read_quarantine(location, run, key):
            yield run, record
