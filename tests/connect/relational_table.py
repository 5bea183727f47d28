"""What the tests of the relational sources share: reading a source as a run does."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from antechamber.connect import Opening, open_source
from antechamber.connect.source import BatchSource
from antechamber.declare.registry import source_type
from antechamber.records import Listing, Progress
from antechamber.secrets import Secrets
from antechamber.store import Location


def source(kind: str, url: str, folder: Path, columns: Sequence[str] | None = None, **declared: Any) -> BatchSource:
    """The source for a URL, which is kept in a secret file as a user's is."""
    (folder / "url").write_text(url)
    model = source_type(kind).model.model_validate({"type": kind, "url": "file:url", **declared})
    wanted = None if columns is None else tuple(columns)
    opened = open_source(model, Opening(Location(folder.as_uri()), Secrets(folder), wanted))
    assert isinstance(opened, BatchSource)
    return opened


def read_all(table: BatchSource, listing: Listing, threads: int = 4) -> list[dict[str, Any]]:
    """All records, read by several threads at once; a batch's types are the schema's, or text."""
    waiting, guard = list(listing.partitions)[::-1], threading.Lock()
    read: dict[str, list[dict[str, Any]]] = {}
    faults: list[BaseException] = []
    schema = table.schema()

    def work() -> None:
        while True:
            with guard:
                if not waiting or faults:
                    return
                partition = waiting.pop()
            try:
                rows: list[dict[str, Any]] = []
                for batch in table.read(partition):
                    batch.validate(full=True)
                    assert batch.schema.names == schema.names
                    for found, wanted in zip(batch.schema, schema, strict=True):
                        assert found.type in (wanted.type, pa.string())
                    rows += batch.to_pylist()
                read[partition.id] = rows
            except BaseException as fault:
                faults.append(fault)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if faults:
        raise faults[0]
    return [row for partition in listing.partitions for row in read[partition.id]]


def run(
    kind: str,
    url: str,
    folder: Path,
    *,
    last: Any = None,
    full: bool = False,
    columns: Sequence[str] | None = None,
    **declared: Any,
) -> tuple[Listing, list[dict[str, Any]]]:
    """What one run lists, and the records that it reads. last: the watermark that the commit before recorded."""
    table = source(kind, url, folder, columns, **declared)
    try:
        listing = table.list(Progress(watermark=json.loads(json.dumps(last))), full=full)
        return listing, read_all(table, listing)
    finally:
        table.close()
