"""Values that arrive hashed: recognised, brought to the column's encoding, and never hashed again unless told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from antechamber.declare import BY_STANDARD, Column
from antechamber.prepare.protections import HmacSha256, Protection, Sha256
from antechamber.prepare.protections.digest import BASE64_LENGTH, HEX_LENGTH, OF_NOTHING, read, written
from antechamber.prepare.standards.standard import Encoding

HASH_OF_NOTHING = "the hash of an empty value"
ANOTHER_HASH = "hashed already, in another way than this column is"

Fate = Literal["kept", "hashed", "refused", "not looked for"]


@dataclass(frozen=True)
class ArrivedHashed:
    """What becomes of a column's values that are hashes already.

    fate: kept: they are the output, in the column's encoding. hashed: their 64 digits are protected as a value's text
    is. refused: nobody can make of them what this column holds. not looked for: they are text like any other.
    The hash of the empty text is never an output, whatever the fate.
    """

    fate: Fate
    encoding: Encoding

    @property
    def shortest(self) -> int:
        """Bytes that a value must have to be one."""
        return BASE64_LENGTH if self.encoding == "base64" else HEX_LENGTH

    def digest(self, text: pl.Expr) -> pl.Expr:
        """The hash that a source value is, in hexadecimal digits; null where it is none."""
        return read(text, base64=self.encoding == "base64")

    @property
    def taken(self) -> bool:
        """Whether an output is made of them."""
        return self.fate in ("kept", "hashed")

    def output(
        self,
        text: pl.Expr,
        prepared: pl.Expr,
        protect: Callable[[pl.Expr], pl.Expr],
        real: Callable[[pl.Expr], pl.Expr],
    ) -> pl.Expr:
        """The output column.

        text: the source's values. prepared: what they become when they are no hashes. real: digests without those of
        values that stand for nobody.
        """
        digest = self.digest(text)
        if self.fate == "not looked for":
            return pl.when(digest.ne_missing(pl.lit(OF_NOTHING))).then(prepared)
        others = pl.when(digest.is_null()).then(prepared)
        if self.fate == "refused":
            return others
        meant = real(pl.when(digest != OF_NOTHING).then(digest))
        theirs = written(meant, self.encoding) if self.fate == "kept" else protect(meant)
        return pl.coalesce(theirs, others)

    def reason(self, text: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
        """Why an output is null."""
        digest = self.digest(text)
        if self.fate == "refused":
            otherwise = pl.when(digest.is_not_null()).then(pl.lit(ANOTHER_HASH)).otherwise(otherwise)
        return pl.when(digest == OF_NOTHING).then(pl.lit(HASH_OF_NOTHING)).otherwise(otherwise)

    def count(self, source: pl.Series, output: pl.Series) -> int:
        """How many values of a column were hashes and are in the output."""
        if not self.taken:
            return 0
        hashes = source.to_frame("v").select(self.digest(pl.col("v")).is_not_null()).to_series()
        return int((hashes & output.is_not_null()).sum())


def arrived_hashed(column: Column, protection: Protection | None) -> ArrivedHashed | None:
    """What the declaration says of them; None for types that no standard has a rule for: a hash is text there."""
    if column.type not in BY_STANDARD:
        return None
    if not isinstance(protection, Sha256 | HmacSha256):
        return ArrivedHashed("not looked for", "base64")
    if column.hashed_input == "hash":
        return ArrivedHashed("hashed", protection.encoding)
    own = isinstance(protection, Sha256) and not protection.salted
    return ArrivedHashed("kept" if own else "refused", protection.encoding)
