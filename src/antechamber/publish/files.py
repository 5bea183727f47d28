"""A run's data files: staged records → Parquet files of about the wanted size, on all cores, in the staged order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from antechamber.errors import PublishError
from antechamber.publish.ledger import runs_in
from antechamber.publish.parquet import ROW_GROUP_BYTES, dictionary_columns, encoded_size, file_schema, write_parquet
from antechamber.publish.staging import Staging

FILE_PREFIX = "antechamber-"
"""How the names of our data files begin: other programs' files in the folder are none of our business."""

_MEMORY_BYTES = 256 * 1024 * 1024
"""What all row groups under way may take together."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def data_path(table: Table, run_id: str, number: int) -> str:
    """Where the `number`-th data file of a run lies: its name says whose it is, so that a sweep can tell."""
    return f"{table.location().rstrip('/')}/data/{FILE_PREFIX}{run_id}-{number:05d}.parquet"


def row_group_bytes(workers: int) -> int:
    """Row groups grow smaller when many are under way, so that memory does not grow with the cores."""
    return max(8 * 1024 * 1024, min(ROW_GROUP_BYTES, _MEMORY_BYTES // workers))


def write_data_files(
    table: Table, staging: Staging, *, run_id: str, target_bytes: int, workers: int | None = None
) -> list[DataFile]:
    """Write all that staging resolved as data files, or end those that were written outright; nothing is visible
    before they are committed.

    target_bytes: wanted size of a file. There are as many files as that gives, of nearly equal size, however many
        partitions or workers there are; which records are in which does not depend on `workers`.
    workers: files that are written at the same time; by default as many as there are cores.
    Raises PublishError: the run is in the table already; the store cannot be written.
    """
    if staging.outright is not None:
        return staging.outright.finish()
    refuse_published(table, run_id)
    workers = workers or cores()
    chunks = [number for number in staging.order() if staging.remaining(number)]
    if not chunks:
        return []
    try:
        sample = staging.read(chunks[0])
        dictionary = dictionary_columns(sample)
        share = encoded_size(sample, file_schema(table), dictionary=dictionary) / max(1, sample.nbytes)
        spans = _spans(chunks, [staging.size(number) * share for number in chunks], target_bytes)

        def write(span: tuple[int, Sequence[int]]) -> DataFile:
            number, part = span
            return write_parquet(
                table,
                data_path(table, run_id, number),
                (staging.read(chunk) for chunk in part),
                dictionary=dictionary,
                row_group_bytes=row_group_bytes(workers),
            )

        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="encode") as pool:
            return list(pool.map(write, enumerate(spans)))
    except OSError as error:
        raise unwritable(table, error) from error


def refuse_published(table: Table, run_id: str) -> None:
    """Raise PublishError when the run is in the table already."""
    if any(run.run_id == run_id for run in runs_in(table)):
        raise PublishError("this run is published already", where=run_id)


def unwritable(table: Table, error: OSError) -> PublishError:
    """What is said when a data file cannot be written."""
    return PublishError(
        f"a data file cannot be written ({error.strerror or error})",
        where=table.location(),
        remedy="nothing became visible; see that the store has room and may be written, then run again",
    )


def _spans(chunks: Sequence[int], sizes: Sequence[float], target_bytes: int) -> list[Sequence[int]]:
    """Consecutive chunks, cut into as many parts of equal size as come nearest to the target."""
    total = sum(sizes)
    count = max(1, min(round(total / target_bytes), len(chunks)))
    spans: list[Sequence[int]] = []
    start, before = 0, 0.0
    for position, size in enumerate(sizes):
        before += size
        if before >= total * (len(spans) + 1) / count or position == len(chunks) - 1:
            spans.append(chunks[start : position + 1])
            start = position + 1
    return [span for span in spans if span]
