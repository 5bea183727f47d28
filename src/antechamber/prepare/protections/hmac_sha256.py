"""HMAC-SHA-256 of the canonical text's UTF-8 under a secret key, (RFC 2104)."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.protections.digest import written
from antechamber.prepare.protections.protection import Protection
from antechamber.prepare.standards.standard import Encoding


class HmacSha256(Protection):
    """The protection `hmac-sha256`. The key's bytes are the secret text's UTF-8."""

    def __init__(self, key: str, encoding: Encoding = "hex") -> None:
        self._key = key
        self.encoding = encoding
        coded = " in base64" if encoding == "base64" else ""
        self.sentence = f"hashed with HMAC-SHA-256 under the key of its secret{coded}"

    def protect(self, text: pl.Expr) -> pl.Expr:
        digest: pl.Expr = text.chash.hmac_sha256(key=self._key)  # type: ignore[attr-defined]
        return written(digest, self.encoding)
