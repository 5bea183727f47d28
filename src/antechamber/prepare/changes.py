"""Records that were deleted at their source: of these the recipe prepares the key alone, by the same expressions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from antechamber.records import CHANGE, DELETED, LINE, PUT, Prepared, moved

if TYPE_CHECKING:
    from antechamber.prepare.recipe import Recipe


def apply_changes(recipe: Recipe, keys_only: Recipe, batch: pa.RecordBatch) -> Prepared:
    """Prepare a batch that has CHANGE; the rows keep their order.

    keys_only: the recipe of the key's columns. A deletion whose key is not valid goes to quarantine, as nobody can
    tell which record it means. Columns other than the key's are null in the rows of deletions.
    """
    kinds = np.asarray(batch.column(CHANGE).to_numpy(zero_copy_only=False), dtype=np.int8)
    plain = batch.drop_columns([CHANGE])
    if not kinds.any():
        return recipe.apply(plain)
    puts = recipe.apply(plain.take(np.flatnonzero(kinds == PUT)))
    deletions = keys_only.apply(plain.take(np.flatnonzero(kinds == DELETED)))
    lines = np.asarray(batch.column(LINE).to_numpy(zero_copy_only=False), dtype=np.int64)
    dropped_at = {
        rule: pa.concat_arrays([each.dropped_at[rule] for each in (puts, deletions) if rule in each.dropped_at])
        for rule in {**puts.dropped_at, **deletions.dropped_at}
    }
    away: list[Any] = [each.line for each in (*puts.rejected, *deletions.rejected)]
    away += [line for dropped in dropped_at.values() for line in dropped.to_pylist()]
    stays = ~np.isin(lines, np.array(away, dtype=np.int64))
    count = int(stays.sum())
    left = kinds[stays]
    parts = [puts.batch, widened(deletions.batch, recipe.schema)]
    parts.append(nulls(count - sum(part.num_rows for part in parts), recipe.schema))
    places = _places(left)
    table = pa.Table.from_batches(parts, schema=recipe.schema).take(places)
    there = np.flatnonzero(left == PUT)
    if puts.changes is not None:
        left[there] = puts.changes.to_numpy()
    combined = table.combine_chunks().to_batches()
    return Prepared(
        batch=combined[0] if combined else nulls(0, recipe.schema),
        rejected=tuple(sorted((*puts.rejected, *deletions.rejected), key=lambda each: each.line)),
        dropped=Counter(puts.dropped) + Counter(deletions.dropped),
        dropped_at=dropped_at,
        nulled=puts.nulled,
        recognised=puts.recognised,
        detected=puts.detected,
        changes=pa.array(left, pa.int8()),
        entrants=moved(puts.entrants, there),
        judged=puts.judged,
        marks=puts.marks_among(count - puts.batch.num_rows, places),
    )


def _places(kinds: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Where each row lies when the rows of each kind stand together, in the order of the kinds."""
    places = np.empty(len(kinds), dtype=np.int64)
    places[np.argsort(kinds, kind="stable")] = np.arange(len(kinds))
    return places


def widened(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with all columns of the schema, null where it has none."""
    arrays: list[pa.Array[Any]] = [
        batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def nulls(count: int, schema: pa.Schema) -> pa.RecordBatch:
    """A batch of so many rows without values."""
    return pa.RecordBatch.from_arrays([pa.nulls(count, field.type) for field in schema], schema=schema)
