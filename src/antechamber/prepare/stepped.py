"""Records through a connector's steps, then through its columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from antechamber.prepare.steps import ROW
from antechamber.prepare.verdict import rejections
from antechamber.records import Prepared

if TYPE_CHECKING:
    from antechamber.prepare.recipe import Recipe


def apply_steps(recipe: Recipe, keys_only: Recipe | None, batch: pa.RecordBatch) -> Prepared:
    """Prepare a batch by a recipe with steps; rows keep their order.

    A record that fails in a step or in a column goes to quarantine with the fields that it had at its source.
    """
    stepped = recipe.through_steps(batch)
    report = stepped.report
    prepared, failed = recipe.prepare_stepped(stepped.frame)
    rows = stepped.frame[ROW]
    rejected = dict(report.rejected)
    if failed:
        at = rows.gather(list(failed)).to_list()
        rejected |= dict(zip(at, failed.values(), strict=True))
    nulled = Counter(prepared.nulled)
    kept = rows.filter(~rows.is_in(list(rejected))) if rejected else rows
    for what, reason, where in report.nulled:
        if count := int(where.is_in(kept.implode()).sum()):
            nulled[what, reason] += count
    return replace(
        prepared,
        rejected=rejections(dict(sorted(rejected.items())), batch),
        dropped=Counter(report.dropped.values()),
        nulled=dict(nulled),
    )
