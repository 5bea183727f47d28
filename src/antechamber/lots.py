"""Small files worked together: what each would cost by itself (a reader, a batch, a chunk) is paid once for many.

A lot is a run of neighbouring partitions. One that is not small is a lot of its own and is worked batch by batch;
small ones are read whole and prepared as one batch, and every record stays on its own file's account.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from antechamber.connect.source import ByteSource
from antechamber.declare import Csv, FileSource
from antechamber.errors import AntechamberError
from antechamber.job import Job
from antechamber.operate.watch import Watcher
from antechamber.prepare import Recipe
from antechamber.read import format_of
from antechamber.read.together import fits_together, read_together
from antechamber.records import LINE, Partition, Prepared, ReadBatch, Rejected
from antechamber.unseal import layers_of

SMALL = 256 << 10
"""Bytes that a file of a lot may have."""

LOT_BYTES, LOT_FILES = 8 << 20, 4096
"""What a lot may have of them."""

HELD = 16 << 20
"""Bytes of records that a small file may turn out to hold before it is worked by itself after all."""

SHARE_BITS = 40
"""LINE of a lot's batch holds the share's number above this bit and the line in its file below."""


@dataclass(frozen=True)
class Lot:
    """Neighbouring partitions. first: the number of the first one among all."""

    first: int
    partitions: tuple[Partition, ...]

    @property
    def numbers(self) -> range:
        """The partitions' numbers."""
        return range(self.first, self.first + len(self.partitions))


@dataclass(frozen=True)
class Share:
    """What a partition has of a batch. number: the partition's. malformed: records that have no rows in it."""

    number: int
    rows: int
    member: str = ""
    malformed: tuple[Rejected, ...] = ()


@dataclass(frozen=True)
class Item:
    """A batch of one partition, or of several that are in it with all their records."""

    batch: pa.RecordBatch
    shares: tuple[Share, ...]


@dataclass
class Worked:
    """What became of a share."""

    share: Share
    published: int
    rejected: tuple[Rejected, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    nulled: Mapping[tuple[str, str], int] = field(default_factory=dict)
    recognised: Mapping[str, int] = field(default_factory=dict)
    detected: Mapping[tuple[str, str], int] = field(default_factory=dict)
    judged: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def lots_of(partitions: Sequence[Partition], source: object) -> list[Lot]:
    """All partitions, in order, in lots."""
    lots: list[Lot] = []
    held: list[Partition] = []
    size = 0
    for number, partition in enumerate(partitions):
        small = isinstance(source, ByteSource) and partition.size is not None and partition.size <= SMALL
        if held and (not small or size + (partition.size or 0) > LOT_BYTES or len(held) == LOT_FILES):
            lots.append(Lot(number - len(held), tuple(held)))
            held, size = [], 0
        if small:
            held.append(partition)
            size += partition.size or 0
        else:
            lots.append(Lot(number, (partition,)))
    if held:
        lots.append(Lot(len(partitions) - len(held), tuple(held)))
    return lots


class LotReader:
    """Reads lots. failed: takes, by its number, the error of each partition of a larger lot that has one."""

    def __init__(self, job: Job, seen: Counter[str], watcher: Watcher, failed: dict[int, Exception]) -> None:
        self._job = job
        self._seen = seen
        self._watcher = watcher
        self._failed = failed

    def read(self, lot: Lot) -> Iterator[Item]:
        """The lot's records. Only a lot of one partition raises what goes wrong with it."""
        if len(lot.partitions) == 1:
            for batch in self._job.read(lot.partitions[0], self._seen, self._watcher):
                yield _alone(lot.first, batch)
            return
        numbers: Sequence[int] = lot.numbers
        format = self._plain_format(lot)
        if format is not None:
            item, left = self._together(lot, format)
            if item is not None:
                yield item
            numbers = left
        yield from self._one_by_one(lot, numbers)

    def _plain_format(self, lot: Lot) -> Csv | None:
        """The format that all files can be read together in."""
        landing = self._job.connector.source
        if not isinstance(landing, FileSource) or landing.unseal:
            return None
        try:
            formats = {landing.format or format_of(partition.id) for partition in lot.partitions}
        except AntechamberError:
            return None
        found = formats.pop()
        sealed = landing.unseal is None and any(layers_of(partition.id)[0] for partition in lot.partitions)
        return found if not formats and not sealed and isinstance(found, Csv) and fits_together(found) else None

    def _together(self, lot: Lot, format: Csv) -> tuple[Item | None, list[int]]:
        """The files that are sound as one batch, and the numbers of those left."""
        source = self._job.source
        assert isinstance(source, ByteSource)  # noqa: S101 - others have no lots

        def fetch(partition: Partition) -> bytes | Exception:
            try:
                with closing(source.open(partition)) as stream:
                    return stream.read()
            except Exception as error:
                return error

        if source.at_once > 1:
            with ThreadPoolExecutor(source.at_once, thread_name_prefix="fetch") as pool:
                fetched = list(pool.map(fetch, lot.partitions))
        else:
            fetched = [fetch(partition) for partition in lot.partitions]
        texts: list[bytes] = []
        numbers: list[int] = []
        for number, content in enumerate(fetched, lot.first):
            if isinstance(content, Exception):
                self._failed[number] = content
            else:
                texts.append(content)
                numbers.append(number)
        found = read_together(texts, format, wanted=self._job.recipe.source_columns)
        left = [numbers[file] for file in found.odd]
        if not found.files:
            return None, left
        self._watcher.advance(rows=0, size=sum(len(texts[file]) for file in found.files))
        self._seen.update({name: len(found.files) for name in found.columns})
        shares = tuple(Share(numbers[file], rows) for file, rows in zip(found.files, found.rows, strict=True))
        return Item(_marked(found.batch, [share.rows for share in shares]), shares), left

    def _one_by_one(self, lot: Lot, numbers: Sequence[int]) -> Iterator[Item]:
        """Each file by its own reader; the batches of files that are soon at their end are put together."""
        waiting: list[tuple[int, ReadBatch]] = []
        size = 0
        for number in numbers:
            mine: list[ReadBatch] = []
            held = 0
            try:
                for batch in self._job.read(lot.partitions[number - lot.first], self._seen, self._watcher):
                    mine.append(batch)
                    held += batch.batch.nbytes
                    if held > HELD:
                        for each in mine:
                            yield _alone(number, each)
                        mine = []
            except Exception as error:
                self._failed[number] = error
                continue
            if held > HELD:
                for each in mine:
                    yield _alone(number, each)
                continue
            alike = not waiting or all(each.batch.schema == waiting[0][1].batch.schema for each in mine)
            if waiting and (not alike or size + held > HELD):
                yield _gathered(waiting)
                waiting, size = [], 0
            if mine and any(each.batch.schema != mine[0].batch.schema for each in mine):
                for each in mine:
                    yield _alone(number, each)
                continue
            waiting += [(number, each) for each in mine]
            size += held
        if waiting:
            yield _gathered(waiting)


def prepare(item: Item, recipe: Recipe) -> tuple[Prepared, list[Worked]]:
    """Prepare an item: its rows to be published, and what became of each share.

    Raises what the recipe raises; for an item of several partitions see `one_by_one`.
    """
    prepared = recipe.apply(item.batch)
    if len(item.shares) == 1:
        (share,) = item.shares
        return prepared, [
            Worked(
                share,
                prepared.batch.num_rows,
                prepared.rejected,
                prepared.dropped,
                prepared.nulled,
                prepared.recognised,
                prepared.detected,
                prepared.judged,
            )
        ]
    if sum(map(len, prepared.dropped_at.values())) != sum(prepared.dropped.values()):
        raise NotTogether
    dropped: dict[int, dict[str, int]] = {}
    for rule, lines in prepared.dropped_at.items():
        numbers, counts = np.unique(lines.to_numpy() >> SHARE_BITS, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            dropped.setdefault(number, {})[rule] = count
    rejected: dict[int, list[Rejected]] = {}
    for each in prepared.rejected:
        line = each.line & ((1 << SHARE_BITS) - 1)
        rejected.setdefault(each.line >> SHARE_BITS, []).append(dataclasses.replace(each, line=line))
    worked = [
        Worked(
            share,
            share.rows - len(mine := rejected.get(number, ())) - sum((out := dropped.get(number, {})).values()),
            tuple(mine),
            out,
        )
        for number, share in enumerate(item.shares)
    ]
    # Counted for the run, not for a file: it does not matter whose account they are on.
    worked[0].nulled, worked[0].recognised = prepared.nulled, prepared.recognised
    worked[0].detected, worked[0].judged = prepared.detected, prepared.judged
    return prepared, worked


def neighbours(shares: Sequence[Worked]) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """An item's published rows where they follow each other in the order of all: first row, rows, (number, rows)…

    A file between them that was worked otherwise comes between them: of records with one key the last one counts.
    """
    start = 0
    run: list[tuple[int, int]] = []
    for each in shares:
        if run and each.share.number > run[-1][0] + 1:
            rows = sum(count for _, count in run)
            yield start, rows, run
            start, run = start + rows, []
        run.append((each.share.number, each.published))
    yield start, sum(count for _, count in run), run


class NotTogether(Exception):
    """The recipe's answer does not say what became of which file's records."""


def one_by_one(item: Item) -> Iterator[Item]:
    """An item of several partitions as items of one."""
    at = 0
    for share in item.shares:
        batch = item.batch.slice(at, share.rows)
        at += share.rows
        lines = batch.column(LINE).to_numpy() & ((1 << SHARE_BITS) - 1)
        place = batch.schema.get_field_index(LINE)
        yield Item(batch.set_column(place, LINE, pa.array(lines, pa.int64())), (share,))


def _alone(number: int, batch: ReadBatch) -> Item:
    return Item(batch.batch, (Share(number, batch.batch.num_rows, batch.member, batch.malformed),))


def _gathered(batches: Sequence[tuple[int, ReadBatch]]) -> Item:
    if len(batches) == 1:
        return _alone(*batches[0])
    shares = tuple(Share(number, each.batch.num_rows, each.member, each.malformed) for number, each in batches)
    whole = pa.concat_batches([each.batch for _, each in batches])  # type: ignore[attr-defined]  # not in the stubs
    return Item(_marked(whole, [share.rows for share in shares]), shares)


def _marked(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """The batch with each record's share in its LINE."""
    share = np.repeat(np.arange(len(rows), dtype=np.int64), rows) << SHARE_BITS
    lines = pa.array(batch.column(LINE).to_numpy() | share, pa.int64())
    return batch.set_column(batch.schema.get_field_index(LINE), LINE, lines)
