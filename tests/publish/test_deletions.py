"""Deletions: the last of a key decides, and what stays deleted leaves the table in the run's own commit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from tests.publish.publisher import SCHEMA, Publisher, Row, batch, rows_of

from antechamber.publish import Commit, Staging, Stamp, commit, rewrite, write_data_files
from antechamber.records import DELETED, PUT, TRUNCATED


def apply(
    publisher: Publisher, batches: Sequence[Sequence[tuple[int, Row]]], *, keys: tuple[str, ...] = ("id",)
) -> tuple[Commit, dict[str, int]]:
    """One run of changes; the commit, and what became of the records that are not published."""
    table, run_id = publisher.table(), publisher.next_run()
    with Staging(publisher.folder / "scratch" / run_id, SCHEMA, keys=keys) as staging:
        for sequence, changes in enumerate(batches):
            kinds = pa.array([kind for kind, _ in changes], pa.int8())
            staging.add(0, sequence, batch([row for _, row in changes]), kinds)
        counts = {"replaced": sum(staging.resolve().values())} | dict(staging.dropped().get(0, {}))
        files = write_data_files(table, staging, run_id=run_id, target_bytes=1 << 27, workers=2)
        done = commit(
            table, files, mode="replace" if staging.emptied else "upsert", keys=keys, stamp=Stamp(run_id, "loyalty"),
            deletions=staging.deletions(),
        )  # fmt: skip
    return done, counts


def gone(key: int) -> tuple[int, Row]:
    return DELETED, (key, None, None)


def test_a_deletion_that_stands_removes_the_row_and_one_that_is_followed_does_not(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    publisher.run([[(key, "a", None) for key in range(5)]], mode="upsert", keys=("id",))
    done, counts = apply(
        publisher,
        [
            [gone(0), gone(1), (PUT, (1, "b", None))],
            [(PUT, (2, "c", None)), gone(2), gone(77), (PUT, (9, "d", None))],
        ],
    )
    assert rows_of(publisher.table()) == [(1, "b", None), (3, "a", None), (4, "a", None), (9, "d", None)]
    assert counts == {"replaced": 2, "deleted at the source": 3}
    assert (done.rows_added, done.rows_replaced) == (2, 3)


def test_a_run_of_deletions_alone_is_a_commit(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    publisher.run([[(key, "a", None) for key in range(3)]], mode="upsert", keys=("id",))
    done, _ = apply(publisher, [[gone(0), gone(1), gone(2)]])
    assert rows_of(publisher.table()) == [] and (done.rows_added, done.rows_replaced) == (0, 3)


def test_only_files_that_may_hold_a_deleted_key_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(tmp_path)
    for first in (0, 100, 200):
        publisher.run([[(key, "a", None) for key in range(first, first + 10)]], mode="upsert", keys=("id",))
    read: list[str] = []
    hashes = rewrite._hashes

    def noted(table: Table, file: DataFile, keys: Sequence[str]) -> pl.Series:
        read.append(file.file_path)
        return hashes(table, file, keys)

    monkeypatch.setattr(rewrite, "_hashes", noted)
    apply(publisher, [[gone(103), gone(105)]])
    assert len(read) == 1 and len(rows_of(publisher.table())) == 28


def test_what_was_emptied_stays_empty_but_for_what_came_after(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    publisher.run([[(key, "a", None) for key in range(5)]], mode="upsert", keys=("id",))
    _, counts = apply(
        publisher,
        [[(PUT, (1, "b", None)), gone(2)], [(TRUNCATED, (None, None, None)), (PUT, (7, "c", None)), gone(7)],
         [(PUT, (8, "d", None))]],
    )  # fmt: skip
    assert rows_of(publisher.table()) == [(8, "d", None)]
    assert counts == {"replaced": 1, "deleted at the source": 1, "truncated at the source": 3}


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_random_changes_end_as_if_applied_one_by_one(
    tmp_path: Path, seed: int, in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_memory:
        monkeypatch.setattr(rewrite, "IN_MEMORY_KEYS", 0)
    chance, publisher = random.Random(seed), Publisher(tmp_path)
    expected: dict[int, Row] = {}
    for _ in range(4):
        batches = []
        for _ in range(chance.randint(1, 4)):
            changes: list[tuple[int, Row]] = []
            for _ in range(chance.randint(1, 60)):
                key = chance.randrange(80)
                if chance.random() < 0.4:
                    changes.append(gone(key))
                    expected.pop(key, None)
                elif chance.random() < 0.01:
                    changes.append((TRUNCATED, (None, None, None)))
                    expected.clear()
                else:
                    expected[key] = (key, str(chance.random()), None)
                    changes.append((PUT, expected[key]))
            batches.append(changes)
        apply(publisher, batches)
        assert rows_of(publisher.table()) == sorted(expected.values(), key=repr)
