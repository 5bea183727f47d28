"""Parts: what working one item of a lot gives, in any process, and how the run's own process takes it in.

Working a lot is reading and preparing: it touches nothing of the run. Taking a part in is staging its records,
keeping its quarantine and entering its accounts.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from antechamber.books import Books
from antechamber.errors import AccountingError, AntechamberError
from antechamber.job import Job
from antechamber.lots import Lot, LotReader
from antechamber.operate.log import as_ours
from antechamber.operate.watch import Silent
from antechamber.prepare import Recipe
from antechamber.publish import Origin, Origins, QuarantineWriter, Staging, refuse_unfit
from antechamber.records import LINE, Account, Entrants, Partition, Prepared, Rejected
from antechamber.shares import SHARE_BITS, Item, NotTogether, Worked, neighbours, one_by_one, prepare

log = logging.getLogger("antechamber.run")

APART = 1 << 32
"""How far apart the sequences of two neighbouring items are: between them are those of an item's single files."""


@dataclass(frozen=True)
class Piece:
    """Records that are staged together. partition: the number of the first partition that they are of.

    batch, changes, shares, entrants, marks: as `Staging.add` takes them. fields, origins: the records' source fields
    and LINEs, row by row, where a rule may hold them back, and whose they are.
    """

    partition: int
    batch: pa.RecordBatch
    changes: pa.Array[Any] | None = None
    shares: tuple[tuple[int, int], ...] = ()
    entrants: Entrants = field(default_factory=dict)
    marks: Mapping[int, pa.Array[Any]] = field(default_factory=dict)
    fields: pa.RecordBatch | None = None
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What a partition has of a part. number: the partition's. rejected: its records for quarantine."""

    number: int
    member: str
    rejected: tuple[Rejected, ...]
    account: Account


@dataclass(frozen=True)
class Part:
    """What working one item gave. sequence: its place among those of its lot. read: records that were prepared."""

    sequence: int
    pieces: tuple[Piece, ...]
    entries: tuple[Entry, ...]
    read: int


@dataclass(frozen=True)
class End:
    """How a lot ended. failed: number of a partition → why nothing of it is to be published.

    seen: column → partitions of the lot that have it. left_alone: as in `Job`. size: bytes taken from the source.
    """

    failed: Mapping[int, AntechamberError] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    left_alone: Mapping[str, int] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True)
class Terms:
    """What is to be known of a run, beside its declarations, to work its lots.

    run: its id. keys: columns of which every record must have a value. origins: whether source fields are kept for a
    rule that may hold staged records back. shared: what `Job.shared` gave, for a process that is to read.
    snapshots: as in `Job`.
    """

    run: str
    keys: tuple[str, ...] = ()
    origins: bool = False
    shared: str = ""
    snapshots: Mapping[str, int] = field(default_factory=dict)


def work_item(item: Item, sequence: int, recipe: Recipe, terms: Terms) -> Part:
    """Prepare an item. Raises what the recipe raises, and PublishError for records that cannot be staged."""
    prepared, shares = prepare(item, recipe)
    # Records of one partition may be of any number of items, those of several are in this one with all they have.
    runs = list(neighbours(shares)) if len(shares) > 1 else [(0, prepared.batch.num_rows, [])]
    fields = _sources_of(item, prepared) if terms.origins else None
    spans = [Origin(each.published, each.share.number, each.share.member) for each in shares]
    ends = list(accumulate(span.rows for span in spans))
    pieces = []
    for start, rows, run in runs:
        mine = prepared.slice(start, rows) if len(runs) > 1 else prepared
        if not rows:
            continue
        refuse_unfit(mine.batch, terms.keys, mine.changes)
        whose = [span for span, end in zip(spans, ends, strict=True) if start < end <= start + rows and span.rows]
        pieces.append(
            Piece(
                run[0][0] if run else shares[0].share.number,
                mine.batch,
                mine.changes,
                tuple(run),
                mine.entrants,
                mine.marks,
                None if fields is None else fields.slice(start, rows),
                tuple(whose) if fields is not None else (),
            )
        )
    return Part(sequence, tuple(pieces), tuple(_entry(each) for each in shares), item.batch.num_rows)


def work_each(
    lot: Lot,
    sequence: int,
    item: Item,
    recipe: Recipe,
    terms: Terms,
    take: Callable[[Part], None],
    failed: dict[int, Exception],
) -> None:
    """Work one item of a lot. An error that is one file's does not touch the others of the lot.

    take: is given each part. failed: takes the error of a partition. Of a lot of one partition the error is raised.
    """
    try:
        take(work_item(item, sequence, recipe, terms))
    except Exception as error:
        if len(lot.partitions) == 1:
            raise
        if len(item.shares) == 1:
            failed[item.shares[0].number] = error
            return
        if not isinstance(error, NotTogether):
            log.debug("working %d files one by one", len(item.shares), exc_info=error)
        for number, each in enumerate(one_by_one(item)):
            work_each(lot, sequence + number, each, recipe, terms, take, failed)


def work_lot(job: Job, lot: Lot, terms: Terms) -> Iterator[Part | End]:
    """Read and prepare a lot, one item after the other: its parts as they come, and its end, which tells errors."""
    seen: Counter[str] = Counter()
    failed: dict[int, Exception] = {}
    before = Counter(job.left_alone)
    size = _Size()
    try:
        job.snapshots.update(terms.snapshots)
        job.recipe.quality.open()
        with closing(_items(LotReader(job, seen, size, failed), lot)) as items:
            for position, item in enumerate(items):
                parts: list[Part] = []
                work_each(lot, position * APART, item, job.recipe, terms, parts.append, failed)
                yield from parts
    except Exception as error:
        failed |= dict.fromkeys(lot.numbers, error)
    names = {number: lot.partitions[number - lot.first].id for number in failed}
    for number, why in failed.items():
        log.debug("%s failed", names[number], exc_info=why)
    yield End(
        {number: as_ours(why, where=names[number]) for number, why in failed.items()},
        seen,
        job.left_alone - before,
        size.taken,
    )


@dataclass
class Intake:
    """Where the parts of a run go. Any number of threads may take parts in.

    origins: where source fields are kept, for a rule that may hold staged records back.
    """

    partitions: Sequence[Partition]
    staging: Staging
    quarantine: QuarantineWriter
    books: Books
    origins: Origins | None = None

    def take(self, part: Part) -> None:
        """Stage a part's records, keep its quarantine, enter its accounts. Raises PublishError: nothing is staged."""
        try:
            for piece in part.pieces:
                place = piece.partition, part.sequence
                self.staging.add(*place, piece.batch, piece.changes, piece.shares, piece.entrants, piece.marks)
                if self.origins is not None and piece.fields is not None:
                    self.origins.add(*place, piece.fields, piece.origins)
        except Exception:
            for piece in part.pieces:
                self.staging.withdraw(piece.partition, part.sequence)
            raise
        for entry in part.entries:
            self.quarantine.add(self.partitions[entry.number].id, entry.rejected, member=entry.member)
            self.books.enter(entry.number, entry.account)

    def discard(self, number: int) -> None:
        """A partition that failed: nothing of it counts, whether taken in before or after."""
        self.staging.discard(number)
        self.quarantine.discard(self.partitions[number].id)


class _Size(Silent):
    """Hears how many bytes are taken from the source."""

    taken = 0

    def advance(self, *, rows: int, size: int) -> None:
        self.taken += size


def _items(reader: LotReader, lot: Lot) -> Any:
    """The reader's items as a generator, which gives back what it holds when it is closed."""
    yield from reader.read(lot)


def _entry(each: Worked) -> Entry:
    rejected = (*each.share.malformed, *each.rejected)
    return Entry(
        each.share.number,
        each.share.member,
        rejected,
        Account(
            read=each.share.rows + len(each.share.malformed),
            published=each.published,
            quarantined=len(rejected),
            dropped=Counter(each.dropped),
            nulled=Counter(each.nulled),
            recognised=Counter(each.recognised),
            detected=Counter(each.detected),
            judged=dict(each.judged),
        ),
    )


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
