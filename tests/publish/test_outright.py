"""Records that nothing can hold back are in data files as they come: the same rows, and nothing left of a failure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from tests.publish.publisher import SCHEMA, Publisher, batch, rows_of

from antechamber.errors import PublishError
from antechamber.publish import Outright, Staging, Stamp, commit, sweep, write_data_files

TARGET = 60_000
"""Bytes of a file; a row group is as large in memory."""


def parts(count: int, rows: int = 500, of: int = 3) -> Iterator[tuple[int, int, pa.RecordBatch]]:
    """(partition, sequence, batch)…, in an order of their own."""
    places = [(number % of, number // of) for number in range(count)]
    random.Random(7).shuffle(places)
    for partition, sequence in places:
        start = (partition * count + sequence) * rows
        yield partition, sequence, batch([(n, f"member {n * n % 10007}", None) for n in range(start, start + rows)])


def publish(
    publisher: Publisher, table: Table, run_id: str, count: int, *, threads: int = 4, cores: int = 2
) -> list[DataFile]:
    scratch = publisher.folder / "scratch" / run_id
    with ExitStack() as stack:
        outright = stack.enter_context(Outright(table, run_id=run_id, target_bytes=TARGET, workers=cores))
        staging = stack.enter_context(Staging(scratch, SCHEMA, outright=outright, memory_bytes=0))
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda part: staging.add(*part), parts(count)))
        assert not list(scratch.rglob("batches*")), "nothing is spilled"
        assert staging.resolve() == {} and staging.dropped() == {}
        return write_data_files(table, staging, run_id=run_id, target_bytes=TARGET, workers=cores)


@pytest.mark.parametrize("cores", [2, 16])
def test_rows_that_are_written_as_they_come_are_those_that_were_added(publisher: Publisher, cores: int) -> None:
    table = publisher.table()
    files = publish(publisher, table, "r", 60, cores=cores)
    commit(table, files, mode="append", stamp=Stamp("r", "orders"))
    assert rows_of(table) == sorted((row for _, _, each in parts(60) for row in tuples(each)), key=repr)
    assert len(files) > 2
    names = [Path(file.file_path).name for file in files]
    assert names == [f"antechamber-r-{number:05d}.parquet" for number in range(len(files))]


def test_files_are_near_the_target_and_the_last_records_make_no_small_one(publisher: Publisher) -> None:
    files = publish(publisher, publisher.table(), "r", 61)
    sizes = [file.file_size_in_bytes for file in files]
    assert all(TARGET * 0.5 <= size <= TARGET * 2 for size in sizes), sizes


def test_a_run_of_less_than_a_row_group_is_one_file_in_the_order_of_its_records(publisher: Publisher) -> None:
    (file,) = publish(publisher, publisher.table(), "r", 3, threads=1)
    there = pq.read_table(publisher.folder / file.file_path.removeprefix(f"file://{publisher.folder}/"))
    assert there["id"].to_pylist() == [
        row[0] for _, _, each in sorted(parts(3), key=lambda p: p[:2]) for row in tuples(each)
    ]


def test_they_take_the_place_of_earlier_records_of_their_key(publisher: Publisher) -> None:
    table = publisher.table()
    for run_id in ("a", "b"):
        table.refresh()
        files = publish(publisher, table, run_id, 20)
        commit(table, files, mode="upsert", keys=("id",), stamp=Stamp(run_id, "orders"))
    assert rows_of(table) == sorted((row for _, _, each in parts(20) for row in tuples(each)), key=repr)


def test_an_error_removes_what_was_written(publisher: Publisher) -> None:
    table = publisher.table()
    data = publisher.folder / "store" / "members" / "data"

    def fails() -> None:
        with Outright(table, run_id="r", target_bytes=TARGET, workers=2) as outright:
            for partition, sequence, each in parts(40):
                outright.add((partition, sequence), each)
            assert len(list(data.glob("*.parquet"))) > 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert list(data.glob("*.parquet")) == []


def test_files_of_a_run_that_did_not_commit_are_swept(publisher: Publisher) -> None:
    table = publisher.table()
    files = publish(publisher, table, "r", 40)
    assert len(sweep(table)) == len(files) > 1


def test_a_store_that_cannot_be_written_is_told_as_such(publisher: Publisher) -> None:
    table = publisher.table()
    (publisher.folder / "store" / "members" / "data").write_text("in the way")
    with pytest.raises(PublishError, match="a data file cannot be written"):
        publish(publisher, table, "r", 40)


def test_a_run_that_is_published_is_not_begun_again(publisher: Publisher) -> None:
    publisher.run([[(1, "a", None)]], run_id="r")
    with pytest.raises(PublishError, match="published already"):
        publish(publisher, publisher.table(), "r", 1)


def test_deletions_are_refused_as_there_is_no_key(publisher: Publisher) -> None:
    with pytest.raises(PublishError, match="deletions need a key"), ExitStack() as stack:
        outright = stack.enter_context(Outright(publisher.table(), run_id="r", target_bytes=TARGET, workers=2))
        staging = stack.enter_context(Staging(publisher.folder / "scratch", SCHEMA, outright=outright))
        staging.add(0, 0, batch([(1, "a", None)]), changes=pa.array([1], pa.int8()))


def tuples(rows: pa.RecordBatch) -> list[tuple[object, ...]]:
    return list(zip(*rows.to_pydict().values(), strict=True))
