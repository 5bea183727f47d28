"""What a batch has to be like so that it can be staged, told where it is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.errors import PublishError
from antechamber.records import DELETED, TRUNCATED


def refuse_unfit(batch: pa.RecordBatch, keys: Sequence[str], changes: pa.Array[Any] | None) -> None:
    """Raise PublishError for records that cannot be staged.

    keys: the columns that identify a record, () when none do. changes: what `records.CHANGE` says of each record,
    None when all are PUT. A step may leave out a record without a key, which nothing follows from.
    """
    kinds = None if changes is None else pl.Series("change", changes)
    if kinds is not None and not keys and kinds.is_in((DELETED, TRUNCATED)).any():
        raise PublishError("deletions need a key", remedy="say `mode: upsert` and `key:` under `table:`")
    empty = [column for key in keys if (column := batch.column(key)).null_count]
    if not empty:
        return
    lacking = pl.select(pl.any_horizontal(pl.Series(str(n), column.is_null()) for n, column in enumerate(empty)))
    lacks = lacking.to_series()
    if (lacks if kinds is None else lacks & (kinds < TRUNCATED)).any():
        raise PublishError(
            "a record without a value in its key cannot be published",
            where=", ".join(keys),
            remedy="say `required: true` for the key's columns, so that such records go to quarantine",
        )
