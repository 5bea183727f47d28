"""Masking: all characters but the last few become '*'."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.protections.protection import Protection


class Mask(Protection):
    """The protection `mask`. Characters are Unicode code points; a text no longer than `keep_last` stays whole."""

    def __init__(self, keep_last: int) -> None:
        self.keep_last = keep_last
        self.sentence = f"masked but for its last {keep_last} characters" if keep_last else "masked"

    def protect(self, text: pl.Expr) -> pl.Expr:
        stars = text.str.replace_all("(?s).", "*")
        if not self.keep_last:
            return stars
        return pl.concat_str(stars.str.head(-self.keep_last), text.str.tail(self.keep_last))
