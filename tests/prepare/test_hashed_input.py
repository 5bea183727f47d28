"""Hashes: their encodings, salts, values that arrive hashed, and several keys of one column."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.errors import AntechamberError
from antechamber.prepare import Recipe

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]

PLAIN = " Jane@X.com"
DIGEST = hashlib.sha256(b"jane@x.com").digest()
HEX, BASE64 = DIGEST.hex(), base64.b64encode(DIGEST).decode()
NOTHING = hashlib.sha256(b"").digest()
OF_NOTHING = [NOTHING.hex(), NOTHING.hex().upper(), base64.b64encode(NOTHING).decode()]
EMAIL: dict[str, Any] = {"type": "email", "protect": "sha256"}


def test_a_standard_chooses_the_encoding_and_a_column_may_choose_another(
    recipe: MakeRecipe, batch: MakeBatch
) -> None:
    made = recipe(
        {
            "a": {**EMAIL, "source": "v"},
            "b": {**EMAIL, "source": "v", "standard": "uid2"},
            "c": {**EMAIL, "source": "v", "standard": "uid2", "encoding": "hex"},
            "d": {**EMAIL, "source": "v", "encoding": "base64"},
        }
    ).apply(batch(v=[PLAIN]))
    assert made.batch.to_pylist() == [{"a": HEX, "b": BASE64, "c": HEX, "d": BASE64}]


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_salt_is_hashed_with_the_value(at: str, recipe: MakeRecipe, batch: MakeBatch, tmp_path: Path) -> None:
    (tmp_path / "salt").write_text("sált\n")
    made = recipe({"v": {**EMAIL, "salt": "file:salt", "salt_at": at}}).apply(batch(v=[PLAIN, None, HEX]))
    text = "sáltjane@x.com" if at == "start" else "jane@x.comsált"
    assert made.batch.column("v").to_pylist() == [hashlib.sha256(text.encode()).hexdigest(), None, None]
    assert made.nulled == {("v", "empty"): 1, ("v", "hashed already, in another way than this column is"): 1}


def test_an_empty_salt_is_refused(recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCH_SALT", " ")
    with pytest.raises(AntechamberError, match="empty"):
        recipe({"v": {**EMAIL, "salt": "env:MATCH_SALT"}})


def test_an_hmac_may_be_written_in_base64(
    recipe: MakeRecipe, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCH_KEY", "k")
    column = {"type": "email", "protect": "hmac-sha256", "secret": "env:MATCH_KEY", "encoding": "base64"}
    made = recipe({"v": column}).apply(batch(v=[PLAIN, HEX]))
    expected = base64.b64encode(hmac.new(b"k", b"jane@x.com", hashlib.sha256).digest()).decode()
    assert made.batch.column("v").to_pylist() == [expected, None]
    assert made.recognised == {}


@pytest.mark.parametrize(("encoding", "own"), [("hex", HEX), ("base64", BASE64)])
def test_a_hash_that_arrives_is_brought_to_the_columns_encoding_and_counted(
    encoding: str, own: str, recipe: MakeRecipe, batch: MakeBatch
) -> None:
    values = [HEX, HEX.upper(), f" {HEX} ", BASE64, BASE64[:-2] + "5=", HEX[:-1], PLAIN, None]
    result = recipe({"v": {**EMAIL, "encoding": encoding}}).apply(batch(v=values))
    coded = own if encoding == "base64" else None
    assert result.batch.column("v").to_pylist() == [own, own, own, coded, None, None, own, None]
    assert result.recognised == {"v": 4 if encoding == "base64" else 3}


def test_a_hash_is_hashed_again_when_the_column_says_so(recipe: MakeRecipe, batch: MakeBatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k")
    made = recipe(
        {
            "a": {**EMAIL, "source": "v", "hashed_input": "hash"},
            "b": {**EMAIL, "source": "v", "protect": "hmac-sha256", "secret": "file:key", "hashed_input": "hash"},
        }
    ).apply(batch(v=[HEX.upper(), PLAIN]))
    assert made.batch.column("a").to_pylist() == [hashlib.sha256(HEX.encode()).hexdigest(), HEX]
    assert made.batch.column("b")[0].as_py() == hmac.new(b"k", HEX.encode(), hashlib.sha256).hexdigest()
    assert made.recognised == {"a": 1, "b": 1}


@pytest.mark.parametrize("kind", ["email", "first_name", "external_id", "address"])
@pytest.mark.parametrize(
    "more",
    [
        {"protect": "sha256"},
        {"protect": "sha256", "encoding": "base64"},
        {"protect": "sha256", "hashed_input": "hash"},
        {"protect": "none", "because": "it is compared"},
    ],
)
def test_the_hash_of_nothing_is_never_an_output(
    kind: str, more: dict[str, str], recipe: MakeRecipe, batch: MakeBatch
) -> None:
    result = recipe({"v": {"type": kind, **more}}).apply(batch(v=[*OF_NOTHING, "", None, " "]))
    assert not {*OF_NOTHING, ""} & {*result.batch.column("v").to_pylist()}
    assert result.nulled["v", "the hash of an empty value"] >= 2
    assert result.recognised == {}


def test_equal_values_that_arrive_hashed_are_all_counted(recipe: MakeRecipe, batch: MakeBatch) -> None:
    result = recipe({"v": EMAIL}).apply(batch(v=[HEX, PLAIN] * 500))
    assert result.batch.column("v").to_pylist() == [HEX] * 1000
    assert result.recognised == {"v": 500}


def test_an_invalid_value_may_drop_its_record_by_a_named_rule(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe(
        {
            "customer_id": {"type": "id", "required": True},
            "email": {**EMAIL, "on_invalid": "drop"},
            "phone": {"type": "phone", "protect": "sha256", "region": "US", "on_invalid": "quarantine"},
        }
    )
    assert "drops the record" in made.describe()[1].sentence
    result = made.apply(
        batch(
            customer_id=["1", "2", "3", None, "5"],
            email=["a@b.com", "nobody", "nobody", "nobody", None],
            phone=["206 709 3100", "206 709 3100", "1", "1", "x"],
        )
    )
    assert result.batch.column("customer_id").to_pylist() == ["1"]
    assert result.dropped == {"email: not an e-mail address": 2}
    assert {rule: at.to_pylist() for rule, at in result.dropped_at.items()} == {
        "email: not an e-mail address": [3, 4]
    }
    assert [(each.line, each.column) for each in result.rejected] == [(5, "customer_id"), (6, "phone")]


def test_one_column_feeds_several_keys(recipe: MakeRecipe, batch: MakeBatch) -> None:
    column = {**EMAIL, "keys": {"email_sha256": "aws-entity-resolution", "email_uid2": {"standard": "uid2"}}}
    made = recipe({"email": column, "tier": {"type": "string"}}, key="email_sha256")
    assert made.schema.names == ["email_sha256", "email_uid2", "tier"]
    assert made.source_columns == ("email", "tier")
    result = made.apply(batch(email=["J.A@gmail.com"], tier=["gold"]))
    assert result.batch.to_pylist() == [
        {
            "email_sha256": hashlib.sha256(b"j.a@gmail.com").hexdigest(),
            "email_uid2": base64.b64encode(hashlib.sha256(b"ja@gmail.com").digest()).decode(),
            "tier": "gold",
        }
    ]
