"""Sampling: the first records of a source, prepared as a run would prepare them; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.exceptions import NoSuchTableError

from antechamber.catalog import namespace, open_catalog
from antechamber.declare import Declarations
from antechamber.job import Job, open_job
from antechamber.operate.watch import Silent
from antechamber.publish import Contests, progress
from antechamber.records import LEFT_OUT, PUT, Account, Listing, Prepared, Progress


@dataclass(frozen=True)
class Sample:
    """The first records of a source, as they would be published.

    prepared: the output columns; quarantined: reason → count; nulled: (column, reason) → count.
    recognised: column → values that arrived hashed; detected: as in `Prepared`.
    """

    listing: Listing
    read: int
    prepared: pa.Table
    quarantined: Counter[str]
    nulled: Counter[tuple[str, str]]
    recognised: Counter[str]
    detected: Counter[tuple[str, str]]
    columns: tuple[str, ...]
    dropped: Counter[str] = field(default_factory=Counter)
    """Rule → records that it drops."""
    judged: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """Quality rule of single records → (records that it judged, records that failed), by its number."""
    left_alone: tuple[str, ...] = ()
    """Names inside of archives that `members` does not mean."""


def sample(declared: Declarations, name: str, *, rows: int) -> Sample:
    """Read and prepare the first records of a connector's source; writes nothing. Raises what the stages raise."""
    with ExitStack() as stack:
        job = open_job(declared, name, stack, look_only=True)
        listing = job.source.list(_progress_of(job), full=False)
        partitions = listing.partitions or listing.done
        seen: Counter[str] = Counter()
        read = 0
        found: list[Prepared] = []
        quarantined: Counter[str] = Counter()
        nulled: Counter[tuple[str, str]] = Counter()
        dropped: Counter[str] = Counter()
        recognised: Counter[str] = Counter()
        detected: Counter[tuple[str, str]] = Counter()
        for partition in partitions:
            with closing(job.read(partition, seen, Silent())) as items:
                for item in items:
                    part = item.batch.slice(0, rows - read)
                    prepared = job.recipe.apply(part)
                    read += part.num_rows + len(item.malformed)
                    found.append(prepared)
                    for rejected in (*item.malformed, *prepared.rejected):
                        quarantined[f"{rejected.column}: {rejected.reason}".removeprefix(": ")] += 1
                    nulled.update(prepared.nulled)
                    dropped.update(prepared.dropped)
                    recognised.update(prepared.recognised)
                    detected.update(prepared.detected)
                    if read >= rows:
                        break
            if read >= rows:
                break
        dropped.update(_beaten(job, found))
        judged = Account()
        for each in found:
            judged.add(Account(judged=_judged(job, each)))
        table = pa.Table.from_batches([_present(each) for each in found], schema=job.recipe.schema)
        return Sample(
            listing,
            read,
            table,
            quarantined,
            nulled,
            recognised,
            detected,
            tuple(sorted(seen)),
            dropped,
            judged.judged,
            tuple(sorted(job.left_alone)),
        )


def _beaten(job: Job, found: list[Prepared]) -> Counter[str]:
    """Rule → records that it drops, beside those in `dropped`: those that another of the sample beats, which `found`
    is without then, and those that are among the changes of a table with a key."""
    offsets = [*accumulate((each.batch.num_rows for each in found), initial=0)]
    counts: Counter[str] = Counter()
    contests = Contests(Path(), job.recipe.contests)
    for number, prepared in enumerate(found):
        contests.add(number, prepared.entrants)
    lost = contests.losers(offsets[:-1], offsets[-1])
    if lost is not None:
        for number, place in enumerate(contests.places, start=1):
            counts[job.recipe.rules[place]] = int((lost == number).sum())
        for number, (start, each) in enumerate(zip(offsets, found, strict=False)):
            found[number] = each.only((lost.slice(start, each.batch.num_rows) == 0).to_arrow())
    for prepared in found:
        for change in prepared.changes.to_pylist() if prepared.changes is not None else ():
            if change is not None and change >= LEFT_OUT:
                counts[job.recipe.rules[change - LEFT_OUT]] += 1
    return counts


def _judged(job: Job, prepared: Prepared) -> dict[int, tuple[int, int]]:
    """Rule → (records judged, failed). Where a rule has no marks all records pass it."""
    there = _present(prepared).num_rows
    found = dict.fromkeys(job.recipe.quality.ready, (there, 0))
    for rule, fails in prepared.marks.items():
        found[rule] = (len(fails) - fails.null_count, pc.sum(fails).as_py() or 0)
    return {**found, **prepared.judged}


def _present(prepared: Prepared) -> pa.RecordBatch:
    """The rows that are there: of deleted records there is nothing to show."""
    if prepared.changes is None:
        return prepared.batch
    return prepared.batch.filter(pc.equal(prepared.changes, pa.scalar(PUT, pa.int8())))


def _progress_of(job: Job) -> Progress:
    """What the connector's table says was taken in; nothing when there is no table yet."""
    tenant = job.connector.tenant
    catalog = open_catalog(job.declared.workspace, job.declared.root)
    with suppress(NoSuchTableError):
        space = namespace(tenant, job.declared.workspace.tenants[tenant])
        return progress(catalog.load_table((space, job.connector.table.name)), job.connector.connector)
    return Progress()
