"""Working partitions: their lots are worked here on all cores, or elsewhere, and what each gives is taken in."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from antechamber.engine import run_locally
from antechamber.errors import AntechamberError, ConnectionLost
from antechamber.job import Job
from antechamber.lots import Lot, LotReader, lots_of
from antechamber.operate.log import as_ours
from antechamber.operate.watch import Watcher
from antechamber.parcels import Parcel, Tally
from antechamber.parts import APART, End, Intake, Part, Terms, work_each
from antechamber.shares import Item

log = logging.getLogger("antechamber.run")

Elsewhere = Callable[[Job, Sequence[Lot], Terms], Iterator[Parcel]]
"""Lots that other processes work: what they give, in any order, some of it perhaps twice."""


@dataclass
class Work:
    """All partitions of a run, on their way from the source to where they are taken in.

    seen: column → partitions that have it, for sources whose columns are known only after reading.
    elsewhere: who works the lots, of a source that others can read; None: this process.
    """

    job: Job
    intake: Intake
    terms: Terms
    watcher: Watcher
    seen: Counter[str]
    elsewhere: Elsewhere | None = None
    _failed: dict[int, Exception] = field(default_factory=dict)

    def carry_out(self) -> dict[str, AntechamberError]:
        """Work them all; gives, by id, the error of each that failed: nothing of those is staged.

        Raises PublishError where parts from elsewhere cannot be taken in, ConnectionLost where some were lost.
        """
        partitions = self.intake.partitions
        sizes = [partition.size for partition in partitions]
        self.watcher.expect(len(sizes), None if None in sizes else sum(size or 0 for size in sizes))
        self.watcher.stage("work")
        lots = lots_of(partitions, self.job.source)
        if self.elsewhere is None:
            self._work_here(lots)
        else:
            terms = replace(self.terms, shared=self.job.shared() or "", snapshots=self.job.snapshots)
            self._gather(lots, self.elsewhere(self.job, lots, terms))
        errors: dict[str, AntechamberError] = {}
        for number, error in sorted(self._failed.items()):
            name = partitions[number].id
            log.debug("%s failed", name, exc_info=error)
            errors[name] = as_ours(error, where=name)
            self.intake.discard(number)
        return errors

    def _work_here(self, lots: Sequence[Lot]) -> None:
        reader = LotReader(self.job, self.seen, self.watcher, self._failed)
        for outcome in run_locally(lots, read=reader.read, work=self._work):
            if outcome.error is not None:
                self._failed |= dict.fromkeys(outcome.partition.numbers, outcome.error)

    def _gather(self, lots: Sequence[Lot], parcels: Iterator[Parcel]) -> None:
        tally = Tally(lots)
        for parcel in parcels:
            if not tally.is_new(parcel):
                continue
            if isinstance(parcel.content, End):
                self._failed |= parcel.content.failed
                self.seen.update(parcel.content.seen)
                self.job.left_alone.update(parcel.content.left_alone)
                self.watcher.advance(rows=0, size=parcel.content.size)
            else:
                self._take(parcel.content)
        tally.check()

    def _work(self, lot: Lot, position: int, item: Item) -> None:
        """Work one item of a lot, and take in what it gives."""
        work_each(lot, position * APART, item, self.job.recipe, self.terms, self._take, self._failed)

    def _take(self, part: Part) -> None:
        self.intake.take(part)
        self.watcher.advance(rows=part.read, size=0)


def refuse_parts(errors: Mapping[str, AntechamberError], *, whole: bool, of: int) -> None:
    """Raise when what came through is worth nothing without what failed.

    errors: partition → why it failed. whole: parts of one snapshot, or of a table that is replaced as a whole, are
    worth nothing alone. of: the number of all partitions.
    """
    if errors and (whole or len(errors) == of):
        lasting = (error for error in errors.values() if not isinstance(error, ConnectionLost))
        raise next(lasting, next(iter(errors.values())))
