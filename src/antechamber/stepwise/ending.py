"""The steps behind the commit: archive, notify, and fail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from antechamber.announcing import announce
from antechamber.catalog import Layout
from antechamber.connect import Opening, open_source
from antechamber.declare import Declarations
from antechamber.operate.held import give_back, hold
from antechamber.operate.runs import RunRecord, save
from antechamber.placed import secrets_of
from antechamber.putting_away import put_away
from antechamber.stepwise.steps import Steps

STOPPED = {
    "States.Timeout": "a step took longer than it may",
    "States.HeartbeatTimeout": "a step took longer than it may",
    "Lambda.Unknown": "a function died: it may have run out of memory",
    "Runtime.ExitError": "a function died: it may have run out of memory",
    "States.Runtime": "the state machine met an input that it does not know",
}
"""Errors of AWS Step Functions and AWS Lambda in our words; what they quote is not passed on."""


def archive(declared: Declarations, connector: str, run: str) -> RunRecord:
    """Put the committed files away, remove what the steps left for each other, give the lease back.

    A file that cannot be moved now is moved by the next run, which knows from the commit not to read it: the record
    tells. Raises LeaseHeld when another run took the lease: that one puts them away.
    """
    steps = Steps.of(declared, connector)
    record, kept = steps.record(run), steps.desk.plan(run)
    if kept is None:
        give_back(steps.desk.runs, run_id=run)
        return record
    hold(steps.desk.runs, run_id=run, what=steps.name)
    if kept.listing is not None and not kept.intent.apart:
        bad = {each.id for each in record.partitions if each.error is not None}
        committed = record.snapshot is not None
        done = [*kept.listing.done, *(each for each in kept.listing.partitions if committed and each.id not in bad)]
        layout = Layout.of(declared.workspace, declared.root)
        secrets = secrets_of(declared, steps.connector.tenant)
        source = open_source(steps.connector.source, Opening(layout.landing(steps.connector.tenant), secrets))
        try:
            _, said = put_away(source, steps.connector, layout, done)
        finally:
            source.close()
        record.notes += said
    record.ended = datetime.now(UTC).isoformat(timespec="seconds")
    save(record, steps.desk.runs)
    steps.desk.clear(of=run, keep=False)
    give_back(steps.desk.runs, run_id=run)
    return record


def notify(declared: Declarations, connector: str, run: str) -> RunRecord:
    """Tell how the run ended; gives its record. Repeated, it tells again."""
    record = Steps.of(declared, connector).record(run)
    announce(declared, record)
    return record


def fail(declared: Declarations, connector: str, execution: str, error: Mapping[str, Any]) -> RunRecord:
    """Record that an execution failed, give the lease back, and tell it. Gives the record.

    error: `Error` and `Cause` as AWS Step Functions gives them. What a run committed stays: its record says so.
    What the steps left for each other stays too, so that the run can be taken up again where it failed.
    """
    steps = Steps.of(declared, connector)
    run = steps.desk.run_of(execution)
    record = steps.record(run)
    if record.snapshot is None:
        record.status = "failed"
        record.nothing_published()
    else:
        record.notes.append("committed; a step behind the commit failed, and the next run puts away what it left")
    if record.error is None:
        name = str(error.get("Error", ""))
        what = STOPPED.get(name, f"a step failed ({name[:100] or 'it is not known why'})")
        remedy = "look into the step's log, then start the connector again"
        record.error = {"error": "StepFailed", "where": steps.name, "what": what, "remedy": remedy}
    record.ended = datetime.now(UTC).isoformat(timespec="seconds")
    save(record, steps.desk.runs)
    give_back(steps.desk.runs, run_id=run)
    announce(declared, record)
    return record
