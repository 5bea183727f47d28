"""Tokens open with their key alone, in their own column; noise is what it says and is never repeated."""

from __future__ import annotations

import base64
import statistics
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.prepare.conftest import connector

from antechamber.errors import AntechamberError
from antechamber.prepare import Recipe, compile_recipe
from antechamber.prepare.protections import NotAToken, Tokenize
from antechamber.secrets import Secrets

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]
KEY = "00112233445566778899aabbccddeeff" * 2


def cipher(key: str = KEY, tenant: str = "acme", group: str = "column email") -> Tokenize:
    return Tokenize(key, tenant=tenant, group=group)


def test_the_cipher_is_that_of_rfc_5297() -> None:
    """Appendix A.1 of RFC 5297: deterministic authenticated encryption."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    key = bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    associated = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")
    sealed = AESSIV(key).encrypt(bytes.fromhex("112233445566778899aabbccddee"), [associated])
    assert sealed.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


def test_a_token_opens_with_its_key_in_its_column_of_its_tenant_alone() -> None:
    token = cipher().token("jane@example.com")
    assert token == cipher().token("jane@example.com")
    assert cipher().value(token) == "jane@example.com"
    assert "=" not in token
    assert len(token) == 43
    for other in (
        cipher(KEY[::-1]),
        cipher(tenant="streamly"),
        cipher(group="column mail"),
        cipher(group="group email"),
    ):
        assert other.token("jane@example.com") != token
        with pytest.raises(NotAToken):
            other.value(token)


def test_an_altered_token_does_not_open() -> None:
    token = cipher().token("jane@example.com")
    sealed = base64.urlsafe_b64decode(token + "=="[: -len(token) % 4])
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(NotAToken):
            cipher().value(base64.urlsafe_b64encode(bytes(altered)).decode().rstrip("="))
    for text in ("", "a", token[:-4], token + "AAAA", token + " ", "é", "!" * 43):
        with pytest.raises(NotAToken):
            cipher().value(text)


def test_equal_values_get_equal_tokens_whatever_the_batch(
    recipe: MakeRecipe, batch: MakeBatch, tmp_path: Path
) -> None:
    (tmp_path / "k").write_text(KEY)
    declared = {"type": "email", "protect": "tokenize", "secret": "file:k"}
    values = ["Jane@Example.com", "jane@example.com ", None, "nobody", "joe@example.com"] * 40
    made = recipe({"email": declared})
    whole = made.apply(batch(email=values)).batch.column("email").to_pylist()
    parts = [made.apply(batch(email=[value])).batch.column("email").to_pylist()[0] for value in values[:5]]
    assert whole == parts * 40
    assert [cipher().value(token) if token else None for token in parts] == [
        "jane@example.com", "jane@example.com", None, None, "joe@example.com",
    ]  # fmt: skip


def test_a_group_lets_columns_join_and_nothing_else_does(
    recipe: MakeRecipe, batch: MakeBatch, tmp_path: Path
) -> None:
    (tmp_path / "k").write_text(KEY)
    plain = {"type": "id", "protect": "tokenize", "secret": "file:k"}
    grouped = {**plain, "token_group": "people"}
    row = recipe({"a": plain, "b": plain, "c": grouped, "d": grouped}).apply(
        batch(a=["1"], b=["1"], c=["1"], d=["1"])
    )
    a, b, c, d = (row.batch.column(name).to_pylist()[0] for name in "abcd")
    assert c == d
    assert len({a, b, c}) == 3


def test_a_weak_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("short")
    declared = {"v": {"type": "id", "protect": "tokenize", "secret": "file:k"}}
    with pytest.raises(AntechamberError, match="fewer than 32 characters") as error:
        compile_recipe(connector(declared), secrets=Secrets(tmp_path))
    assert "short" not in str(error.value)


def test_threads_share_one_cipher() -> None:
    made, wrong = cipher(), []

    def work(name: int) -> None:
        for number in range(300):
            text = f"{name}-{number}"
            if made.value(made.token(text)) != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def values_of(made: Recipe, batch: pa.RecordBatch) -> list[Any]:
    return list(made.apply(batch).batch.column("v").to_pylist())


def noisy(kind: dict[str, Any], **noise: float) -> dict[str, Any]:
    return {**kind, "protect": "noise", "noise": noise}


def test_equal_values_get_noise_of_their_own(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": noisy({"type": "integer"}, epsilon=0.1, lower=0, upper=1000)})
    values = made.apply(batch(v=["500"] * 2000 + [None])).batch.column("v").to_pylist()
    assert values[-1] is None
    assert len(set(values)) > 1500
    assert made.schema.types == [pa.int64()]
    assert made.apply(batch(v=["500"] * 2000)).batch.column("v").to_pylist() != values[:-1]


@pytest.mark.parametrize("kind", [{"type": "integer"}, {"type": "float"}, {"type": "decimal", "scale": 2}])
def test_noise_has_the_scale_that_epsilon_says(recipe: MakeRecipe, batch: MakeBatch, kind: dict[str, Any]) -> None:
    """A Laplace distribution of scale b has mean 0 and mean absolute deviation b: within six standard errors."""
    rows, scale = 20_000, 50.0
    made = recipe({"v": noisy(kind, epsilon=2, lower=-50, upper=50)})
    values = [float(each) for each in values_of(made, batch(v=["10"] * rows))]
    error = scale * (2 / rows) ** 0.5
    assert abs(statistics.fmean(values) - 10) < 6 * error
    assert abs(statistics.fmean(abs(value - 10) for value in values) - scale) < 6 * error


def test_values_beyond_the_bounds_count_as_the_bounds(recipe: MakeRecipe, batch: MakeBatch) -> None:
    for kind in ({"type": "integer"}, {"type": "float"}, {"type": "decimal", "precision": 12, "scale": 2}):
        made = recipe({"v": noisy(kind, epsilon=100, lower=0, upper=10)})
        values = values_of(made, batch(v=["9000000", "-9000000"] * 50))
        assert max(values) < 20
        assert min(values) > -10


def test_a_decimal_with_noise_keeps_its_digits(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": noisy({"type": "decimal", "precision": 4, "scale": 2}, epsilon=0.001, lower=0, upper=99.99)})
    assert made.schema.types == [pa.decimal128(4, 2)]
    values = values_of(made, batch(v=["50.25"] * 500))
    assert all(abs(value) <= Decimal("99.99") for value in values)


def test_the_declared_loss_is_never_exceeded(recipe: MakeRecipe) -> None:
    from antechamber.declare.protect import Noise as Declared
    from antechamber.prepare.protections.noise import Noise

    for epsilon in (0.1, 0.3, 1 / 3, 0.7, 1.1, 3.3):
        for width in (1, 3, 7, 1000, 99999):
            made = Noise(Declared(epsilon=epsilon, lower=0, upper=width))._measurement("i64", width)
            assert 0.999999 * epsilon < made.map(width) <= epsilon
