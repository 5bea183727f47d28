"""Staged records come out in order, the last of each key only, in memory that does not grow with the run."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.publish.publisher import SCHEMA, batch, columns

from antechamber.errors import PublishError
from antechamber.publish import Staging, keys
from antechamber.publish.keys import key_hashes

PAIRS = columns(a=pa.string(), b=pa.string(), n=pa.int64())


def out(staging: Staging) -> list[dict[str, Any]]:
    return [row for part in staging.batches() for row in part.to_pylist()]


@settings(max_examples=150, deadline=None)
@given(
    batches=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.lists(
                st.tuples(st.sampled_from(["", "x", "1:x", "xy", "ä"]), st.sampled_from(["", "x", "y:", "1:"])),
                max_size=8,
            ),
        ),
        max_size=12,
    ),
    failed=st.sets(st.integers(0, 3), max_size=2),
    memory=st.sampled_from([0, 200, 1 << 20]),
    pending=st.sampled_from([1, 5, 1000]),
    seed=st.integers(0, 99),
)
def test_the_last_record_of_each_key_survives_as_in_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[tuple[int, list[tuple[str, str]]]],
    failed: set[int],
    memory: int,
    pending: int,
    seed: int,
) -> None:
    numbered: list[tuple[int, int, list[tuple[str, str, int]]]] = []
    seen: Counter[int] = Counter()
    for position, (partition, pairs) in enumerate(batches):
        numbered.append((partition, seen[partition], [(*pair, position * 100 + n) for n, pair in enumerate(pairs)]))
        seen[partition] += 1
    expected: dict[tuple[str, str], tuple[int, int]] = {}
    read: Counter[int] = Counter()
    for partition, _, rows in sorted(numbered):
        for a, b, n in rows if partition not in failed else []:
            expected.pop((a, b), None)
            expected[a, b] = (partition, n)
            read[partition] += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys.KeyIndex.__init__, "__kwdefaults__", {"pending_rows": pending})
        folder = tmp_path_factory.mktemp("staging") / "run"
        with Staging(folder, PAIRS, keys=("a", "b"), memory_bytes=memory) as staging:
            random.Random(seed).shuffle(numbered)
            for turn, (partition, sequence, rows) in enumerate(numbered):
                if turn == len(numbered) // 2:
                    for gone in failed:
                        staging.discard(gone)
                staging.add(partition, sequence, batch(rows, PAIRS))
            for gone in failed:
                staging.discard(gone)
            replaced = staging.resolve()
            found = [(row["a"], row["b"], row["n"]) for row in out(staging)]
        assert not folder.exists()
    assert found == [(*key, n) for key, (_, n) in expected.items()]
    kept = Counter(partition for partition, _ in expected.values())
    assert replaced == {p: read[p] - kept[p] for p in read if read[p] > kept[p]}


def test_without_keys_every_record_survives_in_order(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA, memory_bytes=0) as staging:
        staging.add(1, 0, batch([(3, "c", None)]))
        staging.add(0, 1, batch([(2, "b", None)]))
        staging.add(0, 0, batch([(1, "a", None), (1, "a", None)]))
        assert staging.resolve() == {}
        assert [row["id"] for row in out(staging)] == [1, 1, 2, 3]


def test_string_views_survive_the_removal_of_replaced_records(tmp_path: Path) -> None:
    schema = columns(k=pa.string_view(), v=pa.string_view())
    with Staging(tmp_path / "run", schema, keys=("k",), memory_bytes=0) as staging:
        staging.add(0, 0, batch([("a", "1"), ("b", "2"), ("a", None)], schema))
        assert staging.resolve() == {0: 1}
        assert out(staging) == [{"k": "b", "v": "2"}, {"k": "a", "v": None}]


def test_workers_may_add_at_the_same_time(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA, keys=("id",), memory_bytes=50_000) as staging:

        def work(worker: int) -> None:
            for sequence in range(worker, 80, 4):
                rows = [
                    (number % 3000, f"{sequence}", None) for number in range(sequence * 100, sequence * 100 + 500)
                ]
                staging.add(0, sequence, batch(rows))

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        last = {n % 3000: str(s) for s in range(80) for n in range(s * 100, s * 100 + 500)}
        assert staging.resolve() == {0: 80 * 500 - len(last)}
        assert {row["id"]: row["name"] for row in out(staging)} == last


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.int64(), [0, 1, -1, 2**62, -(2**62)]),
        (pa.string(), ["", "0", "a", "A", "a ", "\x00", "ä"]),
        (pa.large_string(), ["", "0", "a"]),
        (pa.string_view(), ["", "0", "a" * 40]),
        (pa.bool_(), [True, False]),
        (
            pa.decimal128(20, 3),
            [Decimal("0.000"), Decimal("1.000"), Decimal("-1.000"), Decimal("10.000"), Decimal("0.001")],
        ),
        (pa.float64(), [0.0, 0.1, 1e-300, float("inf"), float("nan")]),
        (pa.date32(), [0, 1, -1, 19_000]),
        (pa.timestamp("us", tz="UTC"), [0, 1, -1, 10**15]),
        (pa.time64("us"), [0, 1, 86_399_999_999]),
        (pa.binary(), [b"", b"\x00", b"a"]),
    ],
    ids=str,
)
def test_different_keys_of_any_type_stay_apart_and_equal_ones_meet(kind: pa.DataType, values: list[Any]) -> None:
    integer = pa.int32() if pa.types.is_date(kind) else pa.int64()
    array = pa.array(values, integer).cast(kind) if pa.types.is_temporal(kind) else pa.array(values, kind)
    hashes = key_hashes(pa.RecordBatch.from_arrays([array], ["k"]), ("k",))
    again = key_hashes(
        pa.RecordBatch.from_arrays([pa.concat_arrays([array.slice(0, 1), array.slice(1)])], ["k"]), ("k",)
    )
    assert hashes.n_unique() == len(values)
    assert hashes.equals(again)


def test_a_key_keeps_its_hash_when_its_column_is_widened() -> None:
    def hashed(values: list[Any], kind: pa.DataType) -> pl.Series:
        return key_hashes(pa.RecordBatch.from_arrays([pa.array(values, kind)], ["k"]), ("k",))

    assert hashed([1, -5], pa.int32()).equals(hashed([1, -5], pa.int64()))
    assert hashed([0.1, 0.5], pa.float32()).equals(
        hashed(pa.array([0.1, 0.5], pa.float32()).to_pylist(), pa.float64())
    )
    assert hashed([-0.0], pa.float64()).equals(hashed([0.0], pa.float64()))
    assert hashed([Decimal("1.50")], pa.decimal128(5, 2)).equals(hashed([Decimal("1.50")], pa.decimal128(20, 2)))


def test_a_record_without_a_key_value_is_refused(tmp_path: Path) -> None:
    with (
        Staging(tmp_path / "run", PAIRS, keys=("a", "b")) as staging,
        pytest.raises(PublishError, match="without a value"),
    ):
        staging.add(0, 0, batch([("x", None, 1)], PAIRS))


def test_a_batch_of_other_columns_is_refused(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA) as staging, pytest.raises(PublishError, match="columns and types"):
        staging.add(0, 0, batch([("x", "y", 1)], PAIRS))


def test_a_batch_staged_twice_is_refused(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA) as staging:
        for _ in range(2):
            staging.add(0, 0, batch([(1, "a", None)]))
        with pytest.raises(PublishError, match="twice"):
            staging.resolve()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Staging(tmp_path / "run", SCHEMA, memory_bytes=0) as staging:
        (tmp_path / "run" / "batches-0.arrows").symlink_to("/dev/full")
        with pytest.raises(PublishError, match="cannot be staged") as raised:
            staging.add(0, 0, batch([(number, "x" * 100, None) for number in range(10_000)]))
        assert "make room" in raised.value.remedy


def test_the_scratch_folder_is_for_its_user_only(tmp_path: Path) -> None:
    with Staging(tmp_path / "run", SCHEMA):
        assert (tmp_path / "run").stat().st_mode & 0o077 == 0


SOAK = """
import resource, sys
from pathlib import Path
import polars as pl, pyarrow as pa
from antechamber.publish import Staging
rows, step = int(sys.argv[2]), 65_536
schema = pa.schema([("id", pa.large_string()), ("a", pa.large_string()), ("b", pa.large_string())])
with Staging(Path(sys.argv[1]), schema, keys=("id",)) as staging:
    for sequence in range(rows // step):
        number = pl.int_range(sequence * step, (sequence + 1) * step, eager=True)
        frame = pl.DataFrame({"n": number % (rows * 9 // 10)}).select(
            id=pl.format("member-{}", pl.col("n")), a=pl.format("{}" * 4, *[pl.col("n") + 10**15] * 4),
            b=pl.format("{}" * 4, *[pl.col("n") + 10**15] * 4),
        )
        for part in frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks().to_batches():
            staging.add(0, sequence, part.cast(schema))
    replaced = sum(staging.resolve().values())
    left = sum(part.num_rows for part in staging.batches())
    status = Path("/proc/self/status")
    # On Linux `ru_maxrss` begins with what the parent had when it forked.
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) if (
        status.exists()
    ) else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(replaced, left, peak // 1024)
"""


def test_memory_does_not_grow_with_the_run(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", SOAK, str(tmp_path / "run"), str(rows)], capture_output=True, text=True, check=True
        )
        replaced, left, megabytes = map(int, done.stdout.split())
        assert replaced + left == rows // 65_536 * 65_536
        assert left == rows * 9 // 10
        return megabytes

    small, large = peak(1_000_000), peak(3_000_000)
    assert large < small * 1.25
    assert large < 700


def test_a_batch_of_several_partitions_is_counted_by_partition_and_can_be_taken_back(tmp_path: Path) -> None:
    def pairs(*keys: str) -> pa.RecordBatch:
        rows = [{"a": key, "b": "", "n": number} for number, key in enumerate(keys)]
        return pa.RecordBatch.from_pylist(rows, schema=PAIRS)

    with Staging(tmp_path / "scratch", PAIRS, keys=("a",)) as staging:
        staging.add(0, 0, pairs("v", "w", "x", "x", "y"), shares=[(0, 2), (1, 0), (2, 3)])
        staging.add(4, 0, pairs("p", "y"), shares=[(4, 1), (5, 1)])
        staging.add(0, 1, pairs("v", "v"))
        staging.withdraw(0, 1)
        staging.withdraw(7, 7)
        staging.add(3, 0, pairs("w"))
        assert staging.resolve() == {0: 1, 2: 2}
        assert [row["a"] for row in out(staging)] == ["v", "x", "w", "p", "y"]
