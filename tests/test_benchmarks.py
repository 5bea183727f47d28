"""The benchmarks at a tiny size: they still run, and what they read is what they say."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

from benchmarks import cleanroom, stream, synthetic


def test_any_range_of_a_file_that_lies_nowhere_is_that_of_the_whole_file() -> None:
    size = synthetic.whole(30_000_000)
    whole = b"".join(synthetic.pieces(0, size))
    assert len(whole) == size
    records = list(csv.DictReader(io.StringIO(whole.decode())))
    assert [int(each["customer_id"][1:]) for each in records] == list(range(synthetic.records(30_000_000)))
    chosen = random.Random(3)
    for _ in range(20):
        start, end = sorted(chosen.randrange(size) for _ in range(2))
        assert b"".join(synthetic.pieces(start, end)) == whole[start:end]


def test_a_file_that_lies_nowhere_goes_through_the_product_as_it_is(tmp_path: Path) -> None:
    result = stream.through(tmp_path, 0.002)
    assert result.sides[0].rows == 5_000
    assert list(tmp_path.iterdir()) == []


def test_the_room_and_duckdb_give_the_same_overlap(tmp_path: Path) -> None:
    result = cleanroom.overlap(tmp_path, 40_000, 1)
    assert [side.rows for side in result.sides] == [40_000] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]
