"""Masking: all characters but the last few become '*'."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.protections.protection import Protection


class Mask(Protection):
    """The protection `mask`. Characters are Unicode code points.

    A text no longer than `keep_last` becomes stars as a whole: no value leaves as it is.
    """

    def __init__(self, keep_last: int) -> None:
        self.keep_last = keep_last
        self.sentence = "masked"
        if keep_last:
            self.sentence = f"masked but for its last {keep_last} characters (as a whole where it has no more)"

    def protect(self, text: pl.Expr) -> pl.Expr:
        stars = text.str.replace_all("(?s).", "*")
        if not self.keep_last:
            return stars
        kept = pl.concat_str(stars.str.head(-self.keep_last), text.str.tail(self.keep_last))
        return pl.when(text.str.len_chars() > self.keep_last).then(kept).otherwise(stars)
