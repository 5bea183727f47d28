"""Records through a connector's steps, then through its columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from antechamber.prepare.changes import nulls, widened
from antechamber.prepare.steps import ROW, Report
from antechamber.prepare.verdict import lines_by_rule, rejections
from antechamber.records import LEFT_OUT, LINE, PUT, Entrants, Prepared, moved

if TYPE_CHECKING:
    from antechamber.prepare.recipe import Recipe


def apply_steps(recipe: Recipe, keys_only: Recipe | None, batch: pa.RecordBatch) -> Prepared:
    """Prepare a batch by a recipe with steps; rows keep their order.

    A record that fails in a step or in a column goes to quarantine with the fields that it had at its source.
    keys_only: the recipe of the key, for a table that has one: an earlier version of a record that a step leaves out
    must leave the table. A record that competes with others under a step, and that a later step leaves out, comes out
    too: it may win, and then none of them stays.
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
    if not report.dropped and not report.entered:
        return prepared
    places = np.full(batch.num_rows, -1, dtype=np.int8)
    for place, out in report.dropped:
        places[out.to_numpy()] = place
    left = rows.to_numpy()
    if keys_only is not None or report.entered:
        prepared, left = _with_left_out(prepared, left, keys_only, batch, places, min(report.entered, default=127))
    prepared = _counted(prepared, recipe.rules, batch, places)
    return replace(prepared, entrants=_entrants(report, left, batch.num_rows))


def _with_left_out(
    prepared: Prepared,
    rows: npt.NDArray[Any],
    keys_only: Recipe | None,
    batch: pa.RecordBatch,
    places: npt.NDArray[np.int8],
    contested: int,
) -> tuple[Prepared, npt.NDArray[Any]]:
    """With the records that are left out: their keys, where they are valid, and also without one those that took part
    in a contest first. Of these `places` becomes -1. Gives also the row in `batch` of each row.

    contested: the place of the first contest.
    """
    out = np.flatnonzero(places >= 0)
    if not len(out):
        return prepared, rows
    taken = batch.take(out)
    taken = taken.set_column(taken.schema.get_field_index(LINE), LINE, pa.array(out, pa.int64()))
    schema = prepared.batch.schema
    parts, keyed = [prepared.batch], np.zeros(len(out), dtype=np.bool_)
    if keys_only is not None:
        keys = keys_only.apply(taken)
        away: list[Any] = [each.line for each in keys.rejected]
        away += [line for dropped in keys.dropped_at.values() for line in dropped.to_pylist()]
        keyed = ~np.isin(out, away)
        parts.append(widened(keys.batch, schema))
    bare = ~keyed & (places[out] > contested)
    parts.append(nulls(int(bare.sum()), schema))
    staying = np.concatenate([out[keyed], out[bare]])
    rows = np.concatenate([rows, staying])
    order = np.argsort(rows, kind="stable")
    kinds = np.full(len(rows), PUT, dtype=np.int8)
    kinds[len(rows) - len(staying) :] = places[staying] + np.int8(LEFT_OUT)
    places[staying] = -1
    batches = pa.Table.from_batches(parts, schema=schema).take(order).combine_chunks().to_batches()
    whole = batches[0] if batches else prepared.batch
    marks = prepared.marks_among(len(staying), order)
    return replace(prepared, batch=whole, changes=pa.array(kinds[order], pa.int8()), marks=marks), rows[order]


def _entrants(report: Report, rows: npt.NDArray[Any], count: int) -> Entrants:
    """The records that compete and are not at fault. rows: the row in the source's batch of each prepared one."""
    to = np.full(count, -1, dtype=np.int64)
    to[rows] = np.arange(len(rows))
    return moved({place: _halved(frame) for place, frame in report.entered.items()}, to)


def _halved(frame: pl.DataFrame) -> pa.RecordBatch:
    """What a step reports, as `Entrants` has it: Arrow has no numbers of 128 bits."""
    half = pl.lit(2**64, dtype=pl.UInt128)
    columns = frame.select(
        row=pl.col(ROW).cast(pl.Int64),
        high=(pl.col("hash") // half).cast(pl.UInt64),
        low=(pl.col("hash") % half).cast(pl.UInt64),
        rank="rank",
    )
    arrays = [columns[name].rechunk().to_arrow() for name in columns.columns]
    arrays[-1] = arrays[-1].cast(pa.large_string())
    return pa.RecordBatch.from_arrays(arrays, names=columns.columns)


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
