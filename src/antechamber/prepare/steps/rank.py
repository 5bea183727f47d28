"""Ranks: values of any type as texts whose order, byte by byte, is the order of the values.

Batches may come with other types for the same column, and a rank waits outside of memory until all records are known;
a text serves for both. Numbers of all types are compared by their exact value.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.source_values import as_text

NUMBER, MOMENT, TEXT = "1", "2", "3"
"""What a rank begins with. Where values of several kinds meet, numbers come first, dates and times, then texts."""

_DIGITS = "0123456789"


def ranks(values: pl.Series) -> pl.Series:
    """The rank of each value (String); the empty text, which comes before all others, where there is none.

    values: as `source_values.series` gives them. Dates are the moment at which they begin, times without a zone are
    taken for UTC, texts are compared by the numbers of their characters.
    """
    kind = values.dtype
    value = pl.col("v")
    if kind == pl.Null:
        return pl.repeat("", len(values), dtype=pl.String, eager=True)
    if kind == pl.String:
        rank = pl.lit(TEXT) + value
    elif kind == pl.Date or isinstance(kind, pl.Datetime):
        micros = value.cast(pl.Datetime("us")).to_physical() if kind == pl.Date else value.to_physical()
        rank = pl.lit(MOMENT) + _ordered(micros.cast(pl.String))
    else:
        number = value.cast(pl.Int64) if kind == pl.Boolean else value
        rank = pl.lit(NUMBER) + _ordered(as_text(number, pl.Int64() if kind == pl.Boolean else kind))
    return values.to_frame("v").select(rank.fill_null("").alias("rank")).to_series()


def _ordered(decimal: pl.Expr) -> pl.Expr:
    """Plain decimal texts ('-12.50') → texts in the order of the numbers.

    A sign, the length of the whole part, its digits, then the fraction without zeros at its end. Below zero all
    digits are turned round, and a character behind all digits ends them: of -1.2 and -1.25 the longer comes first.
    """
    digits = decimal.str.strip_prefix("-")
    point = digits.str.split_exact(".", 1)
    whole = point.struct.field("field_0").str.strip_chars_start("0")
    fraction = point.struct.field("field_1").fill_null("").str.strip_chars_end("0")
    length = whole.str.len_bytes().cast(pl.String).str.zfill(4)
    size = pl.concat_str(length, whole, fraction)
    turned = size.str.replace_many(list(_DIGITS), list(reversed(_DIGITS)))
    below = decimal.str.starts_with("-") & ((whole != "") | (fraction != ""))
    return (
        pl.when(below)
        .then(pl.concat_str(pl.lit("0"), turned, pl.lit("~")))
        .otherwise(pl.concat_str(pl.lit("1"), size))
    )
