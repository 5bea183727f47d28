"""Records that come late: which of their keys did the table receive, change or lose since a run?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from antechamber.publish.keys import key_hashes, row_hashes
from antechamber.publish.ledger import run_id_of, runs_in, stamped
from antechamber.publish.rewrite import data_files, read_file


def replaced_since(table: Table, run_id: str) -> bool:
    """Whether a later run replaced the table as a whole, so that what `run_id` held back is of an earlier state."""
    runs = runs_in(table)
    position = next((place for place, run in enumerate(runs) if run.run_id == run_id), -1)
    return any(run.mode == "replace" for run in runs[position + 1 :])


def superseded(table: Table, run_id: str, keys: Sequence[str], coming: pl.Series) -> pl.Series:
    """Those of `coming` whose record is not what it was when the run committed: written, changed or deleted since.

    coming: hashes of keys (`key_hashes`), UInt128. A record that was only copied from one data file to another is
    unchanged. Where the run's snapshot is not known any more, every key that the table has counts as written since.
    Raises PublishError, OSError.
    """
    then = next((snapshot for snapshot in stamped(table) if run_id_of(snapshot) == run_id), None)
    before = _files(table, then) if then is not None else {}
    now = _files(table, None)
    wanted = pl.DataFrame({"key": coming.unique()})
    gone = _rows(table, [file for path, file in before.items() if path not in now], keys, wanted)
    came = _rows(table, [file for path, file in now.items() if path not in before], keys, wanted)
    changed = pl.concat(
        [gone.join(came, on=["key", "row"], how="anti"), came.join(gone, on=["key", "row"], how="anti")]
    )
    return changed["key"].unique()


def _files(table: Table, snapshot: Snapshot | None) -> dict[str, DataFile]:
    return {file.file_path: file for file in data_files(table, snapshot)}


def _rows(table: Table, files: Sequence[DataFile], keys: Sequence[str], wanted: pl.DataFrame) -> pl.DataFrame:
    """The wanted keys' records in these files: hashes of their keys and of all their columns."""
    names = [field.name for field in table.schema().fields]
    found = [pl.DataFrame(schema={"key": pl.UInt128, "row": pl.UInt128})]
    for file in files:
        for batch in read_file(table, file, names):
            hashes = pl.DataFrame({"key": key_hashes(batch, keys)}).with_row_index("at")
            mine = hashes.join(wanted, on="key", how="semi")
            if len(mine):
                rows = row_hashes(batch.take(mine["at"].to_arrow()))
                found.append(pl.DataFrame({"key": mine["key"], "row": rows}))
    return pl.concat(found)
