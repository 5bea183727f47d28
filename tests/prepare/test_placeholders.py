"""Values that stand for nobody are found, and are invalid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.prepare.conftest import connector

from antechamber.declare import BY_STANDARD, Connector
from antechamber.declare.placeholders import ONLY_WHEN_NAMED, PlaceholderClass, Placeholders
from antechamber.errors import RecipeError
from antechamber.prepare import compile_recipe
from antechamber.prepare.placeholders.first_look import FirstLook
from antechamber.prepare.placeholders.lists import TYPES, classes
from antechamber.prepare.standards import STANDARDS
from antechamber.secrets import Secrets

PLACEHOLDER, ROLE = "a placeholder", "a role account"
Batch = Callable[..., pa.RecordBatch]

FOUND: list[tuple[str, dict[str, Any], str, str]] = [
    ("email", {}, " Test@Test.com ", PLACEHOLDER),
    ("email", {}, "none@none.com", PLACEHOLDER),
    ("email", {}, "noemail@gmail.com", PLACEHOLDER),
    ("email", {}, "NoEmail@acme.example", PLACEHOLDER),
    ("email", {}, "no-email@x.example", PLACEHOLDER),
    ("email", {}, "unknown@gmail.com", PLACEHOLDER),
    ("email", {}, "info@acme.example", ROLE),
    ("email", {}, "ADMIN@acme.example", ROLE),
    ("email", {}, "no-reply@acme.example", ROLE),
    ("email", {}, "noreply@example.com", ROLE),
    ("email", {}, "postmaster@acme.example", ROLE),
    ("email", {}, "hr@acme.example", ROLE),
    ("phone", {"region": "US"}, "000-000-0000", PLACEHOLDER),
    ("phone", {"region": "US"}, "(111) 111-1111", PLACEHOLDER),
    ("phone", {"region": "US"}, "1234567890", PLACEHOLDER),
    ("phone", {"region": "US"}, "+1 123 456 7890", PLACEHOLDER),
    ("phone", {"region": "US"}, "999-999-9999", PLACEHOLDER),
    ("phone", {"region": "DE"}, "0000000000", PLACEHOLDER),
    ("phone", {"region": "GB"}, "+44 7777 777777", PLACEHOLDER),
    ("first_name", {}, "Unknown", PLACEHOLDER),
    ("first_name", {}, "N/A", PLACEHOLDER),
    ("first_name", {}, "no name", PLACEHOLDER),
    ("last_name", {}, "test", PLACEHOLDER),
    ("last_name", {}, "not-provided", PLACEHOLDER),
    ("full_name", {}, "Test User", PLACEHOLDER),
    ("address", {"country": "US"}, "No Address", PLACEHOLDER),
    ("city", {}, "unbekannt", PLACEHOLDER),
    ("state", {"country": "US"}, "N/A", PLACEHOLDER),
    ("postal_code", {"country": "US"}, "00000", PLACEHOLDER),
    ("postal_code", {"country": "US"}, "00000-0000", PLACEHOLDER),
    ("country", {}, "Unknown", PLACEHOLDER),
    ("date_of_birth", {}, "1900-01-01", PLACEHOLDER),
    ("date_of_birth", {"format": "%m/%d/%Y"}, "01/01/1900", PLACEHOLDER),
    ("mobile_ad_id", {}, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", PLACEHOLDER),
    ("ip_address", {}, "127.0.0.1", PLACEHOLDER),
    ("external_id", {}, "NULL", PLACEHOLDER),
    ("external_id", {}, "00000000-0000-0000-0000-000000000000", PLACEHOLDER),
]
KEPT: list[tuple[str, dict[str, Any], str]] = [
    ("email", {}, "jane@example.com"),
    ("email", {}, "jane@example.org"),
    ("email", {}, "test.person@acme.example"),
    ("email", {}, "information@acme.example"),
    ("email", {}, "hrobert@acme.example"),
    ("email", {}, "jane.info@acme.example"),
    ("phone", {"region": "US"}, "(206) 555-0100"),
    ("phone", {"region": "US"}, "212-222-2223"),
    ("first_name", {}, "Na"),
    ("last_name", {}, "Na"),
    ("last_name", {}, "Null-Smith"),
    ("last_name", {}, "Tester-Jones"),
    ("address", {"country": "US"}, "123 Main St"),
    ("state", {"country": "ES"}, "NA"),
    ("city", {}, "Nowhereville"),
    ("postal_code", {"country": "US"}, "12345"),
    ("date_of_birth", {}, "1970-01-01"),
    ("ip_address", {}, "192.168.1.1"),
    ("external_id", {}, "100"),
]


def declared(columns: dict[str, Any], placeholders: Any = True) -> Connector:
    plain = connector(columns).model_dump(exclude_unset=True)
    return Connector.model_validate({**plain, "placeholders": placeholders})


def prepared(batch: pa.RecordBatch, said: Any, root: Path, **column: Any) -> tuple[list[Any], dict[Any, int]]:
    made = declared({"v": {"protect": "sha256", **column}}, said)
    result = compile_recipe(made, secrets=Secrets(root)).apply(batch)
    return result.batch.column("v").to_pylist(), dict(result.nulled)


@pytest.mark.parametrize(("type", "more", "value", "reason"), FOUND)
def test_a_placeholder_becomes_null_with_its_reason(
    type: str, more: dict[str, Any], value: str, reason: str, batch: Batch, tmp_path: Path
) -> None:
    assert prepared(batch(v=[value]), True, tmp_path, type=type, **more) == ([None], {("v", reason): 1})


@pytest.mark.parametrize(("type", "more", "value"), KEPT)
def test_a_real_value_that_looks_like_one_stays(
    type: str, more: dict[str, Any], value: str, batch: Batch, tmp_path: Path
) -> None:
    values, nulled = prepared(batch(v=[value]), True, tmp_path, type=type, **more)
    assert values != [None]
    assert not nulled


@pytest.mark.parametrize("standard", STANDARDS)
def test_placeholders_are_found_under_every_standard(standard: str, batch: Batch, tmp_path: Path) -> None:
    for type, more, value, reason in FOUND:
        values, nulled = prepared(batch(v=[value]), True, tmp_path, type=type, standard=standard, **more)
        assert values == [None], (type, value)
        # A standard that asks libphonenumber, or knows no such day, says so itself.
        assert set(nulled) == {("v", reason)} or type not in ("email", "first_name", "last_name"), (type, value)


def test_they_are_found_in_a_batch_of_many_countries(batch: Batch, tmp_path: Path) -> None:
    fields = batch(v=["000-000-0000", "206-709-3100", None, "1111111111"], c=["US", "US", "GB", "DE"])
    values, nulled = prepared(fields, True, tmp_path, type="phone", region_from="c")
    assert [value is None for value in values] == [True, False, True, True]
    assert nulled == {("v", PLACEHOLDER): 2, ("v", "empty"): 1}


@pytest.mark.parametrize("on_invalid", ["null", "quarantine"])
def test_they_are_treated_as_every_invalid_value_is(on_invalid: str, batch: Batch, tmp_path: Path) -> None:
    made = declared({"v": {"type": "email", "protect": "sha256", "on_invalid": on_invalid}})
    result = compile_recipe(made, secrets=Secrets(tmp_path)).apply(batch(v=["test@test.com", "jane@example.com"]))
    if on_invalid == "null":
        assert result.batch.num_rows == 2
    else:
        assert [(each.column, each.reason) for each in result.rejected] == [("v", PLACEHOLDER)]
        assert result.batch.num_rows == 1


def test_a_sender_that_hashed_a_placeholder_is_found_out(batch: Batch, tmp_path: Path) -> None:
    theirs = [hashlib.sha256(value.encode()).hexdigest() for value in ("test@test.com", "jane@example.com")]
    values, nulled = prepared(batch(v=[theirs[0].upper(), theirs[1]]), True, tmp_path, type="email")
    assert values == [None, theirs[1]]
    assert nulled == {("v", PLACEHOLDER): 1}


def test_role_accounts_are_kept_where_the_connector_says_so(batch: Batch, tmp_path: Path) -> None:
    fields = batch(v=["info@acme.example", "test@test.com"])
    values, nulled = prepared(fields, {"keep": ["roles"]}, tmp_path, type="email")
    assert [value is None for value in values] == [False, True]
    assert nulled == {("v", PLACEHOLDER): 1}


@pytest.mark.parametrize(
    ("type", "more", "value", "also"),
    [
        ("phone", {"region": "US"}, "(206) 555-0123", "fictional"),
        ("phone", {"region": "GB"}, "020 7946 0018", "fictional"),
        ("date_of_birth", {}, "1970-01-01", "epoch"),
        ("ip_address", {}, "10.1.2.3", "private"),
    ],
)
def test_doubtful_classes_count_only_when_they_are_named(
    type: str, more: dict[str, Any], value: str, also: str, batch: Batch, tmp_path: Path
) -> None:
    assert prepared(batch(v=[value]), True, tmp_path, type=type, **more)[0] != [None]
    assert prepared(batch(v=[value]), {"also": [also]}, tmp_path, type=type, **more)[0] == [None]


@pytest.mark.parametrize("how", ["connector", "type", "column"])
def test_nothing_is_looked_for_where_it_is_switched_off(how: str, batch: Batch, tmp_path: Path) -> None:
    said = {"connector": False, "type": {"email": False}, "column": True}[how]
    column: dict[str, Any] = {"placeholders": False} if how == "column" else {}
    assert prepared(batch(v=["test@test.com"]), said, tmp_path, type="email", **column)[0] != [None]


def test_the_user_adds_values_and_patterns(batch: Batch, tmp_path: Path) -> None:
    said = {"email": ["Void@Acme.example", "*@void.example", "x-??@*"], "last_name": ["Müster*"]}
    values = ["void@acme.example", "jane@void.example", "X-12@acme.example", "x-123@acme.example", "a@acme.example"]
    found, _ = prepared(batch(v=values), said, tmp_path, type="email")
    assert [value is None for value in found] == [True, True, True, False, False]
    names, _ = prepared(batch(v=["müstermann", "Muster"]), said, tmp_path, type="last_name", standard="snap")
    assert [value is None for value in names] == [True, False]


def test_the_users_list_may_be_a_file_of_the_workspace(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "void.txt").write_text("void@acme.example\n\n  nobody-*@acme.example\n", "utf-8")
    said = {"email": ["file:void.txt"]}
    found, _ = prepared(
        batch(v=["void@acme.example", "nobody-7@acme.example", "j@acme.example"]), said, tmp_path, type="email"
    )
    assert [value is None for value in found] == [True, True, False]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_list_that_cannot_be_read_is_told_with_its_place(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "void.txt").write_bytes(content)
    made = declared({"v": {"type": "email", "protect": "sha256"}}, {"email": ["file:void.txt"]})
    with pytest.raises(RecipeError) as told:
        compile_recipe(made, secrets=Secrets(tmp_path))
    assert told.value.where == "members: placeholders.email[0]"


def test_a_batch_comes_out_as_its_single_rows_do(batch: Batch, tmp_path: Path) -> None:
    values = [value for type, _, value, _ in FOUND if type == "email"] + [v for type, _, v in KEPT if type == "email"]
    made = compile_recipe(declared({"v": {"type": "email", "protect": "sha256"}}), secrets=Secrets(tmp_path))
    together = made.apply(batch(v=[*values, None] * 3)).batch.column("v").to_pylist()
    assert together == [made.apply(batch(v=[value])).batch.column("v")[0].as_py() for value in [*values, None]] * 3


def test_every_class_of_the_lists_can_be_named_and_says_why() -> None:
    named = {name for type in TYPES for name in classes(type)}
    assert named == set(get_args(PlaceholderClass))
    assert named >= ONLY_WHEN_NAMED
    assert TYPES == BY_STANDARD - {"gender"} == set(Placeholders.model_fields) - {"keep", "also"}
    assert not any("example." in value for type in TYPES for each in classes(type).values() for value in each)


TEXT = st.text(alphabet="ab@é𝒳\0", max_size=14)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(TEXT, max_size=4),
    st.sets(TEXT.filter(bool), max_size=3),
    st.lists(st.none() | TEXT, max_size=12),
    st.integers(0, 4),
)
def test_a_first_look_misses_nothing_that_is_looked_for(
    whole: set[str], begins: set[str], texts: list[str | None], start: int
) -> None:
    values = [*texts, *sorted(whole), *(f"{each}b" for each in sorted(begins)), None]
    series = pl.Series(values, dtype=pl.String).slice(start)
    rows = FirstLook(whole, begins).rows(series).to_list()
    wanted = [
        row
        for row, text in enumerate(values[start:])
        if text is not None and (text in whole or any(text.startswith(each) for each in begins))
    ]
    assert set(wanted) <= set(rows)


def test_a_first_look_passes_few_others() -> None:
    look = FirstLook({"test", "none", "n/a"}, {"admin@", "no@"})
    others = pl.Series(
        [f"person{number}@example.test" for number in range(10_000)] + [f"x{n}" for n in range(10_000)]
    )
    assert len(look.rows(others)) < 200
