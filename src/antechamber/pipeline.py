"""The run: the one place where the stages meet.

list → (read → prepare → stage, in parallel) → resolve → encode → commit → archive → notify

Nothing is visible before the commit, and everything that the next run must know is in the commit: a run that
dies at any point is simply run again.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pyiceberg.table import Table

from antechamber.again import open_again
from antechamber.books import Books
from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.columns import reads_like_a_name, told
from antechamber.connect.drift import new_columns, refuse_changed
from antechamber.connect.source import BatchSource, RecordSource
from antechamber.declare import Connector, DatabaseSource, Declarations, FileSource
from antechamber.engine import cores
from antechamber.errors import AntechamberError, ConnectionLost, SourceError
from antechamber.gate import Gate, keeps_origins, refuse_failed, refuse_raw_identities
from antechamber.job import Job, connector_of, open_job, tenant_key
from antechamber.operate.lease import lease
from antechamber.operate.log import as_ours
from antechamber.operate.patience import Patience
from antechamber.operate.runs import RunRecord, new_run_id, save
from antechamber.operate.watch import Silent, Watcher
from antechamber.publish import (
    Mode,
    Origins,
    QuarantineWriter,
    RunMessage,
    Staging,
    Stamp,
    commit,
    notify,
    open_table,
    progress,
    remove_quarantine,
    sweep,
    sweep_quarantine,
    write_data_files,
)
from antechamber.putting_away import put_away
from antechamber.records import Listing, Partition, Progress, Window
from antechamber.store import Location
from antechamber.working import Work

log = logging.getLogger("antechamber.run")


def run(
    declared: Declarations,
    name: str,
    *,
    full: bool = False,
    window: Window | None = None,
    retry: str | None = None,
    watcher: Watcher | None = None,
) -> RunRecord:
    """Carry out one run of a connector and give its record, whose status says how it ended.

    full: start over: read everything the source has, whatever was taken in before, and let it take the place of
        what the table holds. Where earlier files were archived or deleted they are not there to be read again:
        then an upsert table is upserted, and an append table is refused.
    window: a backfill: read again what of it the source has, whatever was taken in before, and upsert it. What other
        runs take in is as if it had not been.
    retry: a run whose quarantine is prepared again, instead of what the source has: see `again`.

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
                _Run(job, record, watcher or Silent(), full, window, retry).carry_out()
        except Exception as error:
            record.status = "failed"
            record.error = as_ours(error, where=f"{connector.tenant}/{name}").as_json()
            if record.snapshot is None:
                record.nothing_published()
        record.seconds = round(time.monotonic() - began, 3)
        record.ended = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            save(record, runs)
        except AntechamberError as error:
            # What is published stands in the table's commit, whatever becomes of the report.
            record.notes.append(str(error))
    _announce(declared, connector, record)
    return record


@dataclass
class _Run:
    """One run under way."""

    job: Job
    record: RunRecord
    watcher: Watcher
    full: bool
    window: Window | None = None
    retry: str | None = None
    seen: Counter[str] = field(default_factory=Counter)
    columns: Mapping[str, str] = field(default_factory=dict)

    def carry_out(self) -> None:
        mode = self._mode()
        table = self._open_table()
        known = progress(table, self.record.connector)
        self._clean_up_after_the_dead(table)
        if self.retry is not None:
            self.job = open_again(self.job, self.retry, table)
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
                self.seen.clear()
                self.record.notes = [
                    *said,
                    f"the connection was lost or not to be had: tried {patience.used + 1} times",
                ]

    def _take_in(self, table: Table, known: Progress, mode: Mode) -> None:
        """List, work, commit and put away."""
        self.watcher.stage("list")
        self._look_for_drift(known)
        listing = self._listing(known)
        self.record.skipped = [{"id": skipped.id, "reason": skipped.reason} for skipped in listing.skipped]
        still_there = self._put_away(listing.done)
        if mode == "replace" and any(skipped.incomplete for skipped in listing.skipped):
            # Without them the table would lose their records, and with the next run all others.
            self.record.notes.append("the table is replaced as a whole: it waits for the files that are not complete")
            self.record.status = "nothing new"
            return
        if not listing.partitions and (listing.watermark is None or listing.watermark == known.watermark):
            self.record.status = "nothing new"
            return
        with ExitStack() as stack:
            done = self._work_and_commit(table, listing, mode, known, still_there, stack)
        self.watcher.stage("archive")
        if self.retry is not None and self.record.snapshot is not None:
            remove_quarantine(self._quarantine, self.retry)
        elif not self._apart:
            self._put_away(done)
        failed = len(done) < len(listing.partitions)
        nothing = self.record.snapshot is None
        self.record.status = "partial" if failed else "nothing new" if nothing else "succeeded"

    @property
    def _apart(self) -> bool:
        """Whether other runs go on as if this one had not been."""
        return self.window is not None or self.retry is not None

    def _listing(self, known: Progress) -> Listing:
        if self.retry is not None:
            self.record.notes.append(f"quarantine of {self.retry}, once more")
        if self.window is None:
            return self.job.source.list(known, full=self.full)
        self.record.notes.append(f"backfill {self.window}: other runs read on from where they were")
        return self.job.source.backfill(self.window)

    def _mode(self) -> Mode:
        """How this run's rows meet those of earlier runs."""
        source, table = self.job.connector.source, self.job.connector.table
        if self.window is not None and table.mode != "upsert":
            raise SourceError(
                f"a backfill reads records again, and mode {table.mode} cannot tell which ones those are",
                where=self.job.name,
                remedy="write mode: upsert with a key, or start over with --full",
            )
        if self.retry is not None and table.mode == "replace":
            return "append"
        if not self.full:
            return table.mode
        if not isinstance(source, FileSource) or source.after == "leave":
            return "replace"
        if table.mode == "append":
            raise SourceError(
                "a full run would append files again, and earlier ones are no longer in landing",
                where=self.job.name,
                remedy="move them back from the archive to landing and drop the table, or set `after: leave`",
            )
        return table.mode

    def _open_table(self) -> Table:
        job, tenant = self.job, self.job.connector.tenant
        return open_table(
            open_catalog(job.declared.workspace, job.declared.root),
            namespace(tenant, job.declared.workspace.tenants[tenant]),
            job.connector.table.name,
            job.recipe.schema,
            job.layout.table(tenant, job.connector.table.name).url,
            evolve=job.connector.table.evolve,
        )

    def _clean_up_after_the_dead(self, table: Table) -> None:
        """Remove what runs left that died before their commit. The lease keeps living ones out."""
        shutil.rmtree(self._scratch.parent, ignore_errors=True)
        sweep(table)
        sweep_quarantine(self._quarantine, table)

    def _work_and_commit(
        self, table: Table, listing: Listing, mode: Mode, known: Progress, still_there: set[str], stack: ExitStack
    ) -> list[Partition]:
        """Everything from reading to the commit; gives the partitions that were committed.

        known: what earlier commits took in. still_there: those of their sources that lie in the source yet.
        """
        connector, recipe = self.job.connector, self.job.recipe
        staging = stack.enter_context(
            Staging(
                self._scratch,
                recipe.schema,
                keys=self.job.keys_to_compare(),
                rules=recipe.rules,
                contests=recipe.contests,
            )
        )
        key = tenant_key(self.job.declared, connector.tenant)
        quarantine = stack.enter_context(QuarantineWriter(self._quarantine, self.record.run, key))
        origins = stack.enter_context(Origins(self._scratch)) if keeps_origins(connector) else None

        self.job.recipe.quality.open()
        books = Books(listing.partitions)
        work = Work(self.job, listing.partitions, staging, quarantine, books, self.watcher, self.seen, origins)
        errors = work.carry_out()
        books.report(self.record, errors)
        self._judge(errors, mode, len(listing.partitions))
        refuse_raw_identities(books.detected(), where=self.job.name)
        done = [partition for partition in listing.partitions if partition.id not in errors]
        self.watcher.stage("resolve")
        books.replaced(staging.resolve())
        books.dropped(staging.dropped())
        source = self.job.source
        idle = isinstance(source, BatchSource) and not (books.read or mode == "replace")
        if not idle:
            gate = Gate(
                connector,
                table,
                mode,
                staging,
                quarantine,
                origins,
                listing.partitions,
                books.judged(),
                self._scratch,
                datetime.fromisoformat(self.record.started),
                apart=self._apart,
                full=self.full,
            )
            self._enforce(gate, books)
        self.watcher.stage("encode")
        files = write_data_files(
            table, staging, run_id=self.record.run, target_bytes=connector.table.file_size_mb << 20, workers=cores()
        )
        written = sum(file.record_count for file in files)
        books.balance(self.record, written=written, held_back=quarantine.close(), where=self.job.name)
        if idle and isinstance(source, BatchSource) and not source.worth_recording(listing):
            # A snapshot for each look at a table where nothing changed would tell nobody anything.
            return done
        if self.retry is not None and not (self.record.published or self.record.dropped):
            remove_quarantine(self._quarantine, self.record.run)
            self.record.notes.append(f"none of its {self.record.read:,} records can be prepared yet: they stay there")
            self.record.nothing_published()
            return done
        self.watcher.stage("commit")
        committed = commit(
            table,
            files,
            mode="replace" if staging.emptied else mode,
            keys=connector.table.keys,
            deletions=staging.deletions(),
            target_bytes=connector.table.file_size_mb << 20,
            scratch=self._scratch,
            stamp=Stamp(
                run_id=self.record.run,
                connector=connector.connector,
                sources=self._sources(done),
                watermark=(watermark := self._watermark(listing)),
                account={
                    "read": self.record.read,
                    "published": self.record.published,
                    **({"again": True} if self._apart or self.full else {}),
                },
                forget=() if self._apart else set(known.sources) - still_there,
                columns={} if self._apart else self._columns_now(known),
                retried=self.retry or "",
            ),
        )
        self.record.snapshot = committed.snapshot_id
        self.record.updated = committed.rows_replaced
        self.watcher.stage("committed")
        self._tell_source(watermark)
        return done

    def _enforce(self, gate: Gate, books: Books) -> None:
        """Judge the run by its quality rules. Raises QualityFailed where one fails."""
        outcomes = gate.judge()
        books.held_back(gate.held_back)
        self.record.quality = [each.as_json() for each in outcomes]
        refuse_failed(outcomes, where=self.job.name)
        self.record.notes += [f"quality, warned: {each}" for each in outcomes if each.came == "warned"]

    def _look_for_drift(self, known: Progress) -> None:
        """Refuse a database table that lost or changed a column before anything moves; tell of new ones."""
        if not isinstance(self.job.source, BatchSource):
            return
        self.columns = dict(self.job.source.columns())
        before = {} if self.full else known.columns
        refuse_changed(before, self.columns, self.job.recipe.source_columns, where=self.job.name)
        self._tell_new(new_columns(before, self.columns))

    def _columns_now(self, known: Progress) -> Mapping[str, str]:
        """What the commit is to record. Files that leave out a column now and then do not make it a new one."""
        if isinstance(self.job.source, BatchSource):
            return self.columns
        seen = dict.fromkeys((name for name in sorted(self.seen) if reads_like_a_name(name)), "")
        self._tell_new(new_columns(known.columns, seen))
        return {**known.columns, **seen} if seen else {}

    def _tell_new(self, names: Sequence[str]) -> None:
        new = [name for name in names if name.partition(" (")[0] not in self.job.recipe.source_columns]
        if new:
            self.record.notes.append(f"new in the source, not taken: {', '.join(new)}; name them under columns:")

    def _watermark(self, listing: Listing) -> Mapping[str, object] | None:
        source = self.job.source
        if self._apart:
            return None
        return source.watermark(listing) if isinstance(source, BatchSource) else listing.watermark

    def _tell_source(self, watermark: Mapping[str, object] | None) -> None:
        """The commit stands: the source need not keep what it recorded. If this fails, the next run tells it."""
        if isinstance(self.job.source, BatchSource) and watermark is not None:
            try:
                self.job.source.committed(watermark)
            except Exception as error:
                self.record.notes.append(f"not told to the source yet: {as_ours(error, where=self.job.name)}")

    def _sources(self, done: Sequence[Partition]) -> dict[str, Mapping[str, str]]:
        """What must not be read again. A database's key ranges are not: its watermark says where to go on."""
        if isinstance(self.job.source, BatchSource) or self._apart:
            return {}
        return {partition.id: partition.fingerprint for partition in done}

    def _judge(self, errors: dict[str, AntechamberError], mode: Mode, partitions: int) -> None:
        """Raise when what came through is worth nothing without what failed; note what is worth knowing."""
        whole = isinstance(self.job.source, BatchSource | RecordSource) or mode == "replace"
        if errors and (whole or len(errors) == partitions):
            # Parts of one snapshot, or of a table that is replaced as a whole, are worth nothing alone.
            lasting = (error for error in errors.values() if not isinstance(error, ConnectionLost))
            raise next(lasting, next(iter(errors.values())))
        if self.job.left_alone:
            self.record.notes.append(f"left alone in archives: {', '.join(sorted(self.job.left_alone)[:20])}")
        if self.seen:
            self.record.unnamed_columns = told(set(self.seen) - set(self.job.recipe.source_columns))
            if missing := [name for name in self.job.recipe.source_columns if name not in self.seen]:
                # CSV and Parquet files that lack a column were refused; JSON records may leave out what is empty.
                self.record.notes.append(f"no record of this run has {', '.join(missing)}: null in all of them")

    def _put_away(self, partitions: Sequence[Partition]) -> set[str]:
        """Gives the ids of those that still lie in the source."""
        left, said = put_away(self.job, partitions)
        self.record.notes += said
        return left

    @property
    def _scratch(self) -> Path:
        return self.job.layout.scratch / self.record.tenant / self.record.connector / self.record.run

    @property
    def _quarantine(self) -> Location:
        return self.job.layout.quarantine(self.record.tenant, self.record.connector)


def _announce(declared: Declarations, connector: Connector, record: RunRecord) -> None:
    targets = (*connector.notify, *declared.workspace.tenants[connector.tenant].notify)
    if record.status == "nothing new" or not targets:
        return
    for failure in notify(tuple(dict.fromkeys(targets)), RunMessage.of(record)):
        log.warning("not notified: %s", failure)
