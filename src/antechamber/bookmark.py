"""Where the next run goes on: what a commit records of the source, and what the source is told of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from antechamber.connect.source import BatchSource
from antechamber.found import FoundColumns
from antechamber.intent import Intent
from antechamber.job import Job
from antechamber.operate.log import as_ours
from antechamber.operate.runs import RunRecord
from antechamber.publish import Stamp
from antechamber.records import Listing, Partition, Progress


@dataclass(frozen=True)
class Bookmark:
    """known: what earlier commits took in. still_there: those of their sources that lie in the source yet."""

    job: Job
    record: RunRecord
    intent: Intent
    known: Progress
    columns: FoundColumns
    still_there: Collection[str]

    def stamp(self, listing: Listing, done: Sequence[Partition]) -> Stamp:
        """What the commit records, after all is read. done: the partitions that it holds.

        A run apart from the others leaves no trace of where it was. Of a database's key ranges none is remembered:
        its watermark says where to go on.
        """
        source, record, apart = self.job.source, self.record, self.intent.apart
        batches = isinstance(source, BatchSource)
        watermark = source.watermark(listing) if isinstance(source, BatchSource) else listing.watermark
        return Stamp(
            run_id=record.run,
            connector=self.job.connector.connector,
            sources={} if apart or batches else {partition.id: partition.fingerprint for partition in done},
            watermark=None if apart else watermark,
            account={
                "read": record.read,
                "published": record.published,
                **({"again": True} if self.intent.again else {}),
            },
            forget=() if apart else set(self.known.sources) - set(self.still_there),
            columns={} if apart else self.columns.now(self.known.columns),
            retried=self.intent.retry or "",
        )

    def tell(self, stamp: Stamp) -> None:
        """The commit stands: the source need not keep what it recorded. If this fails, the next run tells it."""
        if isinstance(self.job.source, BatchSource) and stamp.watermark is not None:
            try:
                self.job.source.committed(stamp.watermark)
            except Exception as error:
                self.record.notes.append(f"not told to the source yet: {as_ours(error, where=self.job.name)}")
