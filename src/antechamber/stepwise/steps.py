"""The steps that lead to the commit."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from antechamber.bookmark import Bookmark
from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.declare import Connector, Declarations, FileSource
from antechamber.errors import AntechamberError, PublishError
from antechamber.found import FoundColumns
from antechamber.intent import Intent
from antechamber.job import Job, connector_of, open_job
from antechamber.operate.held import give_back, hold, kept_on
from antechamber.operate.log import as_ours
from antechamber.operate.meter import metered
from antechamber.operate.runs import RunRecord, load, save
from antechamber.operate.watch import Silent
from antechamber.pipeline import Run
from antechamber.publish import progress, runs_in
from antechamber.records import Progress
from antechamber.stepwise.desk import Desk, Plan, ends_of
from antechamber.stepwise.worked import Parcels, gather_lots, parcels_of, work_lots


class RunTaken(AntechamberError):
    """A step of a run whose plan is gone: it was archived, or another run took its place."""


@dataclass(frozen=True)
class Steps:
    """A connector and where the steps of its runs leave things."""

    declared: Declarations
    connector: Connector
    desk: Desk

    @classmethod
    def of(cls, declared: Declarations, name: str) -> Steps:
        """Raises AntechamberError when there is no such connector."""
        connector = connector_of(declared, name)
        layout = Layout.of(declared.workspace, declared.root)
        return cls(declared, connector, Desk(layout.runs(connector.tenant, name)))

    @property
    def name(self) -> str:
        """`tenant/connector`."""
        return f"{self.connector.tenant}/{self.connector.connector}"

    def hold(self, run: str) -> None:
        """Raises LeaseHeld when another run is under way."""
        hold(self.desk.runs, run_id=run, what=self.name)

    def record(self, run: str) -> RunRecord:
        """The run's record, a new one when there is none."""
        return load(self.desk.runs, run) or RunRecord(
            run=run,
            tenant=self.connector.tenant,
            connector=self.connector.connector,
            table=self.connector.table.name,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def planned(self, run: str) -> Plan:
        """Raises RunTaken when there is no plan."""
        plan = self.desk.plan(run)
        if plan is None:
            raise RunTaken(
                "what this run planned is gone: it was archived, or another run came in between",
                where=f"{self.name}, run {run}",
                remedy="start the connector again; nothing is lost",
            )
        return plan

    def failed(self, record: RunRecord, error: Exception) -> AntechamberError:
        """The record says what went wrong; gives the error in our words."""
        ours = as_ours(error, where=self.name)
        record.error = ours.as_json()
        # What was counted stays: where the commit's outcome is not known, it may be found to have landed.
        save(record, self.desk.runs)
        return ours


def plan(
    declared: Declarations, connector: str, execution: str, intent: Intent, *, large: int | None = None
) -> dict[str, Any]:
    """Take the lease, list the source and write down what is to be done. Nothing of it is changed but that.

    execution: names the run: the same execution is the same run, however often it begins. large: bytes from which on
    the run is called large.

    Gives {"run", "status": "work" or "nothing new", "size": "small" or "large", "bytes", "lots": [{"lot": n}, …]}.
    Raises LeaseHeld, and what the source raises; then the lease is given back.
    """
    steps = Steps.of(declared, connector)
    run = steps.desk.run_of(execution)
    steps.hold(run)
    record = steps.record(run)
    try:
        kept = steps.desk.plan(run)
        if kept is None and record.status not in ("succeeded", "partial"):
            kept = _planned(steps, record, intent)
    except Exception as error:
        ours = steps.failed(record, error)
        give_back(steps.desk.runs, run_id=run)
        raise ours from None
    if kept is None:
        if record.snapshot is None:
            _conclude(record, steps)
        steps.desk.clear(of=run, keep=False)
        give_back(steps.desk.runs, run_id=run)
        return {"run": run, "status": "nothing new", "size": "small", "bytes": 0, "lots": []}
    return {
        "run": run,
        "status": "work",
        "size": "large" if _is_large(kept, large) and _suits_spark(steps.connector) else "small",
        "bytes": kept.size,
        "lots": [{"lot": number} for number in range(len(kept.ends))],
    }


def _is_large(kept: Plan, large: int | None) -> bool:
    return large is not None and bool(kept.ends) and kept.size >= large


def _suits_spark(connector: Connector) -> bool:
    """PGP does not: the machines of AWS Glue have a GnuPG that only verifies."""
    source = connector.source
    return not (isinstance(source, FileSource) and source.decrypt is not None and source.decrypt.pgp is not None)


def _planned(steps: Steps, record: RunRecord, intent: Intent) -> Plan | None:
    """The plan, written; None when there is nothing to do."""
    steps.desk.clear(of=record.run, keep=True)
    save(record, steps.desk.runs)
    table = _table(steps)
    after = "" if table is None else _last_run(table, steps.connector.connector)
    if not isinstance(steps.connector.source, FileSource):
        # What one process lists of a database only that process can read: the commit's step does both.
        made = Plan(record.run, intent, None, after)
        steps.desk.keep(made)
        return made
    with ExitStack() as stack:
        job = open_job(steps.declared, steps.connector.connector, stack)
        work = Run(job, record, Silent(), intent)
        mode = intent.mode(job)
        known = Progress() if table is None else progress(table, steps.connector.connector)
        _, listing = work.look(known)
        if work.has_nothing_to_do(listing, known, mode) and not listing.done:
            return None
        record.status = "running"
        lots = Plan(record.run, intent, listing, after).all_lots(job.source)
    made = Plan(record.run, intent, listing, after, ends_of(lots))
    save(record, steps.desk.runs)
    steps.desk.keep(made)
    return made


def work(declared: Declarations, connector: str, run: str, lot: int) -> dict[str, Any]:
    """Read and prepare one entry of the plan, and leave what it gives for the commit.

    Gives {"lot", "read"}. Raises LeaseHeld when another run took the lease, RunTaken, and what stages raise; a file
    that cannot be read is no error here: the commit tells it.
    """
    steps = Steps.of(declared, connector)
    steps.hold(run)
    kept = steps.planned(run)
    with ExitStack() as stack:
        job = open_job(declared, connector, stack)
        return {"lot": lot, "read": work_lots(job, steps.desk, kept, lot)}


def work_all(declared: Declarations, connector: str, run: str, parcels: Parcels) -> int:
    """Let others work all that was planned, and leave what it gives for the commit. Gives how many parcels there are.

    The lease is held for as long as it takes. Raises what `work` raises, and what `parcels` raises.
    """
    steps = Steps.of(declared, connector)
    steps.hold(run)
    kept = steps.planned(run)
    with ExitStack() as stack:
        stack.enter_context(kept_on(steps.desk.runs, run_id=run, what=steps.name))
        job = open_job(declared, connector, stack)
        return gather_lots(job, steps.desk, kept, parcels)


def commit(declared: Declarations, connector: str, run: str) -> RunRecord:
    """Take in all that the workers left, resolve, judge, encode, and commit; gives the record, which is kept.

    A run whose commit is there already is not committed again. Raises what the stages raise; then nothing is visible,
    and the record says why.
    """
    steps = Steps.of(declared, connector)
    began = time.monotonic()
    record = steps.record(run)
    if record.status not in ("running", "failed"):
        return record
    steps.hold(run)
    try:
        kept = steps.planned(run)
        with ExitStack() as stack:
            job = open_job(declared, connector, stack)
            _commit(steps, record, job, kept)
    except Exception as error:
        raise steps.failed(record, error) from None
    record.seconds = round(record.seconds + time.monotonic() - began, 3)
    _conclude(record, steps)
    return record


def _commit(steps: Steps, record: RunRecord, job: Job, kept: Plan) -> None:
    name = steps.connector.connector
    table = job.open_table()
    found = next((each for each in runs_in(table) if each.run_id == record.run), None)
    if found is not None:
        # The commit stands, and who made it did not live to say so. What it counted was kept just before.
        record.snapshot, record.updated = found.snapshot_id, found.rows_replaced
        bad = any(each.error is not None for each in record.partitions)
        record.status, record.error = "partial" if bad else "succeeded", None
        return
    if _last_run(table, name) != kept.after:
        raise PublishError(
            "another run of the connector committed since this one was planned",
            where=steps.name,
            remedy="nothing of this run became visible; start the connector again",
        )
    record.error = None
    work = Run(job, record, _Kept(steps, record), kept.intent, parcels_of(steps.desk, kept))
    work.clean_up_after_the_dead(table)
    if kept.listing is None:
        work.elsewhere = None
        work.carry_out()
        return
    known = progress(table, name)
    mode = kept.intent.mode(job)
    if work.has_nothing_to_do(kept.listing, known, mode):
        return
    columns = FoundColumns(job, record, {} if kept.intent.full else known.columns)
    columns.look()
    still_there = {each.id for each in kept.listing.done}
    work.publish(table, kept.listing, mode, Bookmark(job, record, kept.intent, known, columns, still_there))


class _Kept(Silent):
    """Keeps the record just before the commit: should this process die right after it, nothing counted is lost."""

    def __init__(self, steps: Steps, record: RunRecord) -> None:
        self._steps, self._record = steps, record

    def stage(self, name: str) -> None:
        if name == "commit":
            save(self._record, self._steps.desk.runs)


def _conclude(record: RunRecord, steps: Steps) -> None:
    record.ended = datetime.now(UTC).isoformat(timespec="seconds")
    record.notes = list(dict.fromkeys(record.notes))
    record.usage = metered(steps.declared, record)
    save(record, steps.desk.runs)


def _table(steps: Steps) -> Table | None:
    """The connector's table, which the commit will make when it is not there yet."""
    declared, tenant = steps.declared, steps.connector.tenant
    space = namespace(tenant, declared.workspace.tenants[tenant])
    try:
        return open_catalog(declared.workspace, declared.root).load_table((space, steps.connector.table.name))
    except NoSuchTableError:
        return None


def _last_run(table: Table, connector: str) -> str:
    """The run of the connector's last commit, as the table's properties name it."""
    return table.metadata.properties.get(f"antechamber.{connector}.run", "")
