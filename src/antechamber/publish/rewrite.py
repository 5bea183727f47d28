"""Upsert: the table's data files that hold superseded or deleted records are written again without them, and only
those."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import DoubleType, FloatType, IntegerType, LongType, PrimitiveType

from antechamber.errors import PublishError
from antechamber.publish.deletions import Deletions
from antechamber.publish.files import data_path, row_group_bytes
from antechamber.publish.keys import KeyIndex, key_hashes
from antechamber.publish.parquet import dictionary_columns, file_schema, write_parquet

IN_MEMORY_KEYS = 2_000_000
"""Up to so many new records their keys are held in memory; beyond, the keys of both sides are sorted on disk."""
_BATCH_ROWS = 131_072


@dataclass(frozen=True)
class Rewrite:
    """What an upsert does to the files that were there.

    removed: files that leave the table. added: what is left of them, in new files. rows_replaced: records lost.
    """

    removed: tuple[DataFile, ...] = ()
    added: tuple[DataFile, ...] = ()
    rows_replaced: int = 0


@dataclass(frozen=True)
class _Hit:
    """A data file with superseded records. stays: a boolean for each record."""

    file: DataFile
    stays: pl.Series

    @property
    def left(self) -> int:
        return int(self.stays.sum())


def data_files(table: Table, snapshot: Snapshot | None = None) -> list[DataFile]:
    """The live data files of a snapshot, with their statistics. Raises PublishError on delete files.

    snapshot: the current one by default.
    """
    snapshot = snapshot or table.current_snapshot()
    if snapshot is None:
        return []
    found = []
    for manifest in snapshot.manifests(table.io):
        live = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        if live and manifest.content == ManifestContent.DELETES:
            raise PublishError(
                "another program deleted records by delete files, which would have to be applied first",
                where=".".join(table.name()),
                remedy="compact the table with that program (Spark: CALL system.rewrite_data_files), then run again",
            )
        found += [entry.data_file for entry in live if entry.data_file.content == DataFileContent.DATA]
    return found


def rewrite_superseded(
    table: Table,
    new: Sequence[DataFile],
    keys: Sequence[str],
    *,
    run_id: str,
    target_bytes: int,
    workers: int,
    scratch: Path | None,
    deletions: Deletions | None = None,
) -> Rewrite:
    """Write what must stay of the current data files that hold a key of the new files, or a deleted one.

    Nothing is committed. new: the run's data files; in these and `deletions` each key comes at most once. Files whose
    bounds of the keys lie apart from theirs are not read; of the others only the key columns are. Leftovers are put
    together up to `target_bytes`. Raises PublishError, OSError.
    """
    candidates = [file for file in data_files(table) if _may_hold(table, file, new, deletions, keys)]
    if not candidates:
        return Rewrite()
    gone = deletions or Deletions(keys, tuple)
    if sum(file.record_count for file in new) + gone.count <= IN_MEMORY_KEYS:
        hits = list(_hits_in_memory(table, candidates, new, gone, keys, workers))
    else:
        hits = _hits_on_disk(table, candidates, new, gone, keys, workers, scratch)
    replaced = sum(len(hit.stays) - hit.left for hit in hits)
    groups = _groups([hit for hit in hits if hit.left], target_bytes)

    def write(group: tuple[int, list[_Hit]]) -> DataFile:
        number, members = group
        with closing(_remaining(table, members)) as sample:
            dictionary = dictionary_columns(next(sample))
        return write_parquet(
            table,
            data_path(table, run_id, len(new) + number),
            _remaining(table, members),
            dictionary=dictionary,
            row_group_bytes=row_group_bytes(workers),
        )

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="rewrite") as pool:
        added = tuple(pool.map(write, enumerate(groups)))
    return Rewrite(tuple(hit.file for hit in hits), added, replaced)


def _may_hold(
    table: Table, file: DataFile, new: Sequence[DataFile], deletions: Deletions | None, keys: Sequence[str]
) -> bool:
    """Whether the bounds leave it open that the file holds a key of one of the new files, or a deleted one."""
    fields = [table.schema().find_field(key) for key in keys]

    def bound(bounds: dict[int, bytes] | None, field: Any) -> Any:
        value = (bounds or {}).get(field.field_id)
        return None if value is None else _bound(field.field_type, value)

    def apart(a: DataFile, b: DataFile, field: Any) -> bool:
        least, most = bound(a.lower_bounds, field), bound(b.upper_bounds, field)
        return least is not None and most is not None and bool(least > most)

    def away(field: Any, between: tuple[Any, Any] | None) -> bool:
        least, most = bound(file.lower_bounds, field), bound(file.upper_bounds, field)
        if between is None or least is None or most is None:
            return False
        return bool(between[1] < least or between[0] > most)

    if deletions is not None and not any(map(away, fields, deletions.bounds)):
        return True
    return any(not any(apart(file, other, f) or apart(other, file, f) for f in fields) for other in new)


def _bound(kind: PrimitiveType, value: bytes) -> Any:
    # A file from before the column was widened has shorter bounds than the column's type says.
    if len(value) == 4 and isinstance(kind, LongType):
        kind = IntegerType()
    elif len(value) == 4 and isinstance(kind, DoubleType):
        kind = FloatType()
    return from_bytes(kind, value)


def _hits_in_memory(
    table: Table,
    candidates: Sequence[DataFile],
    new: Sequence[DataFile],
    gone: Deletions,
    keys: Sequence[str],
    workers: int,
) -> Iterator[_Hit]:
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="keys") as pool:
        hashes = [*pool.map(lambda file: _hashes(table, file, keys), new), *gone.hashes()]
        coming = pl.DataFrame({"hash": pl.concat(hashes)})

        def look(file: DataFile) -> _Hit:
            there = pl.DataFrame({"hash": _hashes(table, file, keys)}).with_row_index("row")
            lost = there.join(coming, on="hash", how="semi")["row"]
            return _Hit(file, pl.repeat(1, len(there), dtype=pl.UInt8, eager=True).scatter(lost, 0) == 1)

        for hit in pool.map(look, candidates):
            if not hit.stays.all():
                yield hit


def _hits_on_disk(
    table: Table,
    candidates: Sequence[DataFile],
    new: Sequence[DataFile],
    gone: Deletions,
    keys: Sequence[str],
    workers: int,
    scratch: Path | None,
) -> list[_Hit]:
    files = [*candidates, *new]
    offsets, total = [], 0
    for count in (*(file.record_count for file in files), *gone.lengths):
        offsets.append(total)
        total += count
    there = sum(file.record_count for file in candidates)
    with ExitStack() as stack:
        folder = scratch or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="antechamber-")))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        index = stack.enter_context(KeyIndex(folder / "table-keys"))
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="keys") as pool:
            list(pool.map(lambda item: index.add(item[0], _hashes(table, item[1], keys)), enumerate(files)))
        for number, hashes in enumerate(gone.hashes(), start=len(files)):
            index.add(number, hashes)
        stays = pl.repeat(1, there, dtype=pl.UInt8, eager=True)
        # A key that only the table holds, twice, is none of this run's business.
        for lost in index.superseded(offsets, since=there):
            stays.scatter(lost.filter(lost < there), 0)
    hits = [
        _Hit(file, stays.slice(offset, file.record_count) == 1)
        for file, offset in zip(candidates, offsets, strict=False)
    ]
    return [hit for hit in hits if not hit.stays.all()]


def _hashes(table: Table, file: DataFile, keys: Sequence[str]) -> pl.Series:
    """The keys' hashes of a data file's records, in order."""
    parts = [key_hashes(batch, keys) for batch in read_file(table, file, keys)]
    return pl.concat(parts) if parts else pl.Series("hash", [], dtype=pl.UInt128)


def _remaining(table: Table, members: Sequence[_Hit]) -> Generator[pa.RecordBatch, None, None]:
    """The records that stay of several files, in order."""
    names = [field.name for field in table.schema().fields]
    for hit in members:
        start = 0
        for batch in read_file(table, hit.file, names):
            stays = hit.stays.slice(start, batch.num_rows)
            start += batch.num_rows
            left = batch if stays.all() else batch.filter(stays.to_arrow())
            if left.num_rows:
                yield left


def read_file(table: Table, file: DataFile, names: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
    """A data file's records as the table's current schema has them: columns by field id, nulls where absent."""
    schema = file_schema(table)
    wanted = pa.schema([schema.field(name) for name in names])
    if file.file_format != FileFormat.PARQUET:
        raise PublishError(
            f"another program wrote {file.file_format} data files, which are not read here",
            where=".".join(table.name()),
            remedy="rewrite them as Parquet with that program",
        )
    stream = cast("IO[bytes]", table.io.new_input(file.file_path).open())
    with stream, pq.ParquetFile(stream, pre_buffer=False) as parquet:
        present = {_field_id(field): field.name for field in parquet.schema_arrow}
        sources = [present.get(_field_id(field)) for field in wanted]
        columns = [source for source in sources if source is not None]
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False):
            arrays = [
                pa.nulls(batch.num_rows, field.type) if source is None else batch.column(source).cast(field.type)
                for source, field in zip(sources, wanted, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _field_id(field: pa.Field[Any]) -> bytes | None:
    return (field.metadata or {}).get(b"PARQUET:field_id")


def _groups(hits: Sequence[_Hit], target_bytes: int) -> list[list[_Hit]]:
    """Consecutive leftovers, put together while they stay below the target."""
    groups: list[list[_Hit]] = []
    size = 0.0
    for hit in hits:
        left = hit.file.file_size_in_bytes * hit.left / len(hit.stays)
        if not groups or size + left > target_bytes:
            groups.append([])
            size = 0.0
        groups[-1].append(hit)
        size += left
    return groups
