"""Batches of several partitions: what each has of one, and what became of it.

Every record stays on its own partition's account, whichever others it is worked with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from antechamber.prepare import Recipe
from antechamber.records import LINE, Prepared, ReadBatch, Rejected

SHARE_BITS = 40
"""LINE of a lot's batch holds the share's number above this bit and the line in its file below."""


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


def alone(number: int, batch: ReadBatch) -> Item:
    """A batch of one partition, whose number is given."""
    return Item(batch.batch, (Share(number, batch.batch.num_rows, batch.member, batch.malformed),))


def gathered(batches: Sequence[tuple[int, ReadBatch]]) -> Item:
    """Batches of one schema as one: (the partition's number, its batch)…"""
    if len(batches) == 1:
        return alone(*batches[0])
    shares = tuple(Share(number, each.batch.num_rows, each.member, each.malformed) for number, each in batches)
    whole = pa.concat_batches([each.batch for _, each in batches])  # type: ignore[attr-defined]  # not in the stubs
    return Item(marked(whole, [share.rows for share in shares]), shares)


def marked(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """The batch with each record's share in its LINE."""
    share = np.repeat(np.arange(len(rows), dtype=np.int64), rows) << SHARE_BITS
    lines = pa.array(batch.column(LINE).to_numpy() | share, pa.int64())
    return batch.set_column(batch.schema.get_field_index(LINE), LINE, lines)
