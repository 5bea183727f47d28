"""HMAC-SHA-256 of the canonical text's UTF-8 under a secret key, as lower-case hexadecimal digits (RFC 2104)."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.protections.protection import Protection


class HmacSha256(Protection):
    """The protection `hmac-sha256`. The key's bytes are the secret text's UTF-8."""

    sentence = "hashed with HMAC-SHA-256 under the key of its secret"

    def __init__(self, key: str) -> None:
        self._key = key

    def protect(self, text: pl.Expr) -> pl.Expr:
        digest: pl.Expr = text.chash.hmac_sha256(key=self._key)  # type: ignore[attr-defined]
        return digest
