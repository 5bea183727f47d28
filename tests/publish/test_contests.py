"""Of all of a run's records that agree one stays, whether they are in memory or wait on disk, sealed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.publish.publisher import SCHEMA, batch

from antechamber.publish import Contests, Staging, contests
from antechamber.records import LEFT_OUT, PUT, Entrants, Keep

RANKS = ["", "1", "2", "3"]
# (what records agree in in the first contest, in the second or none, rank, left out between the two)
ROW = st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(RANKS), st.booleans())


def entered(rows: list[tuple[int, int, str]]) -> pa.RecordBatch:
    """(row, what it agrees in, rank)… as a recipe gives them, their hashes in different buckets."""
    return pa.RecordBatch.from_pydict(
        {
            "row": pa.array([row for row, _, _ in rows], pa.int64()),
            "high": pa.array([value << 61 for _, value, _ in rows], pa.uint64()),
            "low": pa.array([value for _, value, _ in rows], pa.uint64()),
            "rank": pa.array([rank for _, _, rank in rows], pa.large_string()),
        }
    )


def best(keep: Keep, records: list[tuple[int, str]]) -> int:
    """The place of the one that stays. records: (place, rank), in order."""
    if keep == "first":
        return records[0][0]
    if keep == "last":
        return records[-1][0]
    known = [each for each in records if each[1]] or records
    rank = (max if keep == "greatest" else min)(rank for _, rank in known)
    return max(place for place, each in known if each == rank)


def contest(keep: Keep, records: list[tuple[int, int, str]]) -> set[int]:
    """The places of those that lose. records: (place, value, rank)."""
    by_value: dict[int, list[tuple[int, str]]] = {}
    for place, value, rank in records:
        by_value.setdefault(value, []).append((place, rank))
    return {place for place, _, _ in records} - {best(keep, each) for each in by_value.values()}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(ROW, min_size=1, max_size=6)), max_size=9),
    st.sets(st.integers(0, 3), max_size=2),
    st.tuples(st.sampled_from(get_args(Keep)), st.sampled_from(get_args(Keep))),
    st.sampled_from([1, 4, 1000]),
    st.booleans(),
    st.integers(0, 99),
)
def test_the_winners_are_those_of_a_run_that_knows_all_records(
    tmp_path: Path,
    batches: list[tuple[int, list[Any]]],
    failed: set[int],
    keeps: tuple[Keep, Keep],
    pending: int,
    keyed: bool,
    seed: int,
) -> None:
    seen: Counter[int] = Counter()
    staged = []
    for partition, rows in batches:
        staged.append((partition, seen[partition], rows))
        seen[partition] += 1
    # (partition, place among all, first value, second value, rank, whether step 1 leaves it out)
    everything = [
        (partition, place, *row)
        for place, (partition, row) in enumerate(
            (partition, row) for partition, _, rows in sorted(staged, key=lambda each: each[:2]) for row in rows
        )
    ]
    there = [each for each in everything if each[0] not in failed]
    first = contest(keeps[0], [(place, a, rank) for _, place, a, _, rank, _ in there])
    left = [each for each in there if each[1] not in first and not each[5]]
    second = contest(keeps[1], [(place, b, rank) for _, place, _, b, rank, _ in left])
    published = [place for _, place, *_ in left if place not in second]

    place_of = {id(rows): 0 for _, _, rows in staged}
    at = 0
    for _, _, rows in sorted(staged, key=lambda each: each[:2]):
        place_of[id(rows)] = at
        at += len(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contests.Contests.__init__, "__kwdefaults__", {"pending_rows": pending})
        rules = ("first", "between", "second")
        keys = ("id",) if keyed else ()
        with Staging(
            tmp_path / "run", SCHEMA, keys=keys, rules=rules, contests=dict(zip((0, 2), keeps, strict=True))
        ) as staging:
            random.Random(seed).shuffle(staged)
            for partition, sequence, rows in staged:
                names = [(place_of[id(rows)] + n, None, None) for n in range(len(rows))]
                kinds = [LEFT_OUT + 1 if out else PUT for _, _, _, out in rows]
                entrants = {
                    0: entered([(n, a, rank) for n, (a, _, rank, _) in enumerate(rows)]),
                    2: entered([(n, b, rank) for n, (_, b, rank, out) in enumerate(rows) if not out]),
                }
                staging.add(partition, sequence, batch(names), pa.array(kinds, pa.int8()), entrants=entrants)
            for gone in failed:
                staging.discard(gone)
            staging.resolve()
            found = [row["id"] for part in staging.batches() for row in part.to_pylist()]
            dropped = sum(staging.dropped().values(), Counter[str]())
            deletions = staging.deletions()
    assert found == published
    out = [each for each in there if each[1] not in first and each[5]]
    assert dropped == +Counter({"first": len(first), "second": len(second), "between": len(out)})
    assert (deletions.count if deletions else 0) == (len(out) if keyed else 0)


def test_who_loses_neither_replaces_nor_is_replaced_nor_leaves_the_table(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA, keys=("id",), rules=("dedupe",), contests={0: "first"}) as staging:
        rows = [(1, "a", None), (1, "b", None), (2, "c", None)]
        staging.add(0, 0, batch(rows), entrants={0: entered([(0, 7, ""), (1, 7, ""), (2, 7, "")])})
        assert staging.resolve() == {}
        assert [row["name"] for part in staging.batches() for row in part.to_pylist()] == ["a"]
        assert staging.dropped() == {0: {"dedupe": 2}}
        assert staging.deletions() is None


def test_what_waits_on_disk_is_sealed_and_removed(tmp_path: Path) -> None:
    secret = "3ann@example.com"
    found = Contests(tmp_path, {0: "greatest"}, pending_rows=2)
    for chunk in range(4):
        found.add(chunk, {0: entered([(0, chunk % 2, secret), (1, 2, secret + "x")])})
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size > 0
    assert secret.encode() not in file.read_bytes()
    lost = found.losers([0, 2, 4, 6], 8)
    assert lost is not None
    assert lost.to_list() == [1, 1, 1, 1, 0, 1, 0, 0]
    found.close()
    assert not list(tmp_path.iterdir())


def test_of_many_that_all_agree_only_one_a_batch_is_held(tmp_path: Path) -> None:
    found = Contests(tmp_path, {0: "last"}, pending_rows=100)
    same: Entrants = {0: entered([(n, 1, "") for n in range(1000)])}
    for chunk in range(50):
        found.add(chunk, same)
    assert not list(tmp_path.iterdir())
    lost = found.losers([chunk * 1000 for chunk in range(50)], 50_000)
    assert lost is not None
    assert (lost == 0).arg_true().to_list() == [49_999]
