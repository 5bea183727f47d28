"""A run becomes visible at once and whole, says what it took in, and loses nobody's commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from sqlalchemy.exc import OperationalError
from tests.publish.publisher import SCHEMA, Publisher, columns, rows_of

from antechamber.errors import PublishError
from antechamber.publish import Stamp, commit, progress, runs_in, sweep
from antechamber.publish import rewrite as rewrite_module

ONE, TWO, THREE = (1, "a", None), (2, "b", Decimal("2.50")), (3, None, Decimal("-3.00"))


def test_append_adds_to_what_was_there(publisher: Publisher) -> None:
    publisher.run([[ONE], [TWO]])
    done = publisher.run([[THREE]])
    assert rows_of(publisher.table()) == [ONE, TWO, THREE]
    assert (done.rows_added, done.rows_replaced, done.files_added, done.files_rewritten) == (1, 0, 1, 0)


def test_replace_removes_all_that_was_there_in_the_same_snapshot(publisher: Publisher) -> None:
    publisher.run([[ONE], [TWO]])
    publisher.run([[ONE]])
    done = publisher.run([[THREE]], mode="replace")
    assert rows_of(publisher.table()) == [THREE]
    assert done.rows_replaced == 3
    assert len(publisher.table().metadata.snapshots) == 3


def test_replace_with_nothing_leaves_an_empty_table(publisher: Publisher) -> None:
    publisher.run([[ONE]])
    publisher.run([], mode="replace")
    assert rows_of(publisher.table()) == []


def test_upsert_rewrites_only_files_that_hold_a_superseded_key(publisher: Publisher) -> None:
    publisher.run([[(number, "old", None) for number in range(100)]])
    publisher.run([[(number, "old", None) for number in range(50, 200)]])
    publisher.run([[(number, "old", None) for number in range(500, 600)]])
    before = {task.file.file_path for task in publisher.table().scan().plan_files()}
    done = publisher.run([[(number, "new", None) for number in range(150, 160)]], mode="upsert", keys=("id",))
    after = {task.file.file_path for task in publisher.table().scan().plan_files()}
    assert (done.rows_added, done.rows_replaced, done.files_rewritten) == (10, 10, 1)
    assert len(before & after) == 2
    names = {row[0]: row[1] for row in rows_of(publisher.table())}
    assert [names[number] for number in (149, 150, 159, 160)] == ["old", "new", "new", "old"]
    assert len(rows_of(publisher.table())) == 350


def test_upsert_of_every_record_of_a_file_leaves_no_empty_file(publisher: Publisher) -> None:
    publisher.run([[ONE, TWO]])
    publisher.run([[(1, "x", None), (2, "y", None)]], mode="upsert", keys=("id",))
    assert rows_of(publisher.table()) == [(1, "x", None), (2, "y", None)]
    assert len(list(publisher.table().scan().plan_files())) == 1


@pytest.mark.parametrize("limit", [rewrite_module.IN_MEMORY_KEYS, 3], ids=["keys in memory", "keys on disk"])
@settings(max_examples=15, deadline=None)
@given(
    runs=st.lists(
        st.tuples(
            st.sampled_from(["upsert", "upsert", "append", "replace"]),
            st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=3),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_sequence_of_runs_equals_a_dictionary(
    new_publisher: Callable[[], Publisher], limit: int, runs: list[tuple[str, list[list[int]]]]
) -> None:
    publisher = new_publisher()
    model: list[tuple[int, str, None]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewrite_module, "IN_MEMORY_KEYS", limit)
        for number, (mode, batches) in enumerate(runs):
            rows = [
                [(key, f"{number}-{b}-{r}", None) for r, key in enumerate(keys)] for b, keys in enumerate(batches)
            ]
            flat = [row for part in rows for row in part]
            if mode == "upsert":
                last = {row[0]: row for row in flat}
                model = [row for row in model if row[0] not in last] + list(last.values())
            else:
                model = (model if mode == "append" else []) + flat
            before = len(rows_of(publisher.table()))
            done = publisher.run(rows, mode=mode, keys=("id",) if mode == "upsert" else ())
            assert rows_of(publisher.table()) == sorted(model, key=repr)
            assert before + done.rows_added - done.rows_replaced == len(model)
    totals = publisher.table().current_snapshot().summary  # type: ignore[union-attr]
    assert totals is not None and int(totals["total-records"] or 0) == len(model)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (pa.string(), ["", "a", "a:b", "ä", "0"]),
        (pa.date32(), [0, 1, -1, 20000]),
        (pa.timestamp("us"), [0, 1, -1, 10**15]),
        (pa.decimal128(9, 2), [Decimal("0.00"), Decimal("0.01"), Decimal("-0.01"), Decimal("100.00")]),
        (pa.bool_(), [True, False]),
        (pa.float64(), [0.0, 0.1, -0.1, 1e300]),
        (pa.int32(), [0, -1, 2**31 - 1]),
    ],
    ids=str,
)
def test_upsert_works_for_keys_of_every_type(publisher: Publisher, key: pa.DataType, values: list[Any]) -> None:
    schema = columns(k=key, v=pa.string())
    if pa.types.is_temporal(key):
        values = [
            pa.scalar(value).cast(pa.int32() if pa.types.is_date(key) else pa.int64()).cast(key).as_py()
            for value in values
        ]
    publisher.run([[(value, "old") for value in values]], schema=schema)
    done = publisher.run([[(values[0], "new")]], mode="upsert", keys=("k",), schema=schema)
    found: dict[Any, Any] = dict(rows_of(publisher.table(schema)))
    assert done.rows_replaced == 1
    assert found == {value: "new" if value == values[0] else "old" for value in values}


def test_keys_of_several_columns_are_not_run_together(publisher: Publisher) -> None:
    schema = columns(a=pa.string(), b=pa.string(), v=pa.int64())
    publisher.run([[("x", "yz", 1), ("xy", "z", 1), ("1:x", "", 1)]], schema=schema)
    publisher.run([[("xy", "z", 2), ("", "1:x", 2)]], mode="upsert", keys=("a", "b"), schema=schema)
    assert rows_of(publisher.table(schema)) == [("", "1:x", 2), ("1:x", "", 1), ("x", "yz", 1), ("xy", "z", 2)]


def test_records_without_a_key_value_stay_when_others_are_replaced(publisher: Publisher) -> None:
    publisher.run([[(None, "old", None), (1, "old", None)]])
    publisher.run([[(1, "new", None)]], mode="upsert", keys=("id",))
    assert rows_of(publisher.table()) == [(1, "new", None), (None, "old", None)]


def test_upsert_finds_records_from_before_a_column_was_added_or_widened(publisher: Publisher) -> None:
    narrow = columns(id=pa.int32(), name=pa.string())
    wide = columns(id=pa.int64(), name=pa.string(), tier=pa.string())
    publisher.run([[(1, "a"), (2, "b")]], schema=narrow)
    table = publisher.table(wide, evolve=True)
    publisher.run([[(2, "B", "gold")]], mode="upsert", keys=("id",), schema=wide, table=table)
    assert rows_of(table) == [(1, "a", None), (2, "B", "gold")]


def test_upsert_by_a_key_that_older_files_lack_replaces_nothing_of_them(publisher: Publisher) -> None:
    new = columns(id=pa.int64(), name=pa.string(), key=pa.string())
    publisher.run([[(1, "a")]], schema=pa.schema([new.field("id"), new.field("name")]))
    table = publisher.table(new, evolve=True)
    publisher.run([[(2, "b", "k")]], mode="upsert", keys=("key",), schema=new, table=table)
    publisher.run([[(3, "c", "k")]], mode="upsert", keys=("key",), schema=new, table=table)
    assert rows_of(table) == [(1, "a", None), (3, "c", "k")]


def test_the_commit_records_sources_watermark_and_account(publisher: Publisher) -> None:
    publisher.run(
        [[ONE]],
        sources={"a.csv": {"size": "1", "e_tag": "x"}},
        watermark={"at": "2026-01-01", "ids": [1, 2]},
        account={"read": 1},
    )
    publisher.run([], sources={"b.csv": {"size": "2"}})
    table = publisher.table()
    known = progress(table)
    assert known.sources == {"a.csv": {"size": "1", "e_tag": "x"}, "b.csv": {"size": "2"}}
    assert known.watermark == {"at": "2026-01-01", "ids": [1, 2]}
    first, second = runs_in(table)
    assert (first.run_id, first.rows_added, first.account, first.sources) == (
        "run-1",
        1,
        {"read": 1},
        {"a.csv": {"size": "1", "e_tag": "x"}},
    )
    assert (second.run_id, second.rows_added, second.sources) == ("run-2", 0, {"b.csv": {"size": "2"}})
    assert rows_of(table) == [ONE]


def test_forgotten_sources_leave_the_progress_with_the_next_commit(publisher: Publisher) -> None:
    publisher.run([[ONE]], sources={"a": {"size": "1"}, "b": {}, "c": {"size": "3"}})
    publisher.run([[TWO]], sources={"d": {"size": "4"}}, forget=("a", "b", "not there"))
    assert progress(publisher.table()).sources == {"c": {"size": "3"}, "d": {"size": "4"}}
    publisher.run([], sources={"e": {}}, forget_sources=True)
    assert progress(publisher.table()).sources == {"e": {}}


def test_two_connectors_of_one_table_do_not_mix_their_progress(publisher: Publisher) -> None:
    publisher.run([[ONE]], sources={"a": {"size": "1"}}, watermark={"w": 1})
    commit(publisher.table(), [], mode="append", stamp=Stamp("other-1", "orders", sources={"b": {}}))
    table = publisher.table()
    assert progress(table, "loyalty").sources == {"a": {"size": "1"}}
    assert progress(table, "loyalty").watermark == {"w": 1}
    assert progress(table, "orders").sources == {"b": {}}
    assert progress(table, "orders").watermark is None
    with pytest.raises(PublishError, match="loyalty, orders"):
        progress(table)


def test_ten_thousand_sources_are_remembered_compactly(publisher: Publisher) -> None:
    def known(number: int) -> dict[str, str]:
        tag = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        return {
            "size": str(1000 + number * 37),
            "e_tag": f'"{tag}"',
            "last_modified": f"2026-01-01T00:00:{number % 60}Z",
        }

    sources = {f"landing/loyalty/2026/{number:05d}.csv.pgp": known(number) for number in range(20_000)}
    publisher.run([[ONE]], sources=sources)
    table = publisher.table()
    ours = {key: value for key, value in table.metadata.properties.items() if key.startswith("antechamber.")}
    assert progress(table).sources == sources
    assert max(len(value) for value in ours.values()) <= 256_000
    assert sum(len(value) for value in ours.values()) < 40 * len(sources)
    publisher.run([], forget_sources=True)
    left = {key for key in publisher.table().metadata.properties if key.startswith("antechamber.loyalty.sources")}
    assert left == {"antechamber.loyalty.sources"}


def test_of_two_committers_one_is_told_and_nothing_is_lost(publisher: Publisher) -> None:
    ours, theirs = publisher.table(), publisher.table()
    our_files = publisher.write(ours, [[ONE]], run_id="ours")
    publisher.run([[TWO]], table=theirs, sources={"theirs": {}})
    for mode in ("append", "replace", "upsert"):
        with pytest.raises(PublishError, match="another writer committed"):
            commit(ours, our_files, mode=mode, keys=("id",), stamp=Stamp("ours", "loyalty", sources={"ours": {}}))
    assert rows_of(publisher.table()) == [TWO]
    assert set(progress(publisher.table()).sources) == {"theirs"}


def test_a_commit_between_our_check_and_ours_is_a_conflict(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.run([[ONE]])
    ours = publisher.table()
    files = publisher.write(ours, [[THREE]], run_id="ours")
    real = Table._do_commit

    def meanwhile(self: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", real)
        publisher.run([[TWO]])
        real(self, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", meanwhile)
    with pytest.raises(PublishError, match="another writer committed"):
        commit(ours, files, mode="append", stamp=Stamp("ours", "loyalty"))
    assert rows_of(publisher.table()) == [ONE, TWO]
    sweep(publisher.table())
    assert rows_of(publisher.table()) == [ONE, TWO]
    assert not any("ours" in name for name in publisher.stored())


@pytest.mark.parametrize(
    "reported", [OperationalError("x", {}, Exception()), CommitFailedException("x"), OSError(5, "x")]
)
def test_a_commit_that_landed_and_was_reported_as_failed_counts_once(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, reported: Exception
) -> None:
    publisher.run([[ONE]])
    table = publisher.table()
    files = publisher.write(table, [[TWO]], run_id="r")
    real = Table._do_commit

    def lost_answer(self: Table, *args: Any, **named: Any) -> None:
        real(self, *args, **named)
        raise reported

    monkeypatch.setattr(Table, "_do_commit", lost_answer)
    first = commit(table, files, mode="append", stamp=Stamp("r", "loyalty", sources={"s": {}}))
    monkeypatch.setattr(Table, "_do_commit", real)
    again = commit(publisher.table(), files, mode="append", stamp=Stamp("r", "loyalty", sources={"s": {}}))
    assert first == again
    assert rows_of(publisher.table()) == [ONE, TWO]


def test_a_commit_that_the_catalog_refuses_leaves_the_last_one(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.run([[ONE]])
    table = publisher.table()
    files = publisher.write(table, [[TWO]], run_id="r")

    def refuse(self: Table, *args: Any, **named: Any) -> None:
        raise OperationalError("statement with a secret", {}, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(Table, "_do_commit", refuse)
        with pytest.raises(PublishError, match="the catalog refused") as raised:
            commit(table, files, mode="append", stamp=Stamp("r", "loyalty"))
    assert "secret" not in str(raised.value)
    assert rows_of(publisher.table()) == [ONE]
    commit(publisher.table(), files, mode="append", stamp=Stamp("r", "loyalty"))
    assert rows_of(publisher.table()) == [ONE, TWO]


def test_a_table_made_again_meanwhile_is_not_written_to(publisher: Publisher) -> None:
    table = publisher.table()
    files = publisher.write(table, [[ONE]], run_id="r")
    publisher.catalog.drop_table(("acme", "members"))
    with pytest.raises(PublishError, match="dropped"):
        commit(table, files, mode="append", stamp=Stamp("r", "loyalty"))
    publisher.table()
    with pytest.raises(PublishError, match="dropped and made again"):
        commit(table, files, mode="append", stamp=Stamp("r", "loyalty"))


def test_upsert_without_a_key_is_refused(publisher: Publisher) -> None:
    with pytest.raises(PublishError, match="needs a key"):
        publisher.run([[ONE]], mode="upsert", schema=SCHEMA)
