"""SHA-256 of the canonical text's UTF-8 (FIPS 180-4), with or without a salt."""

from __future__ import annotations

from typing import Literal

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.protections.digest import written
from antechamber.prepare.protections.protection import Protection
from antechamber.prepare.standards.standard import Encoding


class Sha256(Protection):
    """The protection `sha256`. salt: put at the start or the end of the text before it is hashed; "" for none."""

    def __init__(self, encoding: Encoding, salt: str = "", salt_at: Literal["start", "end"] = "start") -> None:
        self.encoding = encoding
        self._salt = salt
        self._at_start = salt_at == "start"
        salted = f", its salt at the {salt_at}" if salt else ""
        self.sentence = f"hashed with SHA-256{salted}{' in base64' if encoding == 'base64' else ''}"

    @property
    def salted(self) -> bool:
        """Whether there is a salt: then a hash that somebody else made is none of these."""
        return self._salt != ""

    def protect(self, text: pl.Expr) -> pl.Expr:
        if self._salt:
            salt = pl.lit(self._salt)
            text = pl.concat_str(salt, text) if self._at_start else pl.concat_str(text, salt)
        digest: pl.Expr = text.chash.sha2_256()  # type: ignore[attr-defined]
        return written(digest, self.encoding)
