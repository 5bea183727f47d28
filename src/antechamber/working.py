"""Working partitions: read, prepared and staged on all cores, each record on its partition's account."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from antechamber.books import Books
from antechamber.engine import run_locally
from antechamber.errors import AntechamberError
from antechamber.job import Job
from antechamber.lots import Item, Lot, LotReader, NotTogether, lots_of, neighbours, one_by_one, prepare
from antechamber.operate.log import as_ours
from antechamber.operate.watch import Watcher
from antechamber.publish import QuarantineWriter, Staging
from antechamber.records import Account, Partition

log = logging.getLogger("antechamber.run")


@dataclass
class Work:
    """All partitions of a run, on their way from the source to staging.

    seen: column → partitions that have it, for sources whose columns are known only after reading.
    """

    job: Job
    partitions: Sequence[Partition]
    staging: Staging
    quarantine: QuarantineWriter
    books: Books
    watcher: Watcher
    seen: Counter[str]
    _failed: dict[int, Exception] = field(default_factory=dict)

    def carry_out(self) -> dict[str, AntechamberError]:
        """Work them all; gives, by id, the error of each that failed: nothing of those is staged."""
        sizes = [partition.size for partition in self.partitions]
        self.watcher.expect(len(sizes), None if None in sizes else sum(size or 0 for size in sizes))
        self.watcher.stage("work")
        reader = LotReader(self.job, self.seen, self.watcher, self._failed)
        lots = lots_of(self.partitions, self.job.source)
        for outcome in run_locally(lots, read=reader.read, work=self._lot):
            if outcome.error is not None:
                self._failed |= dict.fromkeys(outcome.partition.numbers, outcome.error)
        errors: dict[str, AntechamberError] = {}
        for number, error in sorted(self._failed.items()):
            name = self.partitions[number].id
            log.debug("%s failed", name, exc_info=error)
            errors[name] = as_ours(error, where=name)
            self.staging.discard(number)
            self.quarantine.discard(name)
        return errors

    def _lot(self, lot: Lot, position: int, item: Item) -> None:
        """Work one item of a lot. An error that is one file's does not touch the others of the lot."""
        try:
            self._item(position, item)
        except Exception as error:
            if len(lot.partitions) == 1:
                raise
            if len(item.shares) == 1:
                self._failed[item.shares[0].number] = error
                return
            if not isinstance(error, NotTogether):
                log.debug("working %d files one by one", len(item.shares), exc_info=error)
            for each in one_by_one(item):
                self._lot(lot, position, each)

    def _item(self, position: int, item: Item) -> None:
        prepared, shares = prepare(item, self.job.recipe)
        if len(shares) == 1:
            number = item.shares[0].number
            self.staging.add(number, position, prepared.batch, prepared.changes, entrants=prepared.entrants)
        else:
            runs = list(neighbours(shares))
            try:
                for start, rows, run in runs:
                    part = prepared.slice(start, rows)
                    self.staging.add(run[0][0], position, part.batch, part.changes, run, part.entrants)
            except Exception:
                for _, _, run in runs:
                    self.staging.withdraw(run[0][0], position)
                raise
        for each in shares:
            bad = (*each.share.malformed, *each.rejected)
            self.quarantine.add(self.partitions[each.share.number].id, bad, member=each.share.member)
            self.books.enter(
                each.share.number,
                Account(
                    read=each.share.rows + len(each.share.malformed),
                    published=each.published,
                    quarantined=len(bad),
                    dropped=Counter(each.dropped),
                    nulled=Counter(each.nulled),
                    recognised=Counter(each.recognised),
                    detected=Counter(each.detected),
                ),
            )
        self.watcher.advance(rows=item.batch.num_rows, size=0)
