"""What the tests of the postgresql source share: a table of one's own, and reading it as a run does."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from antechamber.connect.postgresql import PostgresqlSource, PostgresqlTable
from antechamber.records import Listing, Partition, Progress
from antechamber.secrets import Secrets


def source(url: str, folder: Path, **declared: Any) -> PostgresqlTable:
    """The source for a URL, which is kept in a secret file as a user's is."""
    (folder / "url").write_text(url)
    return PostgresqlTable(PostgresqlSource(type="postgresql", url="file:url", **declared), secrets=Secrets(folder))


def read_all(table: PostgresqlTable, partitions: Iterable[Partition], threads: int = 4) -> dict[str, pa.Table]:
    """Partition id → records, read by several threads at once."""
    waiting, guard = list(partitions)[::-1], threading.Lock()
    read: dict[str, pa.Table] = {}
    faults: list[BaseException] = []

    def work() -> None:
        while True:
            with guard:
                if not waiting or faults:
                    return
                partition = waiting.pop()
            try:
                batches = list(table.read(partition))
                assert all(batch.schema == table.schema() for batch in batches)
                read[partition.id] = pa.Table.from_batches(batches, schema=table.schema())
            except BaseException as fault:
                faults.append(fault)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if faults:
        raise faults[0]
    return read


def run(
    url: str,
    folder: Path,
    *,
    watermark: Any = None,
    full: bool = False,
    watermark_column: str | None = None,
    **declared: Any,
) -> tuple[Listing, list[dict[str, Any]]]:
    """What one run lists, and the records that it reads. watermark: as the commit before recorded it."""
    table = source(url, folder, watermark=watermark_column, **declared)
    try:
        listing = table.list(Progress(watermark=watermark), full=full)
        read = read_all(table, listing.partitions)
        return listing, [row for part in read.values() for row in part.to_pylist()]
    finally:
        table.close()
