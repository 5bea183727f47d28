"""The run: the one place where the stages meet.

list → (read → prepare → stage, in parallel) → resolve → encode → commit → archive → notify

Nothing is visible before the commit, and everything that the next run must know is in the commit: a run that
dies at any point is simply run again.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pyiceberg.table import Table

from antechamber.again import open_again
from antechamber.announcing import announce
from antechamber.bookmark import Bookmark
from antechamber.books import Books
from antechamber.catalog import Layout
from antechamber.connect.source import BatchSource, ByteSource
from antechamber.declare import DatabaseSource, Declarations
from antechamber.engine import cores
from antechamber.errors import AntechamberError, ConnectionLost
from antechamber.found import FoundColumns
from antechamber.gate import Gate, keeps_origins, looks_at_records, refuse_failed, refuse_raw_identities
from antechamber.intent import Intent
from antechamber.job import Job, connector_of, open_job, tenant_key
from antechamber.operate.lease import lease
from antechamber.operate.log import as_ours
from antechamber.operate.meter import metered
from antechamber.operate.patience import Patience
from antechamber.operate.runs import RunRecord, new_run_id, save
from antechamber.operate.watch import Silent, Watcher
from antechamber.parts import Intake, Terms
from antechamber.publish import (
    Mode,
    Origins,
    Outright,
    QuarantineWriter,
    Staging,
    commit,
    progress,
    remove_quarantine,
    sweep,
    sweep_quarantine,
    write_data_files,
)
from antechamber.putting_away import put_away
from antechamber.records import Listing, Partition, Progress, Window
from antechamber.store import Location
from antechamber.working import Elsewhere, Work, refuse_parts

log = logging.getLogger("antechamber.run")


def run(
    declared: Declarations,
    name: str,
    *,
    full: bool = False,
    window: Window | None = None,
    retry: str | None = None,
    watcher: Watcher | None = None,
    elsewhere: Elsewhere | None = None,
) -> RunRecord:
    """Carry out one run of a connector and give its record, whose status says how it ended.

    full: start over: read everything the source has, whatever was taken in before, and let it take the place of
        what the table holds. Where earlier files were archived or deleted they are not there to be read again:
        then an upsert table is upserted, and an append table is refused.
    window: a backfill: read again what of it the source has, whatever was taken in before, and upsert it. What other
        runs take in is as if it had not been.
    retry: a run whose quarantine is prepared again, instead of what the source has: see `again`.
    elsewhere: who works the lots; None: this process.

    Raises LeaseHeld when another run of the connector is under way; any other failure is in the record.
    """
    connector = connector_of(declared, name)
    runs = Layout.of(declared.workspace, declared.root).runs(connector.tenant, name)
    began = time.monotonic()
    record = RunRecord(
        run=new_run_id(),
        tenant=connector.tenant,
        connector=name,
        table=connector.table.name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with lease(runs, run_id=record.run, what=f"{connector.tenant}/{name}"):
        save(record, runs)
        try:
            with ExitStack() as stack:
                job = open_job(declared, name, stack)
                Run(job, record, watcher or Silent(), Intent(full, window, retry), elsewhere).carry_out()
        except Exception as error:
            record.status = "failed"
            record.error = as_ours(error, where=f"{connector.tenant}/{name}").as_json()
            if record.snapshot is None:
                record.nothing_published()
        record.seconds = round(time.monotonic() - began, 3)
        record.ended = datetime.now(UTC).isoformat(timespec="seconds")
        record.usage = metered(declared, record)
        try:
            save(record, runs)
        except AntechamberError as error:
            # What is published stands in the table's commit, whatever becomes of the report.
            record.notes.append(str(error))
    announce(declared, record)
    return record


@dataclass
class Run:
    """One run under way."""

    job: Job
    record: RunRecord
    watcher: Watcher
    intent: Intent
    elsewhere: Elsewhere | None = None

    def carry_out(self) -> None:
        """All of it. Raises what the stages raise; then nothing is visible."""
        mode = self.intent.mode(self.job)
        if isinstance(self.job.source, BatchSource) and self.intent.retry is None:
            self.job.source.expect()
        table = self.job.open_table()
        known = progress(table, self.record.connector)
        self.clean_up_after_the_dead(table)
        if self.intent.retry is not None:
            self.job = open_again(self.job, self.intent.retry, table)
        source = self.job.connector.source
        patience = Patience(source.patience if isinstance(source, DatabaseSource) else 0.0)
        said = list(self.record.notes)
        while True:
            try:
                self._take_in(table, known, mode)
                return
            except ConnectionLost as error:
                self.watcher.stage("wait")
                if not patience.wait():
                    raise
                # All of it is read again: parts of two snapshots are no whole.
                log.warning("%s: %s; it is read again", self.job.name, error.what)
                self.record.notes = [
                    *said,
                    f"the connection was lost or not to be had: tried {patience.used + 1} times",
                ]

    def _take_in(self, table: Table, known: Progress, mode: Mode) -> None:
        """List, work, commit and put away."""
        columns, listing = self.look(known)
        still_there = self._put_away(listing.done)
        if self.has_nothing_to_do(listing, known, mode):
            return
        done = self.publish(
            table, listing, mode, Bookmark(self.job, self.record, self.intent, known, columns, still_there)
        )
        self.watcher.stage("archive")
        if self.intent.retry is not None and self.record.snapshot is not None:
            remove_quarantine(self._quarantine, self.intent.retry)
        elif not self.intent.apart:
            self._put_away(done)

    def look(self, known: Progress) -> tuple[FoundColumns, Listing]:
        """What the source has: its columns, where it can tell them, and its partitions. Raises what it raises."""
        self.watcher.stage("list")
        columns = FoundColumns(self.job, self.record, {} if self.intent.full else known.columns)
        columns.look()
        self.record.notes += self.intent.notes
        listing = self.intent.listing(self.job, known)
        self.record.skipped = [{"id": skipped.id, "reason": skipped.reason} for skipped in listing.skipped]
        return columns, listing

    def has_nothing_to_do(self, listing: Listing, known: Progress, mode: Mode) -> bool:
        """Whether the run ends here; then its record says so."""
        waits = mode == "replace" and any(skipped.incomplete for skipped in listing.skipped)
        if waits:
            # Without them the table would lose their records, and with the next run all others.
            self.record.notes.append("the table is replaced as a whole: it waits for the files that are not complete")
        same = not listing.partitions and (listing.watermark is None or listing.watermark == known.watermark)
        if waits or same:
            self.record.status = "nothing new"
        return waits or same

    def publish(self, table: Table, listing: Listing, mode: Mode, bookmark: Bookmark) -> list[Partition]:
        """Everything from reading to the commit; gives the partitions that were committed, of which the record says
        whether they are all."""
        with ExitStack() as stack:
            done = self._work_and_commit(table, listing, mode, bookmark, stack)
        failed = len(done) < len(listing.partitions)
        nothing = self.record.snapshot is None
        self.record.status = "partial" if failed else "nothing new" if nothing else "succeeded"
        return done

    def clean_up_after_the_dead(self, table: Table) -> None:
        """Remove what runs left that died before their commit. The lease keeps living ones out."""
        shutil.rmtree(self._scratch.parent, ignore_errors=True)
        sweep(table)
        sweep_quarantine(self._quarantine, table)

    def _work_and_commit(
        self, table: Table, listing: Listing, mode: Mode, bookmark: Bookmark, stack: ExitStack
    ) -> list[Partition]:
        """Everything from reading to the commit; gives the partitions that were committed."""
        connector, recipe, source = self.job.connector, self.job.recipe, self.job.source
        target_bytes = connector.table.file_size_mb << 20
        keys = self.job.keys_to_compare()
        outright = None
        whole = keys or recipe.contests or looks_at_records(connector)
        if isinstance(source, BatchSource) and self.elsewhere is None and not whole:
            # Its parts stand or fall together, and no record depends on another: each is published as it comes.
            outright = Outright(table, run_id=self.record.run, target_bytes=target_bytes, workers=cores())
            stack.enter_context(outright)
        staging = stack.enter_context(
            Staging(
                self._scratch, recipe.schema,
                keys=keys, rules=recipe.rules, contests=recipe.contests, outright=outright,
            )
        )  # fmt: skip
        key = tenant_key(self.job.declared, connector.tenant)
        quarantine = stack.enter_context(QuarantineWriter(self._quarantine, self.record.run, key))
        origins = stack.enter_context(Origins(self._scratch)) if keeps_origins(connector) else None

        self.job.recipe.quality.open()
        books = Books(listing.partitions)
        elsewhere = self.elsewhere
        if elsewhere is not None and self.job.shared() is None:
            self.record.notes.append("only the run's own process can read this source: it did, on one machine")
            elsewhere = None
        errors = Work(
            self.job,
            Intake(listing.partitions, staging, quarantine, books, origins),
            Terms(self.record.run, keys, origins is not None),
            self.watcher,
            bookmark.columns.seen,
            elsewhere,
        ).carry_out()
        books.report(self.record, errors)
        refuse_parts(
            errors, whole=mode == "replace" or not isinstance(source, ByteSource), of=len(listing.partitions)
        )
        if self.job.left_alone:
            self.record.notes.append(f"left alone in archives: {', '.join(sorted(self.job.left_alone)[:20])}")
        bookmark.columns.tell_missing()
        refuse_raw_identities(books.detected(), where=self.job.name)
        done = [partition for partition in listing.partitions if partition.id not in errors]
        self.watcher.stage("resolve")
        books.replaced(staging.resolve())
        books.dropped(staging.dropped())
        idle = isinstance(source, BatchSource) and not (books.read or mode == "replace")
        if not idle:
            gate = Gate(
                connector, table, mode, staging, quarantine, origins, listing.partitions, books.judged(),
                self._scratch, datetime.fromisoformat(self.record.started),
                apart=self.intent.apart, full=self.intent.full,
            )  # fmt: skip
            self._enforce(gate, books)
        self.watcher.stage("encode")
        files = write_data_files(table, staging, run_id=self.record.run, target_bytes=target_bytes, workers=cores())
        written = sum(file.record_count for file in files)
        self.record.written = sum(file.file_size_in_bytes for file in files)
        books.balance(self.record, written=written, held_back=quarantine.close(), where=self.job.name)
        if idle and isinstance(source, BatchSource) and not source.worth_recording(listing):
            # A snapshot for each look at a table where nothing changed would tell nobody anything.
            return done
        if self.intent.retry is not None and not (self.record.published or self.record.dropped):
            remove_quarantine(self._quarantine, self.record.run)
            self.record.notes.append(f"none of its {self.record.read:,} records can be prepared yet: they stay there")
            self.record.nothing_published()
            return done
        self.watcher.stage("commit")
        stamp = bookmark.stamp(listing, done)
        committed = commit(
            table,
            files,
            mode="replace" if staging.emptied else mode,
            keys=connector.table.keys,
            deletions=staging.deletions(),
            target_bytes=target_bytes,
            scratch=self._scratch,
            stamp=stamp,
        )
        self.record.snapshot = committed.snapshot_id
        self.record.updated = committed.rows_replaced
        self.watcher.stage("committed")
        bookmark.tell(stamp)
        return done

    def _enforce(self, gate: Gate, books: Books) -> None:
        """Judge the run by its quality rules. Raises QualityFailed where one fails."""
        outcomes = gate.judge()
        books.held_back(gate.held_back)
        self.record.quality = [each.as_json() for each in outcomes]
        refuse_failed(outcomes, where=self.job.name)
        self.record.notes += [f"quality, warned: {each}" for each in outcomes if each.came == "warned"]

    def _put_away(self, partitions: Sequence[Partition]) -> set[str]:
        """Gives the ids of those that still lie in the source."""
        left, said = put_away(self.job.source, self.job.connector, self.job.layout, partitions)
        self.record.notes += said
        return left

    @property
    def _scratch(self) -> Path:
        return self.job.layout.scratch / self.record.tenant / self.record.connector / self.record.run

    @property
    def _quarantine(self) -> Location:
        return self.job.layout.quarantine(self.record.tenant, self.record.connector)
