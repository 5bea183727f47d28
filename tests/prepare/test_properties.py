"""Promises over any text at all."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.declare import Connector
from antechamber.declare.connector import Identity
from antechamber.prepare import Recipe, compile_recipe
from antechamber.prepare.repeats import LOOK_AGAIN
from antechamber.records import LINE, Prepared
from antechamber.secrets import Secrets

TYPES = [
    "id", "string", "integer", "decimal", "float", "boolean", "date", "timestamp",
    "email", "phone", "first_name", "last_name", "postal_code", "country", "state", "city", "address",
    "full_name", "date_of_birth", "gender", "mobile_ad_id", "ip_address", "external_id",
]  # fmt: skip
AS_IT_IS = {"protect": "none", "may_hold": get_args(Identity), "because": "it is compared"}
COLUMNS: dict[str, dict[str, Any]] = {
    **{name: {"type": name, "source": "v", **AS_IT_IS} for name in TYPES},
    "address_us": {"type": "address", "source": "v", "country": "US", "protect": "sha256"},
    "address_any": {"type": "address", "source": "v", "country_from": "c", "protect": "sha256"},
    "phone_us": {"type": "phone", "source": "v", "region": "US", "protect": "sha256"},
    "phone_any": {"type": "phone", "source": "v", "region_from": "c", "region": "GB", "protect": "mask"},
    "month_first": {"type": "date", "source": "v", "format": ["%m/%d/%Y", "%b %d, %y"], "protect": "sha256"},
    "berlin": {"type": "timestamp", "source": "v", "timezone": "Europe/Berlin", "protect": "sha256"},
}
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()

SHAPED = st.one_of(
    st.text(max_size=80),
    st.from_regex(r"[ <]{0,2}\w{1,9}(@|\(at\)| \(AT\) )[\w.]{1,9}>?", fullmatch=True),
    st.from_regex(r"(\+|00|011)?[ 0-9().-]{0,20}", fullmatch=True),
    st.from_regex(
        r"\s?[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}([T ][0-9:.,]{1,15}(Z|[+-][0-9:]{2,6})?)?", fullmatch=True
    ),
    st.from_regex(r"[+-]?[0-9]{0,45}\.?[0-9]{0,45}(e[0-9]{1,3})?", fullmatch=True),
    st.from_regex(
        r"(?:[0-9]{1,3} )?(?:north|str\.|c/|p\.zza|ÅSE|straße|No|#4|alabama|kansas)(?: \w+){0,3}", fullmatch=True
    ),
    st.sampled_from(
        ["a" * 64, "F" * 64, " " + "0" * 64, "İ", "ﬁ", "ß", "≮a@b≯", "\x00", "٣٤٥", "1e999", "NaN", "-0"]
    ),
)
COUNTRY = st.sampled_from(["", "US", "gb", "uk", "it", "es", "fr", "Germany", "nowhere", "日本"])

TIMES = 10 if os.environ.get("ANTECHAMBER_SOAK") else 1
"""How many times as many examples make soak tries."""


def compiled(columns: dict[str, dict[str, Any]], on_invalid: str | None = "null") -> Recipe:
    declared = {name: {**column, "on_invalid": on_invalid} for name, column in columns.items()}
    connector = Connector.model_validate(
        {
            "connector": "members",
            "tenant": "acme",
            "source": {"type": "landing", "path": "landing/*.csv"},
            "columns": declared,
            "table": {"name": "members"},
        }
    )
    return compile_recipe(connector, secrets=Secrets(Path()))


RECIPE = compiled(COLUMNS)
STRICT = compiled(COLUMNS, "quarantine")


def fields(values: Sequence[str | None], countries: Sequence[str]) -> pa.RecordBatch:
    lines = pa.array(range(len(values)), pa.int64())
    return pa.RecordBatch.from_pydict({"v": pa.array(values, pa.string()), "c": pa.array(countries), LINE: lines})


@settings(max_examples=15 * TIMES, deadline=None)
@given(st.lists(st.tuples(st.none() | SHAPED, COUNTRY), min_size=1, max_size=60))
def test_any_text_is_prepared_and_accounted_for(records: list[tuple[str | None, str]]) -> None:
    batch = fields([value for value, _ in records], [country for _, country in records])
    for recipe in (RECIPE, STRICT):
        result = recipe.apply(batch)
        assert result.batch.schema == recipe.schema
        assert result.batch.num_rows + len(result.rejected) == len(records)
        for column in recipe.schema.names:
            nulls = sum(count for (name, _), count in result.nulled.items() if name == column)
            assert nulls == result.batch.column(column).null_count
            assert EMPTY_DIGEST not in result.batch.column(column).to_pylist()
            assert "" not in result.batch.column(column).to_pylist()


@settings(max_examples=8 * TIMES, deadline=None)
@given(st.lists(st.tuples(st.none() | SHAPED, COUNTRY), min_size=2, max_size=20), st.randoms())
def test_batch_size_and_order_never_change_a_value(
    records: list[tuple[str | None, str]], chance: random.Random
) -> None:
    whole = prepare(records).batch.to_pylist()
    assert [row for record in records for row in prepare([record]).batch.to_pylist()] == whole
    order = list(range(len(records)))
    chance.shuffle(order)
    assert prepare([records[place] for place in order]).batch.to_pylist() == [whole[place] for place in order]


def prepare(records: list[tuple[str | None, str]]) -> Prepared:
    return RECIPE.apply(fields([value for value, _ in records], [country for _, country in records]))


@pytest.mark.parametrize("every", [2, 3, 7])
def test_missing_values_among_others_are_null_however_many_they_are(every: int) -> None:
    texts = ["José", " x@Y.com", "2024-01-02", "(206) 709-3100", "12.50", "007", "x", "0"]
    records = [(None if n % every == 0 else texts[n % len(texts)], ("us", "gb", "")[n % 3]) for n in range(80)]
    whole = prepare(records).batch.to_pylist()
    assert whole == [row for record in records for row in prepare([record]).batch.to_pylist()]
    missing = [row for row, (value, _) in zip(whole, records, strict=True) if value is None]
    assert missing and all(value is None for row in missing for value in row.values())


@settings(max_examples=15 * TIMES, deadline=None)
@given(st.lists(SHAPED, min_size=1, max_size=40))
def test_what_is_normalised_stays_as_it_is(values: list[str]) -> None:
    for kind in ("id", "string", "email", "first_name", "last_name", "city", "country", "postal_code"):
        recipe = compiled({"v": COLUMNS[kind]})
        once = recipe.apply(fields(values, [""] * len(values))).batch.column("v")
        again = recipe.apply(fields(once.to_pylist(), [""] * len(once))).batch.column("v")
        assert again == once, kind


def test_repeated_values_come_out_as_single_ones_do() -> None:
    distinct = ["José", " jose ", "x@Y.com", "01/02/2024", None, "", "(206) 709-3100", "a" * 64, "West Virginia", "é"]
    repeated = [distinct[n % 10] for n in range(1000)]
    together = RECIPE.apply(fields(repeated, ["us"] * 1000)).batch.to_pylist()
    single = [RECIPE.apply(fields([value], ["us"])).batch.to_pylist()[0] for value in distinct]
    assert together == [single[n % 10] for n in range(1000)]


def test_values_that_stop_and_start_repeating_come_out_the_same() -> None:
    recipe = compiled({"first_name": {"type": "first_name", "source": "v", "protect": "sha256"}})
    for number in range(LOOK_AGAIN + 3):
        values = [f"Name {chr(97 + n % 26)}{'x' * (n if number == 0 else n % 3)}" for n in range(200)]
        expected = [hashlib.sha256(value.lower().replace(" ", "").encode()).hexdigest() for value in values]
        assert recipe.apply(fields(list(values), [""] * 200)).batch.column(0).to_pylist() == expected


@pytest.mark.timeout(120)
def test_one_recipe_serves_many_threads() -> None:
    chance = random.Random(5)
    alphabet = "aé@.1 <>-(+å\t"
    values: list[str | None] = ["".join(chance.choices(alphabet, k=chance.randrange(1, 12))) for _ in range(4000)]
    countries = [chance.choice(["us", "", "gb", "it"]) for _ in values]
    expected = RECIPE.apply(fields(values, countries)).batch
    found: list[pa.RecordBatch] = []

    def work() -> None:
        found.extend(RECIPE.apply(fields(values, countries)).batch for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 18
    assert all(one == expected for one in found)
