"""Small files worked together: what each would cost by itself (a reader, a batch, a chunk) is paid once for many.

A lot is a run of neighbouring partitions. One that is not small is a lot of its own and is worked batch by batch;
small ones are read whole and prepared as one batch, and every record stays on its own file's account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from antechamber.connect.source import ByteSource
from antechamber.declare import Csv, FileSource
from antechamber.errors import AntechamberError
from antechamber.job import Job
from antechamber.operate.watch import Watcher
from antechamber.read import format_of
from antechamber.read.together import fits_together, read_together
from antechamber.records import Partition, ReadBatch
from antechamber.shares import Item, Share, alone, gathered, marked
from antechamber.unseal import layers_of

SMALL = 256 << 10
"""Bytes that a file of a lot may have."""

LOT_BYTES, LOT_FILES = 8 << 20, 4096
"""What a lot may have of them."""

HELD = 16 << 20
"""Bytes of records that a small file may turn out to hold before it is worked by itself after all."""


@dataclass(frozen=True)
class Lot:
    """Neighbouring partitions. first: the number of the first one among all."""

    first: int
    partitions: tuple[Partition, ...]

    @property
    def numbers(self) -> range:
        """The partitions' numbers."""
        return range(self.first, self.first + len(self.partitions))


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
                yield alone(lot.first, batch)
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
        return Item(marked(found.batch, [share.rows for share in shares]), shares), left

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
                            yield alone(number, each)
                        mine = []
            except Exception as error:
                self._failed[number] = error
                continue
            if held > HELD:
                for each in mine:
                    yield alone(number, each)
                continue
            alike = not waiting or all(each.batch.schema == waiting[0][1].batch.schema for each in mine)
            if waiting and (not alike or size + held > HELD):
                yield gathered(waiting)
                waiting, size = [], 0
            if mine and any(each.batch.schema != mine[0].batch.schema for each in mine):
                for each in mine:
                    yield alone(number, each)
                continue
            waiting += [(number, each) for each in mine]
            size += held
        if waiting:
            yield gathered(waiting)
