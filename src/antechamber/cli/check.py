"""`antechamber check`: find what can be found before any data moves."""

from __future__ import annotations

from contextlib import ExitStack
from json import dumps
from typing import Annotated, Any

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, err, out, print_json, print_table, visible
from antechamber.columns import told
from antechamber.declare import Declarations, asked, load_workspace
from antechamber.declare.mistake import dotted
from antechamber.errors import AntechamberError
from antechamber.gate import enforced, found_of, refusal
from antechamber.job import open_job, tenant_key
from antechamber.operate.log import as_ours, set_up
from antechamber.sampling import sample


def check(
    connectors: Annotated[list[str] | None, typer.Argument(help="Which connectors; all when none is named.")] = None,
    workspace: WorkspaceOption = HERE,
    rows: Annotated[int, typer.Option(min=1, help="How many records to sample.")] = 1000,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the files only; try no source, no secret.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read all declarations, try the sources and the secrets, sample the first records; publish nothing."""
    set_up("warning")
    declared = load_workspace(workspace)
    reports: list[dict[str, Any]] = []
    mistakes: list[AntechamberError] = [] if offline else _tenant_keys(declared)
    for name in connectors or sorted(declared.connectors):
        try:
            reports.append(
                {**_preset(declared, name), **({} if offline else _report(declared, name, rows, mistakes))}
            )
        except Exception as error:
            mistakes.append(as_ours(error, where=name))
            reports.append({"connector": name, "error": mistakes[-1].as_json()})
    if json:
        print_json(
            {
                "ok": not mistakes,
                "connectors": reports,
                "warnings": list(declared.warnings),
                "mistakes": [mistake.as_json() for mistake in mistakes],
            }
        )
    else:
        for report in reports:
            _tell(declared, report)
        for warning in declared.warnings:
            out.print(f"note: {warning}", markup=False)
        for mistake in mistakes:
            err.print(str(mistake), markup=False)
        if not mistakes:
            out.print(
                f"{len(declared.connectors)} connectors, {len(declared.collaborations)} collaborations: all well"
            )
    if mistakes:
        raise typer.Exit(1)


def _tenant_keys(declared: Declarations) -> list[AntechamberError]:
    mistakes: list[AntechamberError] = []
    for tenant in declared.workspace.tenants:
        try:
            tenant_key(declared, tenant)
        except AntechamberError as mistake:
            mistakes.append(mistake)
    return mistakes


def _preset(declared: Declarations, name: str) -> dict[str, Any]:
    """What the connector's preset gave, by the keys that the file leaves out."""
    filled = declared.presets.get(name)
    if filled is None or filled.preset is None:
        return {"connector": name}
    gave = {dotted(path): value for path, value in filled.given.items()}
    return {"connector": name, "preset": {"name": filled.preset.name, "gave": gave}}


def _report(declared: Declarations, name: str, rows: int, mistakes: list[AntechamberError]) -> dict[str, Any]:
    with ExitStack() as stack:
        job = open_job(declared, name, stack, look_only=True)
        if job.unsealer is not None:
            job.unsealer.check()
        plans, steps, reads = job.recipe.describe(), job.recipe.steps, job.recipe.source_columns
        holds = job.recipe.quality.holds
    found = sample(declared, name, rows=rows)
    raw = found_of(found.detected)
    if raw:
        mistakes.append(refusal(raw, where=f"{declared.connectors[name].tenant}/{name}"))
    rules = asked(declared.connectors[name])
    nulls: dict[str, dict[str, int]] = {}
    for (column, reason), count in sorted(found.nulled.items()):
        nulls.setdefault(column, {})[reason] = count
    shares = {share.collaboration: list(share.columns) for share in declared.connectors[name].share}
    return {
        "connector": name,
        "partitions": len(found.listing.partitions),
        "bytes": sum(partition.size or 0 for partition in found.listing.partitions),
        "skipped": [{"id": skipped.id, "reason": skipped.reason} for skipped in found.listing.skipped],
        "sampled": found.read,
        "quarantined": dict(found.quarantined),
        "dropped": dict(found.dropped),
        "steps": [{"step": step, "what": sentence} for step, sentence in steps],
        "quality": [enforced(rule, holds.get(rule.number), found.judged.get(rule.number)) for rule in rules],
        "raw_identities": [each.as_json() for each in raw],
        "columns": [
            {
                "column": plan.name,
                "source": plan.source,
                "type": plan.type,
                "protection": plan.protection,
                "what": plan.sentence,
                "nulls": nulls.get(plan.name, {}),
                "already_hashed": found.recognised[plan.name],
                "shared_with": [other for other, columns in shares.items() if plan.name in columns],
            }
            for plan in plans
        ],
        "unnamed_columns": told(set(found.columns) - set(reads)),
        "left_alone": list(found.left_alone),
    }


def _counts(column: dict[str, Any]) -> list[str]:
    """What of a column's values in the sample is worth knowing."""
    counts = [f"{count:,} {reason}" for reason, count in column["nulls"].items()]
    if column["already_hashed"]:
        counts.append(f"{column['already_hashed']:,} arrived hashed")
    return counts


def _tell(declared: Declarations, report: dict[str, Any]) -> None:
    if "preset" in report:
        out.print(f"{report['connector']}: the preset {report['preset']['name']} gives", markup=False)
        told: dict[str, list[str]] = {}
        for key, value in report["preset"]["gave"].items():
            at, _, last = key.rpartition(".")
            told.setdefault(at, []).append(f"{last}: {dumps(value, ensure_ascii=False)}")
        for at, keys in told.items():
            out.print(f"  {at}: {{{', '.join(keys)}}}", markup=False)
    if "columns" not in report:
        return
    connector = declared.connectors[report["connector"]]
    for number, step in enumerate(report["steps"], start=1):
        out.print(f"  step {number}, {step['step']}: {step['what']}", markup=False)
    print_table(
        f"{connector.tenant}/{report['connector']} → {connector.table.name} ({connector.table.mode})",
        ("column", "from", "what happens to it", "empty or invalid in the sample", "shared with"),
        (
            (
                column["column"],
                column["source"],
                column["what"],
                ", ".join(_counts(column)),
                ", ".join(column["shared_with"]),
            )
            for column in report["columns"]
        ),
    )
    out.print(
        f"  {report['partitions']:,} partitions to read, {report['bytes']:,} bytes; "
        f"sampled {report['sampled']:,} records, {sum(report['quarantined'].values()):,} of them to quarantine",
        markup=False,
    )
    for reason, count in sorted(report["quarantined"].items()):
        out.print(f"    {count:,}: {reason}", markup=False)
    for dropper, count in sorted(report["dropped"].items()):
        out.print(f"    {count:,} dropped by {dropper}", markup=False)
    for rule in report["quality"]:
        sampled = f" ({rule['failed']:,} of {rule['checked']:,} in the sample fail)" if rule["checked"] else ""
        out.print(f"  {rule['what']}{sampled}", markup=False)
    for skipped in report["skipped"]:
        out.print(f"  left alone: {skipped['id']}: {skipped['reason']}", markup=False)
    if report["left_alone"]:
        out.print(f"  left alone in archives: {visible(', '.join(report['left_alone']))}", markup=False)
    if report["unnamed_columns"]:
        out.print(f"  not named, not taken: {visible(', '.join(report['unnamed_columns']))}", markup=False)
