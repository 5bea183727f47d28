"""Protections, and the records that a recipe rejects."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.errors import AntechamberError, SecretError
from antechamber.prepare import Recipe

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("declared", "value", "canonical"),
    [
        ({"type": "email"}, " Jane@X.com", "jane@x.com"),
        ({"type": "string"}, " é ", " é "),
        ({"type": "integer"}, "+007", "7"),
        ({"type": "decimal", "scale": 3}, "1.5", "1.500"),
        ({"type": "decimal"}, "-0.00", "0.00"),
        ({"type": "float"}, "1e2", "100"),
        ({"type": "float"}, "1e-7", "0.0000001"),
        ({"type": "boolean"}, "Y", "true"),
        ({"type": "date", "format": "%d.%m.%Y"}, "2.1.2024", "2024-01-02"),
        ({"type": "timestamp"}, "2024-01-02T03:04:05+01:00", "2024-01-02T02:04:05.000000Z"),
    ],
)
def test_every_type_is_protected_in_its_canonical_text(
    declared: dict[str, Any], value: str, canonical: str, recipe: MakeRecipe, batch: MakeBatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(" kéy \n")
    made = recipe(
        {
            "hashed": {**declared, "source": "v", "protect": "sha256"},
            "keyed": {**declared, "source": "v", "protect": "hmac-sha256", "secret": "file:key"},
            "masked": {**declared, "source": "v", "protect": "mask", "keep_last": 0},
        }
    ).apply(batch(v=[value, None]))
    assert made.batch.column("hashed").to_pylist() == [sha256(canonical), None]
    expected = hmac.new("kéy".encode(), canonical.encode(), hashlib.sha256).hexdigest()
    assert made.batch.column("keyed").to_pylist() == [expected, None]
    assert made.batch.column("masked").to_pylist() == ["*" * len(canonical), None]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 500])
def test_hmac_is_right_for_keys_of_any_length(
    length: int, recipe: MakeRecipe, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCH_KEY", "k" * length)
    made = recipe({"v": {"type": "string", "protect": "hmac-sha256", "secret": "env:MATCH_KEY"}})
    assert made.apply(batch(v=["é" * 100])).batch.column("v").to_pylist() == [
        hmac.new(b"k" * length, ("é" * 100).encode(), hashlib.sha256).hexdigest()
    ]


def test_a_missing_or_empty_key_is_refused_without_showing_anything(
    recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = {"type": "string", "protect": "hmac-sha256", "secret": "env:MATCH_KEY"}
    monkeypatch.delenv("MATCH_KEY", raising=False)
    with pytest.raises(SecretError):
        recipe({"v": column})
    monkeypatch.setenv("MATCH_KEY", " \n")
    with pytest.raises(AntechamberError, match="empty"):
        recipe({"v": column})


@pytest.mark.parametrize(
    ("keep_last", "masked"),
    [
        (4, ["****efgh", "**", "***キスト!", "****", "*bcde", None]),
        (0, ["********", "**", "*******", "****", "*****", None]),
        (64, ["********", "**", "*******", "****", "*****", None]),
    ],
)
def test_masking_keeps_the_last_characters_and_never_a_whole_value(
    keep_last: int, masked: list[str | None], recipe: MakeRecipe, batch: MakeBatch
) -> None:
    values = ["abcdefgh", "ab", "日本テキスト!", "🙂bcd", "abcde", None]
    made = recipe({"v": {"type": "string", "protect": "mask", "keep_last": keep_last}}).apply(batch(v=values))
    assert made.batch.column("v").to_pylist() == masked


@pytest.mark.parametrize("kind", ["email", "phone", "first_name", "address", "city", "postal_code"])
def test_a_value_that_arrives_hashed_is_not_hashed_again(kind: str, recipe: MakeRecipe, batch: MakeBatch) -> None:
    digest = sha256("jane@x.com")
    values = [digest, digest.upper(), f" {digest}\t", digest[:-1], digest + "0"]
    result = recipe({"v": {"type": kind, "protect": "sha256"}}).apply(batch(v=values))
    made = result.batch.column("v").to_pylist()
    assert made[:3] == [digest] * 3
    assert digest not in made[3:]
    assert sum(result.nulled.values()) == result.batch.column("v").null_count


def test_an_invalid_identity_is_null_counted_by_reason_and_never_hashed(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe(
        {
            "email": {"type": "email", "protect": "sha256"},
            "phone": {"type": "phone", "protect": "sha256", "region": "US"},
            "name": {"type": "first_name", "protect": "sha256"},
        }
    ).apply(
        batch(
            email=["", None, "   ", "nobody", "a@b.com"],
            phone=["n/a", "555", "0" * 16, None, "(206) 709-3100"],
            name=["123", "\u00a0", "", "x", None],
        )
    )
    assert made.rejected == ()
    assert made.nulled == {
        ("email", "empty"): 3,
        ("email", "not an e-mail address"): 1,
        ("phone", "no digits"): 1,
        ("phone", "not a phone number"): 2,
        ("phone", "empty"): 1,
        ("name", "nothing left"): 1,
        ("name", "empty"): 3,
    }
    assert made.batch.column("email").to_pylist() == [None] * 4 + [sha256("a@b.com")]


def test_a_rejected_record_shows_its_first_fault_its_line_and_its_fields(
    recipe: MakeRecipe, batch: MakeBatch
) -> None:
    made = recipe(
        {
            "customer_id": {"type": "id"},
            "email": {"type": "email", "protect": "sha256", "required": True},
            "signup": {"type": "date"},
            "visits": {"type": "integer", "on_invalid": "null"},
        },
        key="customer_id",
    )
    result = made.apply(
        batch(
            customer_id=["1", " ", "3", "4", "5"],
            email=["a@b.com", "a@b.com", "nobody", None, "Zoë <zoë@x.com>"],
            signup=["2024-01-01", "never", "never", "2024-01-01", "2024-02-30"],
            visits=["x", "x", "1", "", "2"],
        )
    )
    assert result.batch.num_rows == 1
    assert result.nulled == {("visits", "not a whole number"): 1}
    assert [(one.line, one.column, one.reason) for one in result.rejected] == [
        (3, "customer_id", "the value is missing"),
        (4, "email", "not an e-mail address"),
        (5, "email", "the value is missing"),
        (6, "signup", "not a date in the declared format"),
    ]
    raw = [json.loads(one.raw) for one in result.rejected]
    assert raw[2] == {"customer_id": "4", "email": None, "signup": "2024-01-01", "visits": ""}
    assert raw[3]["email"] == "Zoë <zoë@x.com>"


def test_a_protected_key_must_be_there_too(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"email": {"type": "email", "protect": "sha256"}}, key="email")
    result = made.apply(batch(email=["a@b.com", "nobody", None]))
    assert made.key == ("email",)
    assert result.batch.num_rows == 1
    assert [one.line for one in result.rejected] == [3, 4]


def test_the_countrys_column_decides_and_the_region_stands_in(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": {"type": "phone", "protect": "none", "because": "seen", "region_from": "c", "region": "GB"}})
    fields = batch(v=["020 7183 8750"] * 6, c=["United Kingdom", "France", "", None, "!!", "Narnia"])
    assert made.apply(fields).batch.column("v").to_pylist() == [
        "442071838750", "332071838750", "442071838750", "442071838750", "442071838750", "2071838750",
    ]  # fmt: skip
    assert made.source_columns == ("v", "c")
    # Without the country's column in the batch the region stands in for all.
    assert made.apply(batch(v=["020 7183 8750"])).batch.column("v").to_pylist() == ["442071838750"]


def test_a_plan_says_in_one_sentence_what_will_happen(recipe: MakeRecipe) -> None:
    plans = recipe(
        {
            "phone": {"type": "phone", "protect": "sha256", "region_from": "land", "region": "US", "source": "Tel"},
            "tier": {"type": "string", "one_of": ["gold"], "required": True},
        }
    ).describe()
    phone, tier = plans
    assert (phone.name, phone.source, phone.type, phone.protection) == ("phone", "Tel", "phone", "sha256")
    assert phone.sentence == (
        "Is normalised as a phone number (country from 'land', else us), then hashed with SHA-256; "
        "an invalid value becomes null."
    )
    assert tier.protection == "none"
    assert "quarantine" in tier.sentence
