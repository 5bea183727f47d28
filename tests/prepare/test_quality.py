"""Quality rules of single records say what plain Python says, in batches of any size, with steps and deletions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.declare import Connector
from antechamber.errors import RecipeError
from antechamber.prepare import Recipe, compile_recipe
from antechamber.records import CHANGE, DELETED, LINE, PUT, TRUNCATED, Account
from antechamber.secrets import Secrets


def recipe_of(columns: Mapping[str, Any], root: Path = Path(), **more: Any) -> Recipe:
    declared = {
        "connector": "c", "tenant": "t", "source": {"type": "landing", "path": "x/*.csv"},
        "columns": columns, "table": {"name": "t"}, **more,
    }  # fmt: skip
    return compile_recipe(Connector.model_validate(declared), secrets=Secrets(root), root=root)


def batch_of(columns: Mapping[str, Sequence[str | None]], **more: pa.Array[Any]) -> pa.RecordBatch:
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    count = len(next(iter(arrays.values())))
    return pa.RecordBatch.from_pydict({**arrays, **more, LINE: pa.array(range(1, count + 1), pa.int64())})


def fails(column: Mapping[str, Any], values: Sequence[str | None]) -> list[bool | None]:
    """Whether each value fails the only rule of a column, which warns."""
    prepared = recipe_of({"v": column}).apply(batch_of({"v": values}))
    assert prepared.batch.num_rows == len(values)
    found: list[bool | None] = prepared.marks[0].to_pylist() if prepared.marks else [False] * len(values)
    return found


INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-5, 5))
NUMBERS = st.one_of(st.integers(-5, 5), st.floats(-6, 6), st.sampled_from([2**63, -(2**70), 1e300, 0.1, -0.0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | INTEGERS, min_size=1, max_size=6), st.none() | NUMBERS, NUMBERS)
def test_range_of_integers(values: list[int | None], least: float | None, most: float) -> None:
    rule = {"range": {"max": most, "then": "warn", **({} if least is None else {"min": least})}}
    expected = [None if v is None else (least is not None and v < least) or v > most for v in values]
    texts = [None if v is None else str(v) for v in values]
    assert fails({"type": "integer", "quality": rule}, texts) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.integers(-99999, 99999), min_size=1, max_size=6), NUMBERS, NUMBERS)
def test_range_of_decimals_rounds_nothing(units: list[int | None], least: float, most: float) -> None:
    rule = {"range": {"min": least, "max": most, "then": "warn"}}
    values = [None if v is None else Decimal(v).scaleb(-2) for v in units]
    low, high = Decimal(str(least)), Decimal(str(most))
    expected = [None if v is None else v < low or v > high for v in values]
    column = {"type": "decimal", "precision": 5, "scale": 2, "quality": rule}
    assert fails(column, [None if v is None else str(v) for v in values]) == expected


@pytest.mark.parametrize(
    ("kind", "least", "most", "values", "expected"),
    [
        ("float", 0.1, 0.3, ["0.1", "0.30000000000000004", "0.3", None, "0.09"], [False, True, False, None, True]),
        ("date", "2024-02-29", "2024-03-01", ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", ""],
         [True, False, False, True, None]),
        ("timestamp", "2024-02-29", "2024-03-01T01:00:00+01:00",
         ["2024-02-28T23:59:59.999999Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z",
          "2024-03-01T00:00:00.000001Z"],
         [True, False, False, True]),
    ],
)  # fmt: skip
def test_both_bounds_belong_to_a_range(
    kind: str, least: Any, most: Any, values: list[str | None], expected: list[bool | None]
) -> None:
    rule = {"range": {"min": least, "max": most, "then": "warn"}}
    assert fails({"type": kind, "quality": rule}, values) == expected


TEXTS = st.lists(st.none() | st.text(alphabet="aAbß\u0301é𝒳0\n ", max_size=5), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 4), st.integers(0, 4))
def test_length_counts_characters(values: list[str | None], least: int, most: int) -> None:
    rule = {"length": {"min": least, "max": most, "then": "warn"}}
    expected = [None if not v else len(v) < least or len(v) > most for v in values]
    assert fails({"type": "string", "quality": rule}, values) == expected


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(["a+", "a|b", "(?i)A", "(?s).*", ".", "^a$", "[^a]*", ""]))
def test_a_pattern_describes_the_whole_value(values: list[str | None], pattern: str) -> None:
    if not pattern:
        return
    rule = {"pattern": {"matches": pattern, "then": "warn"}}
    expected = [None if not v else re.compile(pattern).fullmatch(v) is None for v in values]
    assert fails({"type": "string", "quality": rule}, values) == expected


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(["a", "A", "b", "ß", "0"]), min_size=1, unique=True))
def test_one_of_compares_letter_by_letter(values: list[str | None], allowed: list[str]) -> None:
    rule = {"one_of": {"values": allowed, "then": "warn"}}
    assert fails({"type": "string", "quality": rule}, values) == [None if not v else v not in allowed for v in values]


def test_rules_see_the_normalised_value_and_none_that_arrived_hashed(tmp_path: Path) -> None:
    digest = "a" * 64
    rules = {"pattern": {"matches": "jane@a\\.test", "then": "warn"}, "not_null": "warn"}
    recipe = recipe_of({"email": {"type": "email", "protect": "sha256", "quality": rules}})
    prepared = recipe.apply(batch_of({"email": [" Jane@A.test", digest, "john@a.test", "", "test@test.com"]}))
    assert prepared.recognised == {"email": 1}
    assert prepared.marks[1].to_pylist() == [False, None, True, None, None]
    assert prepared.marks[0].to_pylist() == [False, False, False, True, True]


def test_values_that_repeat_are_judged_like_all_others() -> None:
    rule = {"length": {"max": 8, "then": "warn"}, "not_null": "warn"}
    recipe = recipe_of({"email": {"type": "email", "protect": "sha256", "quality": rule}})
    values = ["a@a.test", "bb@a.test", None, "no"] * 50
    prepared = recipe.apply(batch_of({"email": values}))
    assert prepared.marks[1].to_pylist() == [False, True, None, None] * 50
    assert prepared.marks[0].to_pylist() == [False, False, True, True] * 50


def test_a_column_that_the_source_lacks_has_no_value() -> None:
    rules = {"not_null": "warn", "length": {"min": 1, "then": "quarantine"}}
    recipe = recipe_of({"a": {"type": "string"}, "b": {"type": "string", "quality": rules}})
    prepared = recipe.apply(batch_of({"a": ["1", "2"]}))
    assert prepared.marks[0].to_pylist() == [True, True]
    assert prepared.judged == {1: (0, 0)}
    alone = recipe_of({"b": {"type": "string", "quality": rules}}).apply(batch_of({"a": ["1", "2"]}))
    assert alone.marks[0].to_pylist() == [True, True]


COLUMNS = {
    "id": {"type": "id", "quality": {"length": {"max": 1, "then": "quarantine"}}},
    "n": {"type": "integer", "quality": {"range": {"max": 5, "then": "quarantine"}, "not_null": "warn"}},
    "e": {"type": "email", "protect": "sha256", "quality": {"pattern": {"matches": "a.*", "then": "fail"}}},
}
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["1", "22", ""]),
        st.sampled_from(["1", "9", "x", ""]),
        st.sampled_from(["a@a.test", "b@a.test", ""]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.integers(1, 7))
def test_the_size_of_batches_changes_no_judgement(records: list[tuple[str, str, str]], size: int) -> None:
    recipe = recipe_of(COLUMNS)
    whole = batch_of(dict(zip(("id", "n", "e"), zip(*records, strict=True), strict=True)))
    found = []
    for parts in ([whole], [whole.slice(start, size) for start in range(0, len(records), size)]):
        account, marks = Account(), dict[int, list[bool | None]]()
        for part in parts:
            prepared = recipe.apply(part)
            account.add(Account(judged=dict(prepared.judged)))
            for rule in (1, 3):
                mine = (
                    prepared.marks[rule].to_pylist() if rule in prepared.marks else [False] * prepared.batch.num_rows
                )
                marks.setdefault(rule, []).extend(mine)
        found.append((account.judged, marks))
    assert found[0] == found[1]


def test_deletions_are_not_judged_and_marks_stay_with_their_records() -> None:
    table = {"name": "t", "mode": "upsert", "key": "id"}
    recipe = recipe_of(COLUMNS, table=table)
    kinds = [PUT, DELETED, PUT, TRUNCATED, PUT, DELETED, PUT]
    batch = batch_of(
        {
            "id": ["1", "2", "33", None, "4", "55", "6"],
            "n": ["", None, "1", None, "2", None, "9"],
            "e": ["b@a.test", None, "b@a.test", None, "a@a.test", None, ""],
        },
        **{CHANGE: pa.array(kinds, pa.int8())},
    )
    prepared = recipe.apply(batch)
    assert prepared.changes is not None
    assert prepared.changes.to_pylist() == [PUT, DELETED, TRUNCATED, PUT, DELETED]
    assert prepared.judged == {0: (4, 1), 2: (3, 1)}
    assert prepared.marks[1].to_pylist() == [True, None, None, False, None]
    assert prepared.marks[3].to_pylist() == [True, None, None, False, None]


def test_marks_stay_with_their_records_where_steps_leave_others_out() -> None:
    recipe = recipe_of(
        {"id": {"type": "id"}, "n": {"type": "integer", "quality": {"range": {"max": 5, "then": "warn"}}}},
        table={"name": "t", "mode": "upsert", "key": "id"},
        steps=[{"filter": "n <> '0'"}],
    )
    prepared = recipe.apply(batch_of({"id": ["1", "2", "3", "4"], "n": ["9", "0", "", "1"]}))
    assert prepared.changes is not None
    rows = zip(prepared.batch.column("id").to_pylist(), prepared.changes.to_pylist(), strict=True)
    marks = dict(zip(rows, prepared.marks[0].to_pylist(), strict=True))
    assert {key: mark for (key, change), mark in marks.items() if change == PUT} == {"1": True, "3": None, "4": False}
    assert {mark for (_, change), mark in marks.items() if change != PUT} == {None}


def test_a_reference_file_is_compared_with_the_value_before_protection(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("mail,n\njane@a.test,1\njohn@a.test,2\n")
    columns = {"e": {"type": "email", "protect": "sha256"}, "n": {"type": "integer"}}
    rule = {"columns": ["e", "n"], "file": "known.csv", "key": ["mail", "n"], "then": "warn"}
    recipe = recipe_of(columns, tmp_path, quality={"references": rule})
    batch = batch_of(
        {"e": ["JANE@a.test", "jane@a.test", "x@a.test", "", "john@a.test"], "n": ["1", "2", "1", "1", "02"]}
    )
    assert recipe.apply(batch).marks[0].to_pylist() == [False, True, True, None, False]


def test_a_reference_file_that_cannot_be_used_is_told_before_anything_moves(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("mail\nx\n")
    rule = {"columns": ["e"], "file": "known.csv", "key": ["email"], "then": "warn"}
    with pytest.raises(RecipeError) as raised:
        recipe_of({"e": {"type": "string"}}, tmp_path, quality={"references": rule})
    assert raised.value.where == "c: quality.references: known.csv"
    assert raised.value.what == "the file has no column 'email'"


def test_moments_of_a_range_may_name_a_zone() -> None:
    rule = {"range": {"min": "2024-03-01T00:00:00+02:00", "then": "warn"}}
    column = {"type": "timestamp", "timezone": "Europe/Berlin", "quality": rule}
    assert fails(column, ["2024-02-29 22:59:59", "2024-02-29 23:00:00"]) == [True, False]
