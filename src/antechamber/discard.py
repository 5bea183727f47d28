"""Quarantined records that nobody wants any more: removed, and on the books as such."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from antechamber.catalog import Layout
from antechamber.declare import Declarations
from antechamber.errors import SourceError
from antechamber.job import connector_of, tenant_key
from antechamber.operate.lease import lease
from antechamber.operate.runs import RunRecord, new_run_id, save
from antechamber.publish import QuarantinedRecord, list_quarantine, rewrite_quarantine

DISCARDED = "discarded from quarantine"
"""The rule under which such records are dropped."""


@dataclass(frozen=True)
class Which:
    """Which records are meant; None: whatever it is."""

    run: str | None = None
    column: str | None = None
    reason: str | None = None

    def __contains__(self, record: QuarantinedRecord) -> bool:
        return self.column in (None, record.column) and self.reason in (None, record.reason)


def discard(declared: Declarations, name: str, which: Which) -> RunRecord:
    """Remove quarantined records of a connector for good. Gives a record of it, which is kept among the runs.

    Raises LeaseHeld while a run of the connector is under way, SourceError when there is nothing of the kind.
    """
    connector = connector_of(declared, name)
    layout = Layout.of(declared.workspace, declared.root)
    location, key = layout.quarantine(connector.tenant, name), tenant_key(declared, connector.tenant)
    runs = layout.runs(connector.tenant, name)
    began = time.monotonic()
    record = RunRecord(
        run=new_run_id(),
        tenant=connector.tenant,
        connector=name,
        table=connector.table.name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        status="succeeded",
    )
    with lease(runs, run_id=record.run, what=f"{connector.tenant}/{name}"):
        found = [run for run in list_quarantine(location) if which.run in (None, run)]
        counts = Counter(
            {run: rewrite_quarantine(location, run, key, lambda each: each not in which) for run in found}
        )
        if not counts.total():
            raise SourceError(
                "there are no such records in quarantine", where=name, remedy=f"antechamber quarantine list {name}"
            )
        record.read, record.dropped = counts.total(), {DISCARDED: counts.total()}
        record.notes = [f"{count:,} records of the quarantine of {run}" for run, count in counts.items() if count]
        record.seconds = round(time.monotonic() - began, 3)
        record.ended = datetime.now(UTC).isoformat(timespec="seconds")
        save(record, runs)
    return record
