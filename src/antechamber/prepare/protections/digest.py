"""Digests of 32 bytes as text: 64 hexadecimal digits, or 44 characters of base64 (RFC 4648, section 4)."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.standard import Encoding
from antechamber.prepare.text import lower, trim

HEX_LENGTH, BASE64_LENGTH = 64, 44
HEX = f"^[0-9a-fA-F]{{{HEX_LENGTH}}}$"
BASE64 = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"
"""The last character but one stands for four bits, and two that are zero."""

OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of the empty text."""


def written(digest: pl.Expr, encoding: Encoding) -> pl.Expr:
    """A digest in lower-case hexadecimal digits, in the encoding that is asked for."""
    return digest if encoding == "hex" else digest.str.decode("hex").bin.encode("base64")


def read(text: pl.Expr, *, base64: bool) -> pl.Expr:
    """The digest that a text is, in lower-case hexadecimal digits; null where it is none.

    base64: whether it may be written so.
    """
    shortest = BASE64_LENGTH if base64 else HEX_LENGTH
    bare = trim(pl.when(text.str.len_bytes() >= shortest).then(text))
    digits = lower(pl.when(bare.str.contains(HEX)).then(bare))
    if not base64:
        return digits
    coded = pl.when(bare.str.contains(BASE64)).then(bare).str.decode("base64").bin.encode("hex")
    return pl.coalesce(digits, coded)
