"""Keys are found or missed as in a set, and records repeat others as a dictionary would say, on disk too."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.publish.publisher import Publisher, batch, columns

from antechamber.errors import PublishError
from antechamber.publish import Origin, Origins, Staging, keys, known_keys, repeated
from antechamber.publish.keys import key_hashes

# Hashes that share their upper half, their lower half, or nothing.
HASH = st.one_of(
    st.integers(0, 2**128 - 1),
    st.tuples(st.sampled_from([0, 1, 2**64 - 1]), st.sampled_from([0, 1, 2, 2**64 - 1])).map(
        lambda halves: halves[0] << 64 | halves[1]
    ),
)


def series(values: list[int | None]) -> pl.Series:
    return pl.Series("hash", values, dtype=pl.UInt128)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(st.none() | HASH, max_size=12), max_size=6),
    st.lists(st.none() | HASH, max_size=12),
    st.sampled_from([0, 3, 1000]),
    st.sampled_from([1, 4, 1000]),
)
def test_a_key_is_missing_that_is_not_in_the_set(
    tmp_path_factory: pytest.TempPathFactory,
    there: list[list[int | None]],
    wanted: list[int | None],
    in_memory: int,
    pending: int,
) -> None:
    known = {value for piece in there for value in piece if value is not None}
    folder = tmp_path_factory.mktemp("known")
    wanted = [*wanted, *sorted(known)[::2]]
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(keys.KeyIndex.__init__, "__kwdefaults__", {"pending_rows": pending})
        found = known_keys(map(series, there), folder, stack, in_memory=in_memory)
        assert len(found) == len(known)
        missing = [None if value is None else value not in known for value in wanted]
        assert found.missing(series(wanted)).to_list() == missing
    assert list(folder.iterdir()) == []


PAIR = st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from(["x", "y", None]))
SCHEMA = columns(id=pa.int64(), a=pa.string(), b=pa.string())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(PAIR, max_size=6),
    st.lists(st.lists(PAIR, max_size=5), min_size=1, max_size=5),
    st.sampled_from(["append", "replace", "upsert"]),
    st.sampled_from([1, 3, 1000]),
    st.integers(0, 7),
)
def test_all_but_the_first_of_equal_records_repeat(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str | None, str | None]],
    batches: list[list[tuple[str | None, str | None]]],
    mode: str,
    pending: int,
    first: int,
) -> None:
    folder = tmp_path_factory.mktemp("repeated")
    publisher = Publisher(folder)
    table = publisher.table(SCHEMA)
    there = [(number, *pair) for number, pair in enumerate(before)]
    publisher.run([there], schema=SCHEMA, table=table)
    table = publisher.table(SCHEMA)
    number, coming = first, []
    for pairs in batches:
        coming.append([(number + at, *pair) for at, pair in enumerate(pairs)])
        number += len(pairs)
    replaced = {row[0] for rows in coming for row in rows} if mode == "upsert" else set()
    seen = {row[1:] for row in there if row[0] not in replaced} if mode != "replace" else set()
    expected = []
    for rows in coming:
        for row in rows:
            if None not in row:
                if row[1:] in seen:
                    expected.append(row[0])
                seen.add(row[1:])
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(keys.KeyIndex.__init__, "__kwdefaults__", {"pending_rows": pending})
        key = ("id",) if mode == "upsert" else ()
        staging = stack.enter_context(Staging(folder / "run", SCHEMA, keys=key, memory_bytes=0))
        for place, rows in enumerate(coming):
            staging.add(place, 0, batch(rows, SCHEMA))
        staging.resolve()
        leaving = None
        if key:
            hashes = (key_hashes(each, key) for each in staging.batches())
            leaving = known_keys(hashes, folder / "leaving", stack, in_memory=1)
        found = repeated(
            staging, ("a", "b"), folder / "index", table=None if mode == "replace" else table, leaving=leaving
        )
        ids = [
            staging.read(chunk)["id"][row].as_py()
            for chunk, rows in sorted(found.rows.items())
            for row in rows.to_list()
        ]
    assert sorted(ids) == expected
    assert found.count == len(expected)
    assert found.judged == sum(None not in row for rows in coming for row in rows)


def test_source_fields_come_back_as_they_were_kept(tmp_path: Path) -> None:
    with Origins(tmp_path / "run") as origins:
        for number in range(3):
            origins.add(number, 7, batch([(number, "né", None)], SCHEMA), [Origin(1, number, "m")])
        origins.add(1, 7, batch([(9, "again", "z")], SCHEMA), [Origin(1, 1)])
        assert origins.read(0, 7)[0].to_pylist() == [{"id": 0, "a": "né", "b": None}]
        kept, where = origins.read(1, 7)
        assert kept.to_pylist() == [{"id": 9, "a": "again", "b": "z"}]
        assert where == (Origin(1, 1),)
        assert b"again" not in (tmp_path / "run/origins").read_bytes()
    assert not (tmp_path / "run/origins").exists()


def test_no_room_for_source_fields_is_told(tmp_path: Path) -> None:
    (tmp_path / "run/origins").mkdir(parents=True)
    origins = Origins(tmp_path / "run")
    with pytest.raises(PublishError, match="until the run's rules are judged"):
        origins.add(0, 0, batch([(1, "a", None)], SCHEMA), [Origin(1, 0)])
