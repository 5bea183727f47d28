"""The run: the one place where the stages meet.

list → (read → prepare → stage, in parallel) → resolve → encode → commit → archive → notify

Nothing is visible before the commit, and everything that the next run must know is in the commit: a run that
dies at any point is simply run again.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pyiceberg.table import Table

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.connect.drift import new_columns, refuse_changed
from antechamber.connect.source import BatchSource, ByteSource
from antechamber.declare import Connector, Declarations, FileSource
from antechamber.engine import cores, run_locally
from antechamber.errors import AccountingError, AntechamberError, SourceError
from antechamber.job import Job, connector_of, open_job, tenant_key
from antechamber.lots import Item, Lot, LotReader, NotTogether, lots_of, neighbours, one_by_one
from antechamber.lots import work as prepare_item
from antechamber.operate.lease import lease
from antechamber.operate.log import as_ours
from antechamber.operate.runs import PartitionReport, RunRecord, new_run_id, save
from antechamber.operate.watch import Silent, Watcher
from antechamber.publish import (
    Mode,
    QuarantineWriter,
    RunMessage,
    Staging,
    Stamp,
    commit,
    notify,
    open_table,
    progress,
    sweep,
    sweep_quarantine,
    write_data_files,
)
from antechamber.records import Account, Listing, Partition, Progress
from antechamber.store import Location

log = logging.getLogger("antechamber.run")


def run(declared: Declarations, name: str, *, full: bool = False, watcher: Watcher | None = None) -> RunRecord:
    """Carry out one run of a connector and give its record, whose status says how it ended.

    full: start over: read everything the source has, whatever was taken in before, and let it take the place of
        what the table holds. Where earlier files were archived or deleted they are not there to be read again:
        then an upsert table is upserted, and an append table is refused.

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
                _Run(open_job(declared, name, stack), record, watcher or Silent(), full).carry_out()
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
    accounts: dict[str, Account] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    columns: Mapping[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self) -> None:
        mode = self._mode()
        table = self._open_table()
        known = progress(table, self.record.connector)
        self._clean_up_after_the_dead(table)
        self.watcher.stage("list")
        self._look_for_drift(known)
        listing = self.job.source.list(known, full=self.full)
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
        self._put_away(done)
        failed = len(done) < len(listing.partitions)
        nothing = self.record.snapshot is None
        self.record.status = "partial" if failed else "nothing new" if nothing else "succeeded"

    def _mode(self) -> Mode:
        """How this run's rows meet those of earlier runs."""
        source, table = self.job.connector.source, self.job.connector.table
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
        connector = self.job.connector
        staging = stack.enter_context(Staging(self._scratch, self.job.recipe.schema, keys=self.job.recipe.key))
        key = tenant_key(self.job.declared, connector.tenant)
        quarantine = stack.enter_context(QuarantineWriter(self._quarantine, self.record.run, key))

        done = self._work(listing.partitions, staging, quarantine, mode)
        self.watcher.stage("resolve")
        for number, replaced in staging.resolve().items():
            account = self.accounts[listing.partitions[number].id]
            account.replaced += replaced
            account.published -= replaced
        for number, dropped in staging.dropped().items():
            account = self.accounts[listing.partitions[number].id]
            account.dropped.update(dropped)
            account.published -= dropped.total()
        self.watcher.stage("encode")
        files = write_data_files(
            table, staging, run_id=self.record.run, target_bytes=connector.table.file_size_mb << 20, workers=cores()
        )
        self._balance(sum(file.record_count for file in files), quarantine.close())
        source = self.job.source
        if isinstance(source, BatchSource) and not (
            self.record.read or mode == "replace" or source.worth_recording(listing)
        ):
            # A snapshot for each look at a table where nothing changed would tell nobody anything.
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
                account={"read": self.record.read, "published": self.record.published},
                forget=set(known.sources) - still_there,
                columns=self._columns_now(known),
            ),
        )
        self.record.snapshot = committed.snapshot_id
        self.record.updated = committed.rows_replaced
        self.watcher.stage("committed")
        self._tell_source(watermark)
        return done

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
        seen = dict.fromkeys(sorted(self.seen), "")
        self._tell_new(new_columns(known.columns, seen))
        return {**known.columns, **seen} if seen else {}

    def _tell_new(self, names: Sequence[str]) -> None:
        new = [name for name in names if name.partition(" (")[0] not in self.job.recipe.source_columns]
        if new:
            self.record.notes.append(f"new in the source, not taken: {', '.join(new)}; name them under columns:")

    def _watermark(self, listing: Listing) -> Mapping[str, object] | None:
        source = self.job.source
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
        if isinstance(self.job.source, BatchSource):
            return {}
        return {partition.id: partition.fingerprint for partition in done}

    def _work(
        self, partitions: Sequence[Partition], staging: Staging, quarantine: QuarantineWriter, mode: Mode
    ) -> list[Partition]:
        """Read and prepare all partitions; gives those that came through whole, in order."""
        sizes = [partition.size for partition in partitions]
        self.watcher.expect(len(partitions), None if None in sizes else sum(size or 0 for size in sizes))
        self.watcher.stage("work")
        self.accounts = {partition.id: Account() for partition in partitions}
        failed: dict[int, Exception] = {}

        def work(lot: Lot, position: int, item: Item) -> None:
            try:
                self._work_item(partitions, position, item, staging, quarantine)
            except Exception as error:
                if len(lot.partitions) == 1:
                    raise
                if len(item.shares) == 1:
                    failed[item.shares[0].number] = error
                    return
                if not isinstance(error, NotTogether):
                    log.debug("working %d files one by one", len(item.shares), exc_info=error)
                for each in one_by_one(item):
                    work(lot, position, each)

        reader = LotReader(self.job, self.seen, self.watcher, failed)
        for outcome in run_locally(lots_of(partitions, self.job.source), read=reader.read, work=work):
            if outcome.error is not None:
                failed |= dict.fromkeys(outcome.partition.numbers, outcome.error)
        errors: dict[str, AntechamberError] = {}
        for number, error in sorted(failed.items()):
            name = partitions[number].id
            log.debug("%s failed", name, exc_info=error)
            errors[name] = as_ours(error, where=name)
            staging.discard(number)
            quarantine.discard(name)
        self._report(partitions, errors, mode)
        return [partition for partition in partitions if partition.id not in errors]

    def _work_item(
        self,
        partitions: Sequence[Partition],
        position: int,
        item: Item,
        staging: Staging,
        quarantine: QuarantineWriter,
    ) -> None:
        prepared, shares = prepare_item(item, self.job.recipe)
        if len(shares) == 1:
            staging.add(item.shares[0].number, position, prepared.batch, prepared.changes)
        else:
            runs = list(neighbours(shares))
            try:
                for start, rows, run in runs:
                    staging.add(run[0][0], position, prepared.batch.slice(start, rows), shares=run)
            except Exception:
                for _, _, run in runs:
                    staging.withdraw(run[0][0], position)
                raise
        for each in shares:
            bad = (*each.share.malformed, *each.rejected)
            name = partitions[each.share.number].id
            quarantine.add(name, bad, member=each.share.member)
            with self.lock:
                account = self.accounts[name]
                account.read += each.share.rows + len(each.share.malformed)
                account.published += each.published
                account.quarantined += len(bad)
                account.dropped.update(each.dropped)
                account.nulled.update(each.nulled)
        self.watcher.advance(rows=item.batch.num_rows, size=0)

    def _report(self, partitions: Sequence[Partition], errors: dict[str, AntechamberError], mode: Mode) -> None:
        self.record.partitions = [
            PartitionReport(partition.id, error=errors[partition.id].as_json())
            if partition.id in errors
            else PartitionReport(partition.id, bytes=partition.size or 0)
            for partition in partitions
        ]
        self.record.bytes = sum(part.bytes for part in self.record.partitions)
        for failed in errors:
            self.accounts[failed] = Account()
        whole = isinstance(self.job.source, BatchSource) or mode == "replace"
        if errors and (whole or len(errors) == len(partitions)):
            # Parts of one snapshot, or of a table that is replaced as a whole, are worth nothing alone.
            raise next(iter(errors.values()))
        if self.job.left_alone:
            self.record.notes.append(f"left alone in archives: {', '.join(sorted(self.job.left_alone)[:20])}")
        if self.seen:
            self.record.unnamed_columns = sorted(set(self.seen) - set(self.job.recipe.source_columns))
            if missing := [name for name in self.job.recipe.source_columns if name not in self.seen]:
                # CSV and Parquet files that lack a column were refused; JSON records may leave out what is empty.
                self.record.notes.append(f"no record of this run has {', '.join(missing)}: null in all of them")

    def _balance(self, written: int, held_back: int) -> None:
        """Promise 1: every record is accounted for, in every partition, and as counted in what was written."""
        whole = Account()
        for report in self.record.partitions:
            account = self.accounts[report.id]
            if not account.balances:
                raise AccountingError("its records do not balance", where=report.id, remedy="nothing was published")
            report.read, report.published = account.read, account.published
            report.quarantined, report.replaced = account.quarantined, account.replaced
            report.dropped = dict(account.dropped)
            whole.add(account)
        self.record.total(whole)
        if (whole.published, whole.quarantined) != (written, held_back):
            raise AccountingError(
                f"{whole.published:,} records were to be published and {whole.quarantined:,} held back; "
                f"{written:,} are in the data files and {held_back:,} in quarantine",
                where=self.job.name,
                remedy="nothing was published; this is a defect of Antechamber: please report it",
            )

    def _put_away(self, partitions: Sequence[Partition]) -> set[str]:
        """Archive or remove files whose records are committed; gives the ids of those that still lie there.

        What cannot be moved now is noted and moved by the next run, which knows from the commit not to read it.
        """
        source, declared = self.job.source, self.job.connector.source
        if not isinstance(source, ByteSource) or not isinstance(declared, FileSource):
            return set()
        if declared.after == "leave":
            return {partition.id for partition in partitions}
        archive = self.job.layout.archive(self.record.tenant, self.record.connector)

        def put_away(partition: Partition) -> str:
            """What went wrong, or ""."""
            try:
                if declared.after == "archive":
                    source.archive(partition, archive)
                else:
                    source.remove(partition)
            except Exception as error:
                return f"not archived yet: {as_ours(error, where=partition.id)}"
            return ""

        with ThreadPoolExecutor(source.at_once, thread_name_prefix="archive") as pool:
            said = list(pool.map(put_away, partitions))
        self.record.notes += filter(None, said)
        return {partition.id for partition, what in zip(partitions, said, strict=True) if what}

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
