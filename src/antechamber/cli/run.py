"""`antechamber run` and `antechamber preview`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from antechamber import pipeline
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, err, out, print_json, print_table, visible
from antechamber.declare import Declarations, SparkEngine, load_workspace, spark_of
from antechamber.errors import AntechamberError
from antechamber.gate import told
from antechamber.job import connector_of
from antechamber.operate.log import LEVELS, set_up
from antechamber.operate.metrics import line_of_run
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Bar, Lines, Watcher
from antechamber.records import Window
from antechamber.sampling import sample
from antechamber.working import Elsewhere

ENGINES = ("local", "spark")


def run(
    connectors: Annotated[list[str] | None, typer.Argument(help="Which connectors; all when none is named.")] = None,
    workspace: WorkspaceOption = HERE,
    full: Annotated[
        bool,
        typer.Option("--full", help="Start over: read everything the source has, in place of what the table holds."),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Read again what changed since: files modified since then, records whose watermark is that or "
            "later. Other runs go on from where they were.",
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="With --from: and before then; not for files.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="What works the partitions: local or spark; when absent, what the workspace says."),
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(help="Append each run's metrics to this file, a line each, in CloudWatch's embedded format."),
    ] = None,
    log: Annotated[str, typer.Option(help=f"Log level on standard error: {', '.join(LEVELS)}.")] = "info",
    json: JsonOption = False,
) -> None:
    """Take in what is new: read, prepare, publish, archive, notify."""
    if log not in LEVELS:
        raise typer.BadParameter(f"'{log}' is not one of {', '.join(LEVELS)}", param_hint="--log")
    if engine not in (None, *ENGINES):
        raise typer.BadParameter(f"'{engine}' is not one of {', '.join(ENGINES)}", param_hint="--engine")
    if full and since is not None:
        raise typer.BadParameter("--full reads everything; --from reads a part", param_hint="--from")
    if until is not None and since is None:
        raise typer.BadParameter("it ends what --from begins", param_hint="--to")
    window = Window(since, until) if since is not None else None
    terminal = err.is_terminal and not json
    set_up("warning" if terminal and log == "info" else log)
    declared = load_workspace(workspace)
    names = connectors or sorted(declared.connectors)
    for name in names:
        connector_of(declared, name)
    elsewhere = _elsewhere(declared, engine)
    records: list[RunRecord] = []
    errors: list[AntechamberError] = []
    for name in names:
        watcher: Watcher = Bar(name, err) if terminal else Lines(name)
        try:
            records.append(
                pipeline.run(declared, name, full=full, window=window, watcher=watcher, elsewhere=elsewhere)
            )
            if not json:
                tell(records[-1])
        except AntechamberError as error:
            if len(names) == 1:
                raise
            # Another run holds it, or its store cannot be written: the other connectors have nothing to do with that.
            errors.append(error)
            err.print(str(error), markup=False)
        finally:
            watcher.stage("done")
    if metrics is not None:
        with metrics.open("a", encoding="utf-8") as lines:
            lines.writelines(line_of_run(declared, record) + "\n" for record in records)
    if json:
        print_json(
            {"runs": [record.as_json() for record in records], "errors": [error.as_json() for error in errors]}
        )
    if errors or any(record.status in ("failed", "partial") for record in records):
        raise typer.Exit(1)


def _elsewhere(declared: Declarations, chosen: str | None) -> Elsewhere | None:
    """What works the partitions, if not this process."""
    spark = spark_of(declared.workspace.engine)
    if chosen == "local" or (chosen is None and spark is None):
        return None
    from antechamber.on_spark import work_on_spark

    return functools.partial(work_on_spark, spark or SparkEngine(type="spark", conf={}))


def tell(record: RunRecord) -> None:
    """What a run did, in a few lines."""
    name = f"{record.tenant}/{record.connector}"
    out.print(
        f"{name}: {record.status}: read {record.read:,} = published {record.published:,} + quarantined "
        f"{record.quarantined:,} + dropped {sum(record.dropped.values()):,} + replaced {record.replaced:,} "
        f"in {record.seconds:.1f} s",
        markup=False,
    )
    for part in record.partitions:
        if part.error is not None:
            err.print(_words(part.error), markup=False)
    if record.error is not None and all(part.error != record.error for part in record.partitions):
        err.print(_words(record.error), markup=False)
    for skipped in record.skipped:
        out.print(f"  left alone: {skipped['id']}: {skipped['reason']}", markup=False)
    if record.unnamed_columns:
        out.print(
            f"  not named by the connector, not taken: {visible(', '.join(record.unnamed_columns))}", markup=False
        )
    if record.quality:
        passed = sum(each["outcome"] == "passed" for each in record.quality)
        out.print(f"  quality: {passed:,} of {len(record.quality):,} rules passed", markup=False)
    for line in (*told(record.quality), *record.notes):
        out.print(f"  {line}", markup=False)


def preview(
    connector: Annotated[str, typer.Argument(help="Which connector.")],
    workspace: WorkspaceOption = HERE,
    rows: Annotated[int, typer.Option(min=1, max=1000, help="How many records.")] = 10,
    json: JsonOption = False,
) -> None:
    """Show the first records as they would be published; nothing is written."""
    set_up("warning")
    found = sample(load_workspace(workspace), connector, rows=rows)
    shown = found.prepared.slice(0, rows).to_pylist()
    if json:
        print_json({"connector": connector, "rows": shown, "quarantined": found.quarantined})
        return
    columns = found.prepared.schema.names
    print_table(
        f"{connector}: the first {len(shown)} records", columns, ([row[name] for name in columns] for row in shown)
    )
    for reason, count in sorted(found.quarantined.items()):
        out.print(f"  {count:,} to quarantine: {reason}", markup=False)


def _words(error: dict[str, str]) -> str:
    return str(AntechamberError(error["what"], where=error["where"], remedy=error["remedy"]))
