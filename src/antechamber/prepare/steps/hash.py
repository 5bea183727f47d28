"""Hash: SHA-2 or HMAC of whole values, for keys that another party makes in the same way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import SecretRef, Text
from antechamber.declare.step import Example, StepModel
from antechamber.errors import RecipeError
from antechamber.prepare.steps.step import Report, Setting, Step, named, text
from antechamber.prepare.text import by_distinct, where_present


class Hash(StepModel):
    """Puts a hash in the place of each value, as it stands. To normalise values first, protect the column under
    `columns:` instead. An empty value becomes null."""

    NAME: ClassVar[str] = "hash"
    NOUNS: ClassVar[dict[str, str]] = {
        "algorithm": "a hash algorithm", "encoding": "an encoding", "key_encoding": "an encoding",
    }  # fmt: skip
    EXAMPLE: ClassVar[Example] = Example(
        step="hash: {columns: [account], algorithm: sha256, encoding: base64}",
        before=({"account": "abc"}, {"account": None}),
        after=({"account": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}, {"account": None}),
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The columns."""
    algorithm: Literal["sha256", "sha512", "hmac-sha256", "hmac-sha512"]
    """SHA-2 (FIPS 180-4), or HMAC (RFC 2104) with a key, which nobody without it can try values against."""
    encoding: Literal["hex", "base64"] = "hex"
    """How a hash is written: small hexadecimal digits, or Base64 (RFC 4648) with its padding."""
    key: SecretRef | None = None
    """hmac: the key."""
    key_encoding: Literal["text", "base64"] = "text"
    """hmac: whether the key is the secret's text, or the bytes that it stands for in Base64."""

    @property
    def reads(self) -> tuple[str, ...]:
        return self.columns

    @property
    def makes(self) -> tuple[str, ...]:
        return self.columns

    def mistakes(self) -> Iterator[Mistake]:
        keyed = self.algorithm.startswith("hmac")
        if keyed and self.key is None:
            yield Mistake(("key",), f"{self.algorithm} needs a key", "add key: env:NAME or file:path")
        if not keyed and self.key is not None:
            yield Mistake(
                ("key",), f"{self.algorithm} has no key", f"write algorithm: hmac-{self.algorithm}, or remove it"
            )

    def compile(self, setting: Setting) -> Step:
        digest = self._digest(setting)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            return frame.with_columns(
                where_present(lambda values: by_distinct(values, digest), _present(text(frame, name))).alias(name)
                for name in self.columns
            )

        return Step(f"{named(self.columns)} hashed with {self.algorithm.upper()}", apply)

    def _digest(self, setting: Setting) -> Callable[[str], str]:
        function = getattr(hashlib, self.algorithm.removeprefix("hmac-"))
        written: Callable[[bytes], str] = (
            (lambda raw: raw.hex()) if self.encoding == "hex" else (lambda raw: base64.b64encode(raw).decode())
        )
        if self.key is None:
            return lambda value: written(function(value.encode()).digest())
        # Copying a started HMAC is cheaper than starting it with its key for every value.
        started = hmac.new(self._key(setting, self.key), digestmod=function)

        def keyed(value: str) -> str:
            own = started.copy()
            own.update(value.encode())
            return written(own.digest())

        return keyed

    def _key(self, setting: Setting, reference: str) -> bytes:
        kept = setting.secrets.text(reference)
        if not kept:
            raise RecipeError("the key is empty", where="key", remedy=f"put the key at {reference}")
        if self.key_encoding == "text":
            return kept.encode()
        try:
            return base64.b64decode(kept, validate=True)
        except binascii.Error:
            raise RecipeError(
                "the key is not Base64", where="key", remedy=f"mend what is kept at {reference}"
            ) from None


def _present(column: pl.Expr) -> pl.Expr:
    return pl.when(column != "").then(column)
