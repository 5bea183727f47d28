"""Quarantined records, once more: the records that one run held back, opened as a source of their own.

The connector as it is now prepares them. What it can prepare is published in a commit that says whose quarantine it
took over; what it cannot is held back again, by that run. A record that the table has in a later version, or that
was deleted since, does not come back: it is dropped as superseded. A malformed record stays where it is: a line of
a CSV file means something under its header only, so its file has to be mended and delivered again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa
from pyiceberg.table import Table

from antechamber.connect.source import RecordSource
from antechamber.errors import SourceError
from antechamber.job import Job, tenant_key
from antechamber.prepare import Recipe
from antechamber.publish import (
    QuarantinedRecord,
    key_hashes,
    list_quarantine,
    read_quarantine,
    replaced_since,
    superseded,
)
from antechamber.records import LINE, Listing, Partition, Prepared, Progress, ReadBatch, Rejected

SUPERSEDED = "superseded by a later run"
"""The rule that drops a record whose key was written, changed or deleted since the record was held back."""

_FIRST = re.compile(r"(\d{8}t\d{6}z-[0-9a-f]{6})/(.+)", re.DOTALL)
_ROWS = 1 << 16


def open_again(job: Job, run_id: str, table: Table) -> Job:
    """The job with the quarantine of a run for its source, and a recipe that lets nothing old come back.

    Raises AntechamberError: there is none; the table was replaced since; the connector's records are changes.
    """
    location = job.layout.quarantine(job.connector.tenant, job.connector.connector)
    if run_id not in list_quarantine(location):
        raise SourceError("the run has no quarantine", where=run_id, remedy="antechamber quarantine list")
    if getattr(job.connector.source, "incremental", "") == "cdc":
        raise SourceError(
            "these records are changes, and later ones may rest on them",
            where=job.name,
            remedy="mend the connector, then start over with run --full; discard the quarantine",
        )
    key = tenant_key(job.declared, job.connector.tenant)
    source = _Quarantine(job.recipe, list(read_quarantine(location, run_id, key)), run_id)
    if replaced_since(table, source.first_run):
        raise SourceError(
            "the table was replaced as a whole since: these records are of an earlier state",
            where=run_id,
            remedy=f"antechamber quarantine discard {job.connector.connector} --run {run_id}",
        )
    recipe = job.recipe
    if job.connector.table.mode == "upsert":
        recipe = _Screened(recipe, superseded(table, source.first_run, recipe.key, source.keys()))
    return replace(job, source=source, recipe=recipe)


class _Quarantine(RecordSource):
    """The records that one run held back. A partition is what came from one file or key range."""

    def __init__(self, recipe: Recipe, records: list[QuarantinedRecord], run_id: str) -> None:
        self._recipe = recipe
        self._records: dict[str, list[QuarantinedRecord]] = {}
        self.first_run = run_id
        """The run that held them back first."""
        for record in records:
            name = record.partition
            if (earlier := _FIRST.fullmatch(name)) is not None:
                self.first_run, name = earlier.groups()
            self._records.setdefault(f"{self.first_run}/{name}", []).append(record)

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        return Listing(tuple(Partition(name) for name in self._records))

    def read(self, partition: Partition) -> Iterator[ReadBatch]:
        batches: list[ReadBatch] = []
        for member in dict.fromkeys(record.member for record in self._records[partition.id]):
            mine = [record for record in self._records[partition.id] if record.member == member]
            batches += self._read(member, mine)
        yield from batches

    def keys(self) -> pl.Series:
        """The hashes of the keys of all records that can be prepared now."""
        batches = (each.batch for name in self._records for each in self.read(Partition(name)))
        found = [key_hashes(self._recipe.apply(batch).batch, self._recipe.key) for batch in batches]
        return pl.concat([pl.Series("hash", [], dtype=pl.UInt128), *found])

    def _read(self, member: str, records: Sequence[QuarantinedRecord]) -> Iterator[ReadBatch]:
        fields: list[tuple[int, dict[str, Any]]] = []
        malformed: list[Rejected] = []
        for record in records:
            if (values := _fields(record)) is not None:
                fields.append((record.line, values))
            else:
                malformed.append(Rejected(record.line, record.reason, record.raw, member=member))
        batches = list(_batches(fields, self._recipe.source_columns))
        if malformed and not batches:
            batches = [_batch([], self._recipe.source_columns)]
        for number, batch in enumerate(batches):
            yield ReadBatch(batch, tuple(malformed) if number == 0 else (), member)


class _Screened(Recipe):
    """A recipe that drops records whose key is superseded."""

    def __init__(self, recipe: Recipe, gone: pl.Series) -> None:
        self.__dict__.update(recipe.__dict__)
        self._gone = gone

    def apply(self, batch: pa.RecordBatch) -> Prepared:
        prepared = super().apply(batch)
        old = key_hashes(prepared.batch, self.key).is_in(self._gone.implode()).fill_null(False)
        if not old.any():
            return prepared
        dropped = {**prepared.dropped, SUPERSEDED: int(old.sum())}
        return replace(prepared.only((~old).to_arrow()), dropped=dropped)


def _fields(record: QuarantinedRecord) -> dict[str, Any] | None:
    """The source's fields of a record that was read and could not be prepared; None for one that was not read."""
    if not record.column:
        return None
    try:
        values = json.loads(record.raw)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _batches(records: list[tuple[int, dict[str, Any]]], columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Records in their order, in batches in which each column's values are of one type."""
    taken: list[tuple[int, dict[str, Any]]] = []
    kinds: dict[str, type] = {}
    for line, values in records:
        own = {name: type(values[name]) for name in columns if values.get(name) is not None}
        if len(taken) == _ROWS or any(kinds.get(name, kind) is not kind for name, kind in own.items()):
            yield _batch(taken, columns)
            taken, kinds = [], {}
        taken.append((line, values))
        kinds |= own
    if taken:
        yield _batch(taken, columns)


def _batch(records: list[tuple[int, dict[str, Any]]], columns: tuple[str, ...]) -> pa.RecordBatch:
    arrays: list[pa.Array[Any]] = [pa.array([values.get(name) for _, values in records]) for name in columns]
    lines = pa.array([line for line, _ in records], pa.int64())
    return pa.RecordBatch.from_arrays([*arrays, lines], names=[*columns, LINE])
