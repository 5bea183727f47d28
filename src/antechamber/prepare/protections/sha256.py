"""SHA-256 of the canonical text's UTF-8, as 64 lower-case hexadecimal digits (FIPS 180-4)."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.prepare.protections.protection import Protection
from antechamber.prepare.text import lower, trim

DIGITS = 64


class Sha256(Protection):
    """The protection `sha256`."""

    sentence = "hashed with SHA-256"

    def protect(self, text: pl.Expr) -> pl.Expr:
        digest: pl.Expr = text.chash.sha2_256()  # type: ignore[attr-defined]
        return digest


def already_hashed(source: pl.Expr) -> pl.Expr:
    """The source's text in lower case where it is 64 hexadecimal digits, else null."""
    long = trim(pl.when(source.str.len_bytes() >= DIGITS).then(source))
    return lower(pl.when(long.str.contains(f"^[0-9a-fA-F]{{{DIGITS}}}$")).then(long))
