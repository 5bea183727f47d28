"""Working partitions: read, prepared and staged on all cores, each record on its partition's account."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from antechamber.books import Books
from antechamber.engine import run_locally
from antechamber.errors import AccountingError, AntechamberError, ConnectionLost
from antechamber.job import Job
from antechamber.lots import Lot, LotReader, lots_of
from antechamber.operate.log import as_ours
from antechamber.operate.watch import Watcher
from antechamber.publish import Origin, Origins, QuarantineWriter, Staging
from antechamber.records import LINE, Account, Partition, Prepared
from antechamber.shares import SHARE_BITS, Item, NotTogether, Worked, neighbours, one_by_one, prepare

log = logging.getLogger("antechamber.run")


@dataclass
class Work:
    """All partitions of a run, on their way from the source to staging.

    seen: column → partitions that have it, for sources whose columns are known only after reading.
    origins: where the source fields of staged records are kept, for a rule that may hold them back.
    """

    job: Job
    partitions: Sequence[Partition]
    staging: Staging
    quarantine: QuarantineWriter
    books: Books
    watcher: Watcher
    seen: Counter[str]
    origins: Origins | None = None
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
            self.staging.add(
                number, position, prepared.batch, prepared.changes, (), prepared.entrants, prepared.marks
            )
            self._keep(item, prepared, shares, [(number, position, 0, prepared.batch.num_rows)])
        else:
            runs = list(neighbours(shares))
            try:
                for start, rows, run in runs:
                    part = prepared.slice(start, rows)
                    self.staging.add(run[0][0], position, part.batch, part.changes, run, part.entrants, part.marks)
                self._keep(item, prepared, shares, [(run[0][0], position, start, rows) for start, rows, run in runs])
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
                    judged=dict(each.judged),
                ),
            )
        self.watcher.advance(rows=item.batch.num_rows, size=0)

    def _keep(
        self, item: Item, prepared: Prepared, shares: Sequence[Worked], staged: Sequence[tuple[int, int, int, int]]
    ) -> None:
        """Keep the source fields of what was staged. staged: partition, sequence, first row, rows of each chunk."""
        if self.origins is None:
            return
        fields = _sources_of(item, prepared)
        spans = [Origin(each.published, each.share.number, each.share.member) for each in shares]
        ends = list(accumulate(span.rows for span in spans))
        for partition, sequence, start, rows in staged:
            mine = [span for span, end in zip(spans, ends, strict=True) if start < end <= start + rows and span.rows]
            self.origins.add(partition, sequence, fields.slice(start, rows), mine)


def refuse_parts(errors: Mapping[str, AntechamberError], *, whole: bool, of: int) -> None:
    """Raise when what came through is worth nothing without what failed.

    errors: partition → why it failed. whole: parts of one snapshot, or of a table that is replaced as a whole, are
    worth nothing alone. of: the number of all partitions.
    """
    if errors and (whole or len(errors) == of):
        lasting = (error for error in errors.values() if not isinstance(error, ConnectionLost))
        raise next(lasting, next(iter(errors.values())))


def _sources_of(item: Item, prepared: Prepared) -> pa.RecordBatch:
    """The source fields of an item's rows that are to be published, in order, each with the LINE of its file.

    Raises AccountingError where the recipe does not say which rows those are.
    """
    lines = item.batch.column(LINE).to_numpy()
    away: list[Any] = [rejected.line for rejected in prepared.rejected]
    away += [line for dropped in prepared.dropped_at.values() for line in dropped.to_pylist()]
    stays = ~np.isin(lines, np.array(away, dtype=np.int64))
    kept = item.batch.filter(pa.array(stays))
    if kept.num_rows != prepared.batch.num_rows:
        raise AccountingError(
            "the source's fields of its records cannot be told apart",
            remedy="this is a defect of Antechamber: please report it",
        )
    plain = pa.array(lines[stays] & ((1 << SHARE_BITS) - 1), pa.int64())
    return kept.set_column(kept.schema.get_field_index(LINE), LINE, plain)
