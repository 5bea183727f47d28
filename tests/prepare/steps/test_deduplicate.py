"""Of the records that agree just one stays, whichever it is to be and however they come in batches."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.prepare.steps.conftest import Through, batch_of, connector_with

from antechamber.prepare import compile_recipe
from antechamber.prepare.steps.rank import ranks
from antechamber.secrets import Secrets

Record = Mapping[str, Any]

KEEPS = ["first", "last", "{greatest: n}", "{least: n}", '{greatest: "CAST(n AS INTEGER)"}']
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.sampled_from(["x", "y", "xy", "", None]),
            "b": st.sampled_from(["y", "", None]),
            "n": st.sampled_from(["9", "10", "-1", "?", None]),
        }
    ),
    max_size=24,
)


def worth(keep: str, record: Record, place: int) -> tuple[Any, ...]:
    """Of those that agree the greatest stays. Texts are compared as texts, but for the one that is cast."""
    value = record["n"]
    if keep.startswith(("{greatest: n", "{least: n")):
        known = value is not None
        text = [ord(character) for character in value or ""]
        return (known, text if "greatest" in keep else Backwards(text), place)
    if "CAST" in keep:
        known = value not in (None, "?")
        return (known, int(value) if known else 0, place)
    return (-place if keep == "first" else place,)


class Backwards:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Backwards) and self.value == other.value

    def __lt__(self, other: Backwards) -> bool:
        return bool(other.value < self.value)

    def __gt__(self, other: Backwards) -> bool:
        return bool(other.value > self.value)


def expected(records: list[Record], keep: str, equal: bool) -> list[str]:
    """The names of the records that stay."""
    best: dict[Any, tuple[Any, int]] = {}
    for place, record in enumerate(records):
        key: Any = (record["a"], record["b"])
        if not equal and not all(key):
            key = place
        mine = worth(keep, record, place), place
        best[key] = max(best.get(key, mine), mine, key=lambda each: each[0])
    return [str(place) for place in sorted(place for _, place in best.values())]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RECORDS, st.sampled_from(KEEPS), st.booleans(), st.integers(0, 999))
def test_one_of_those_that_agree_stays_in_batches_of_any_size(
    tmp_path: Path, records: list[Record], keep: str, equal: bool, seed: int
) -> None:
    steps = f"- deduplicate: {{by: [a, b], keep: {keep}, missing: {'equal' if equal else 'keep'}}}"
    recipe = compile_recipe(connector_with(steps, ["id"]), secrets=Secrets(tmp_path))
    named = [{"id": str(place), **record} for place, record in enumerate(records)]
    chance, batches = random.Random(seed), []
    while named:
        size = chance.randint(1, len(named))
        batches.append(named[:size])
        named = named[size:]
    done = Through(recipe, [recipe.apply(batch_of(batch)) for batch in batches or [[]]], ["id"], tmp_path)
    stays = expected(records, keep, equal)
    assert [row["id"] for row in done.rows] == stays
    assert done.dropped.total() == len(records) - len(stays)
    assert set(done.dropped) <= {"deduplicate (step 1)"}


def test_it_stands_in_the_list_between_what_is_before_and_behind_it(through: Callable[..., Through]) -> None:
    records = [
        {"a": "x", "s": "on", "t": "1"},  # wins, but the last filter drops it
        {"a": "x", "s": "on", "t": "2"},  # loses against it all the same
        {"a": "y", "s": "off", "t": "2"},  # does not compete
        {"a": "y", "s": "on", "t": "2"},
    ]
    done = through("- filter: s = 'on'\n- deduplicate: {by: a, keep: first}\n- filter: t = 2", records, ["a", "t"])
    assert done.rows == [{"a": "y", "t": "2"}]
    assert done.dropped == {"filter (step 1)": 1, "deduplicate (step 2)": 1, "filter (step 3)": 1}


def test_who_loses_the_first_time_takes_no_part_in_the_second(through: Callable[..., Through]) -> None:
    records = [{"a": "x", "b": "1"}, {"a": "y", "b": "1"}, {"a": "y", "b": "2"}]
    done = through("- deduplicate: {by: a, keep: last}\n- deduplicate: {by: b, keep: last}", records, ["a", "b"])
    assert done.rows == [{"a": "x", "b": "1"}, {"a": "y", "b": "2"}]
    assert done.dropped == {"deduplicate (step 1)": 1}
    done = through("- deduplicate: {by: b, keep: last}\n- deduplicate: {by: a, keep: last}", records, ["a", "b"])
    assert done.rows == [{"a": "y", "b": "2"}]
    assert done.dropped == {"deduplicate (step 1)": 1, "deduplicate (step 2)": 1}


def test_a_record_that_goes_to_quarantine_takes_no_sound_ones_place(through: Callable[..., Through]) -> None:
    steps = '- deduplicate: {by: a, keep: last}\n- derive: {n: {sql: "CAST(n AS INTEGER)", on_error: quarantine}}'
    done = through(steps, [{"a": "x", "n": "1"}, {"a": "x", "n": "?"}], ["a", "n"])
    assert done.rows == [{"a": "x", "n": "1"}]
    assert not done.dropped
    assert len(done.prepared.rejected) == 1


def test_values_are_compared_as_they_are_at_that_place(through: Callable[..., Through]) -> None:
    records = [{"a": "X"}, {"a": "x"}]
    assert len(through("- deduplicate: {by: a, keep: last}", records, ["a"]).rows) == 2
    lower = "- case: {columns: [a], to: lower}\n- deduplicate: {by: a, keep: last}"
    assert len(through(lower, records, ["a"]).rows) == 1


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value or 0.0),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6),
)


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS)
def test_ranks_of_numbers_of_any_type_are_ordered_as_the_numbers_are(a: Any, b: Any) -> None:
    def rank(value: Any) -> str:
        kind: Any = {int: pl.Int64, float: pl.Float64, Decimal: pl.Decimal(38, 6)}[type(value)]
        return str(ranks(pl.Series("v", [value], dtype=kind)).item())

    def exact(value: Any) -> Fraction:
        # A float is what its shortest digits say, as in its text.
        return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)

    assert (rank(a) < rank(b)) == (exact(a) < exact(b))
    assert (rank(a) == rank(b)) == (exact(a) == exact(b))


def test_ranks_of_other_values_are_ordered_too() -> None:
    def rising(*values: pl.Series) -> bool:
        found = [rank for each in values for rank in ranks(each).to_list()]
        return found == sorted(found) and len(set(found)) == len(found)

    day = datetime.date(2026, 1, 2)
    noon = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)
    times = pl.Series([noon, noon + datetime.timedelta(microseconds=1)], dtype=pl.Datetime("us", "UTC"))
    assert rising(
        pl.Series([None], dtype=pl.String),
        pl.Series([False, True]),
        pl.Series([2, 10]),
        pl.Series([datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(1970, 1, 1), day]),
        times,
        pl.Series(["", "A", "B", "a", "aa", "ä", "€", "😀"]),
    )
    assert ranks(pl.Series([None, None])).to_list() == ["", ""]


@pytest.mark.parametrize("keep", ["first", "{greatest: n}"])
def test_a_column_that_the_source_lacks_is_no_value(keep: str, through: Callable[..., Through]) -> None:
    assert len(through(f"- deduplicate: {{by: z, keep: {keep}}}", [{"a": "x"}, {"a": "y"}], ["a"]).rows) == 2
