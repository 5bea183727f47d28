"""What normalisation gains: the overlap of two sources' raw values against that of the same values prepared.

Reads the sources again, archived files with them, and publishes nothing. Distinct values are counted by their
hashes: all of them up to `HELD`, beyond that the same random share of both sides, scaled up.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from antechamber.connect.files import Files
from antechamber.connect.landing import LandingSource
from antechamber.declare import Declarations, FileSource
from antechamber.forecast.keys import MatchKey
from antechamber.job import Job, connector_of, open_job
from antechamber.operate.watch import Silent
from antechamber.records import CHANGE, PUT, Progress

HELD = 1 << 20
"""Hashes that are held of each key and side."""

_WHOLE = 1 << 64


@dataclass(frozen=True)
class Gain:
    """Distinct values that both sides have of a key, before and after preparation.

    share: of the distinct values the share that was compared, 0 to 1.
    raw, raw_left, raw_right: None where a column is made by a step, and no source column is it.
    """

    key: str
    left: int
    right: int
    both: int
    raw_left: int | None
    raw_right: int | None
    raw: int | None
    share: float


class Distinct:
    """Distinct texts by their hashes, in bounded memory: those below a threshold that falls as they grow."""

    def __init__(self) -> None:
        self._below = _WHOLE
        self._hashes = pl.Series("h", [], dtype=pl.UInt64)

    def add(self, texts: pl.Series) -> None:
        """Texts; nulls and empty ones do not count."""
        hashes = texts.drop_nulls().filter(texts.drop_nulls() != "").hash(0).alias("h")
        self._hashes = pl.concat([self._hashes, self._kept(hashes)]).unique()
        while len(self._hashes) > HELD:
            self._below //= 2
            self._hashes = self._kept(self._hashes)

    def _kept(self, hashes: pl.Series) -> pl.Series:
        return hashes if self._below == _WHOLE else hashes.filter(hashes < self._below)

    @property
    def share(self) -> float:
        """The share of all values that is held."""
        return self._below / _WHOLE

    def __len__(self) -> int:
        return round(len(self._hashes) / self.share)

    def in_common(self, other: Distinct) -> int:
        """How many are of both."""
        share = min(self.share, other.share)
        return round(int(self._hashes.is_in(other._hashes.implode()).sum()) / share)


@dataclass
class _Seen:
    """What one side has of a key."""

    prepared: Distinct
    raw: Distinct | None


def gain(declared: Declarations, left: str, right: str, keys: Sequence[MatchKey]) -> list[Gain]:
    """The overlap of every key, raw and prepared. Raises what reading the sources raises."""
    mine = _look(declared, left, [key.left for key in keys])
    theirs = _look(declared, right, [key.right for key in keys])
    return [_gain(key.name, a, b) for key, a, b in zip(keys, mine, theirs, strict=True)]


def _gain(name: str, a: _Seen, b: _Seen) -> Gain:
    parts = [a.prepared, b.prepared]
    raw = None
    if a.raw is not None and b.raw is not None:
        parts += [a.raw, b.raw]
        raw = a.raw.in_common(b.raw)
    return Gain(
        key=name,
        left=len(a.prepared),
        right=len(b.prepared),
        both=a.prepared.in_common(b.prepared),
        raw_left=None if a.raw is None else len(a.raw),
        raw_right=None if b.raw is None else len(b.raw),
        raw=raw,
        share=min(part.share for part in parts),
    )


def _look(declared: Declarations, name: str, keys: Sequence[tuple[str, ...]]) -> list[_Seen]:
    """Read all that a connector's source has and had."""
    seen: list[_Seen] | None = None
    for job, batch in _batches(declared, name):
        sources = {plan.name: plan.source for plan in job.recipe.describe()}
        prepared = pl.DataFrame(pl.from_arrow(job.recipe.apply(batch).batch))
        found = pl.DataFrame(pl.from_arrow(batch))
        if seen is None:
            seen = [
                _Seen(Distinct(), Distinct() if all(sources[each] in found.columns for each in key) else None)
                for key in keys
            ]
        for key, each in zip(keys, seen, strict=True):
            each.prepared.add(_joined(prepared, key))
            if each.raw is not None:
                each.raw.add(_joined(found, [sources[column] for column in key]))
    return seen or [_Seen(Distinct(), Distinct()) for _ in keys]


def _joined(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    texts = [pl.col(name).cast(pl.String) for name in columns]
    return frame.select(pl.concat_str(texts, separator="\x1f").alias("k")).to_series()


def _batches(declared: Declarations, name: str) -> Iterator[tuple[Job, pa.RecordBatch]]:
    with ExitStack() as stack:
        job = open_job(declared, name, stack, look_only=True)
        yield from _read(job)
        if isinstance(job.source, Files):
            archived = open_job(_archived(declared, name, job, job.source.pattern), name, stack, look_only=True)
            yield from _read(archived)


def _read(job: Job) -> Iterator[tuple[Job, pa.RecordBatch]]:
    for partition in job.source.list(Progress(), full=True).partitions:
        with closing(job.read(partition, Counter(), Silent())) as items:
            for item in items:
                batch = item.batch
                if CHANGE in batch.schema.names:
                    batch = batch.filter(pc.equal(batch.column(CHANGE), pa.scalar(PUT, pa.int8())))
                if batch.num_rows:
                    yield job, batch


def _archived(declared: Declarations, name: str, job: Job, pattern: str) -> Declarations:
    """The workspace in which the connector reads what it archived."""
    connector = connector_of(declared, name)
    source = connector.source
    assert isinstance(source, FileSource)  # noqa: S101 - Files are of a FileSource
    landing = LandingSource(
        type="landing",
        path=f"{job.layout.archive(connector.tenant, name).url}/{pattern}",
        decrypt=source.decrypt,
        unseal=source.unseal,
        format=source.format,
        members=source.members,
        settle=0,
        after="leave",
    )
    changed = connector.model_copy(update={"source": landing})
    return dataclasses.replace(declared, connectors={**declared.connectors, name: changed})
