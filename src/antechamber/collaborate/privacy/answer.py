"""From the true sums of a private query to the answer: noise, groups that are too small, order and limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from antechamber.collaborate.privacy.measures import Measure
from antechamber.collaborate.privacy.noise import noisy
from antechamber.collaborate.privacy.policy import Policy


@dataclass(frozen=True)
class Private:
    """A differentially private statement.

    sql: gives, for each group, its keys (`k0`, …), the sums of its measures (`s0`, …), and its users (`users`).
    outputs: for each column of the answer, the place of its key, or its measure.
    order: (place of the output, whether descending, where NULL stands).
    grouped: whether keys are told.
    """

    sql: str
    outputs: tuple[int | Measure, ...]
    grouped: bool
    order: tuple[tuple[int, bool, str], ...]
    limit: int | None

    @property
    def sums(self) -> int:
        """How many noisy sums are paid for: those of the measures, and the users of groups whose keys are told."""
        return sum(len(each.sums) for each in self.outputs if isinstance(each, Measure)) + self.grouped


def noised(private: Private, true: pa.Table, policy: Policy) -> pa.Table:
    """The answer. It is paid for before any noise is drawn.

    true: what the statement's SQL gave. Raises QueryRefused when the budget has too little left.
    """
    policy.spend(private.sums * policy.epsilon)
    kept = _large_groups(true, policy) if private.grouped else true
    columns: list[pa.ChunkedArray[pa.Scalar[pa.DataType]] | pa.Array[pa.Scalar[pa.DataType]]] = []
    place = 0
    for output in private.outputs:
        if isinstance(output, int):
            columns.append(kept.column(f"k{output}"))
            continue
        sums = []
        for each in output.sums:
            sensitivity = each.most * policy.records
            values: list[Any] = kept.column(f"s{place}").to_pylist()
            sums.append(
                noisy(values, scale=policy.scale(sensitivity), sensitivity=sensitivity, epsilon=policy.epsilon)
            )
            place += 1
        whole = output.kind == "COUNT" or output.whole
        found = [output.of(list(row)) for row in zip(*sums, strict=True)]
        columns.append(pa.array(found, pa.int64() if whole else pa.float64()))
    answer = pa.table(columns, names=[str(number + 1) for number in range(len(columns))])
    return _ordered(answer, private)


def _large_groups(true: pa.Table, policy: Policy) -> pa.Table:
    """The groups with enough users, by a noisy count; which others there are is not told."""
    true_users: list[Any] = true.column("users").to_pylist()
    users = noisy(
        true_users,
        scale=policy.scale(policy.records),
        sensitivity=policy.records,
        epsilon=policy.epsilon,
    )
    least = policy.least_users()
    return true.filter(pa.array([number >= least for number in users], pa.bool_()))


def _ordered(answer: pa.Table, private: Private) -> pa.Table:
    # From the last term of ORDER BY to the first: sorting is stable.
    for place, descending, nulls in reversed(private.order):
        column = answer.column(place)
        filled, empty = pc.indices_nonzero(pc.is_valid(column)), pc.indices_nonzero(pc.is_null(column))
        direction: Literal["ascending", "descending"] = "descending" if descending else "ascending"
        filled = filled.take(pc.sort_indices(column.take(filled), sort_keys=[("", direction)]))
        parts = [empty, filled] if nulls == "first" else [filled, empty]
        answer = answer.take(pa.concat_arrays(parts))
    return answer if private.limit is None else answer.slice(0, private.limit)
