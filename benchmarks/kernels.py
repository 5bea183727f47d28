"""Preparation alone: python -m benchmarks.kernels phones|identities <input.parquet> <output folder>.

Parquet in, prepared, Parquet out, by the local engine: what a script that does the same is to be compared with.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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

HASHED = ("email", "phone", "first_name", "last_name", "city", "state", "zip", "country")
"""The columns of the identities, in order; each is hashed."""


def phones(batch: pa.RecordBatch) -> pa.RecordBatch:
    """E.164 of every number."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    found: pa.RecordBatch = pl.DataFrame({"phone": e164(frame["phone"], frame["region"])}).to_arrow().to_batches()[0]
    return found


def identities() -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Eight identities of a person normalised by aws-entity-resolution, and hashed."""
    columns = {
        "email": Column(type="email", protect="sha256"),
        "phone": Column(type="phone", protect="sha256", region_from="country"),
        "first_name": Column(type="first_name", protect="sha256"),
        "last_name": Column(type="last_name", protect="sha256"),
        "city": Column(type="city", protect="sha256"),
        "state": Column(type="state", protect="sha256"),
        "zip": Column(type="postal_code", protect="sha256"),
        "country": Column(type="country", protect="sha256"),
    }
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
    """Write one Parquet file for each worker."""
    target.mkdir(parents=True)
    work = phones if which == "phones" else identities()
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
