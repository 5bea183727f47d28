"""Records through a connector's steps, then through its columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from antechamber.prepare.changes import widened
from antechamber.prepare.steps import ROW
from antechamber.prepare.verdict import lines_by_rule, rejections
from antechamber.records import LEFT_OUT, LINE, PUT, Prepared

if TYPE_CHECKING:
    from antechamber.prepare.recipe import Recipe


def apply_steps(recipe: Recipe, keys_only: Recipe | None, batch: pa.RecordBatch) -> Prepared:
    """Prepare a batch by a recipe with steps; rows keep their order.

    A record that fails in a step or in a column goes to quarantine with the fields that it had at its source.
    keys_only: the recipe of the key, for a table that has one: an earlier version of a record that a step leaves out
    must leave the table.
    """
    stepped = recipe.through_steps(batch)
    report = stepped.report
    prepared, verdict = recipe.prepare_stepped(stepped.frame)
    rows = stepped.frame[ROW]
    rejected = dict(report.rejected)
    if verdict.rejected:
        at = rows.gather(list(verdict.rejected)).to_list()
        rejected |= dict(zip(at, verdict.rejected.values(), strict=True))
    invalid = dict(zip(rows.gather(list(verdict.dropped)).to_list(), verdict.dropped.values(), strict=True))
    if verdict.out:
        rows = rows.filter(~rows.is_in([*rejected, *invalid]))
    nulled = Counter(prepared.nulled)
    for what, reason, where in report.nulled:
        if count := int(where.is_in(rows.implode()).sum()):
            nulled[what, reason] += count
    prepared = replace(
        prepared,
        rejected=rejections(dict(sorted(rejected.items())), batch),
        dropped_at=lines_by_rule(batch, invalid),
        nulled=dict(nulled),
    )
    if not report.dropped:
        return prepared
    places = np.full(batch.num_rows, -1, dtype=np.int8)
    for place, out in report.dropped:
        places[out.to_numpy()] = place
    if keys_only is not None:
        prepared = _with_keys(prepared, rows.to_numpy(), keys_only, batch, places)
    return _counted(prepared, recipe.rules, batch, places)


def _with_keys(
    prepared: Prepared, rows: npt.NDArray[Any], keys_only: Recipe, batch: pa.RecordBatch, places: npt.NDArray[np.int8]
) -> Prepared:
    """With the keys of the records that are left out, where they are valid: of those, `places` becomes -1."""
    out = np.flatnonzero(places >= 0)
    taken = batch.take(out)
    taken = taken.set_column(taken.schema.get_field_index(LINE), LINE, pa.array(out, pa.int64()))
    keys = keys_only.apply(taken)
    away: list[Any] = [each.line for each in keys.rejected]
    away += [line for dropped in keys.dropped_at.values() for line in dropped.to_pylist()]
    valid = out[~np.isin(out, away)]
    order = np.argsort(np.concatenate([rows, valid]), kind="stable")
    changes = np.concatenate([np.full(len(rows), PUT, dtype=np.int8), places[valid] + np.int8(LEFT_OUT)])[order]
    schema = prepared.batch.schema
    both = pa.Table.from_batches([prepared.batch, widened(keys.batch, schema)], schema=schema).take(order)
    places[valid] = -1
    batches = both.combine_chunks().to_batches()
    return replace(prepared, batch=batches[0] if batches else prepared.batch, changes=pa.array(changes, pa.int8()))


def _counted(
    prepared: Prepared, rules: tuple[str, ...], batch: pa.RecordBatch, places: npt.NDArray[np.int8]
) -> Prepared:
    """With the records that are dropped without further ado, by rule."""
    lines = pl.Series(batch.column(LINE)).to_numpy()
    found = {rules[place]: lines[places == place] for place in np.unique(places[places >= 0]).tolist()}
    return replace(
        prepared,
        dropped=Counter({rule: len(at) for rule, at in found.items()}) + Counter(prepared.dropped),
        dropped_at={**prepared.dropped_at, **{rule: pa.array(at, pa.int64()) for rule, at in found.items()}},
    )
