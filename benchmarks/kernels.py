"""Preparation alone: python -m benchmarks.kernels phones|identities[=names] <input.parquet> <output folder>.

Parquet in, prepared, Parquet out, by the local engine: what a script that does the same is to be compared with.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.declare import Column, Connector, Table
from antechamber.engine import run_locally
from antechamber.prepare import compile_recipe
from antechamber.prepare.phones import e164
from antechamber.records import LINE, Partition
from antechamber.secrets import Secrets
from benchmarks.extract import Files

IDENTITIES: dict[str, dict[str, str]] = {
    "email": {"type": "email"},
    "phone": {"type": "phone", "region_from": "country"},
    "first_name": {"type": "first_name"},
    "last_name": {"type": "last_name"},
    "full_name": {"type": "full_name"},
    "address": {"type": "address", "country_from": "country"},
    "city": {"type": "city"},
    "state": {"type": "state"},
    "zip": {"type": "postal_code"},
    "country": {"type": "country"},
    "born": {"type": "date_of_birth", "format": "%m/%d/%Y"},
    "gender": {"type": "gender"},
    "device": {"type": "mobile_ad_id"},
    "ip": {"type": "ip_address"},
    "customer": {"type": "external_id"},
}
"""A column of every identity type; each is hashed."""

HASHED = tuple(IDENTITIES)


def phones(batch: pa.RecordBatch) -> pa.RecordBatch:
    """E.164 of every number."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    made = pl.DataFrame({"phone": e164(frame["phone"], frame["region"]).rechunk()}).to_arrow()
    (found,) = made.combine_chunks().to_batches()
    return found


def identities(names: Sequence[str] = HASHED) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """These identities of a person normalised by aws-entity-resolution, and hashed."""
    columns = {name: Column.model_validate({**IDENTITIES[name], "protect": "sha256"}) for name in names}
    declared = Connector.model_validate(
        {
            "connector": "people",
            "tenant": "acme",
            "source": {"type": "landing", "path": "x.parquet"},
            "columns": columns,
            "table": Table(name="people"),
        }
    )
    recipe = compile_recipe(declared, secrets=Secrets(Path()))

    def apply(batch: pa.RecordBatch) -> pa.RecordBatch:
        lines = pa.array(np.arange(batch.num_rows, dtype=np.int64))
        return recipe.apply(batch.append_column(LINE, lines)).batch

    return apply


def main(which: str, source: Path, target: Path) -> None:
    """Write one Parquet file for each worker. which: phones, identities, or identities=<name>,<name>…"""
    target.mkdir(parents=True)
    names = which.partition("=")[2]
    work = phones if which == "phones" else identities(names.split(",") if names else HASHED)
    groups = [Partition(str(number)) for number in range(pq.ParquetFile(source).num_row_groups)]

    def read(partition: Partition) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(source) as parquet:
            yield from parquet.read_row_group(int(partition.id)).combine_chunks().to_batches()

    files = Files(target)
    for outcome in run_locally(groups, read=read, work=lambda p, n, batch: files.write(p, n, work(batch))):
        if outcome.error is not None:
            raise outcome.error
    files.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
