"""Spelling: how the same e-mail address or phone number is written by different hands.

Every style but the ones named below means the same address or number once it is normalised by the rules of
`aws-entity-resolution`.
"""

from __future__ import annotations

import polars as pl

PHONE_STYLES = 6
"""Ways in which a number of any country is written."""


def loyalty_email(email: pl.Expr, first: pl.Expr, last: pl.Expr, bits: pl.Expr) -> pl.Expr:
    """An address as acme's loyalty desk has it; about 2 % are empty and 3 % carry a plus tag (see `keeps_email`)."""
    style = bits % 100
    return (
        pl.when(style < 55).then(email)
        .when(style < 68).then(email.str.to_titlecase())
        .when(style < 78).then(email.str.to_uppercase())
        .when(style < 86).then(pl.concat_str(pl.lit("  "), email, pl.lit(" ")))
        .when(style < 90).then(pl.concat_str(first, pl.lit(" "), last, pl.lit(" <"), email, pl.lit(">")))
        .when(style < 93).then(email.str.replace("@", "(at)", literal=True))
        .when(style < 95).then(email.str.replace("@", " @", literal=True))
        .when(style < 98).then(email.str.replace("@", "+shop@", literal=True))
        .otherwise(pl.lit(""))
    )  # fmt: skip


def keeps_email(bits: pl.Expr) -> pl.Expr:
    """Whether `loyalty_email` still means the person's own address: neither empty nor with a plus tag.

    A tag's letters stay in the address under `aws-entity-resolution`, so it is another address to everybody.
    """
    return bits % 100 < 95


def viewer_email(email: pl.Expr, bits: pl.Expr) -> pl.Expr:
    """An address as streamly's players send it; about 4 % are null."""
    style = bits % 100
    return (
        pl.when(style < 50).then(email)
        .when(style < 70).then(email.str.to_uppercase())
        .when(style < 80).then(pl.concat_str(email, pl.lit("\t")))
        .when(style < 88).then(pl.concat_str(pl.lit("\u00a0"), email))
        .when(style < 96).then(pl.concat_str(pl.lit("<"), email, pl.lit(">")))
    )  # fmt: skip


def has_viewer_email(bits: pl.Expr) -> pl.Expr:
    """Whether `viewer_email` is not null."""
    return bits % 100 < 96


def order_email(email: pl.Expr, bits: pl.Expr) -> pl.Expr:
    """An address as typed at the checkout; about 1 % are null."""
    style = bits % 100
    return (
        pl.when(style < 80).then(email)
        .when(style < 92).then(email.str.to_titlecase())
        .when(style < 99).then(pl.concat_str(email, pl.lit(" ")))
    )  # fmt: skip


def has_order_email(bits: pl.Expr) -> pl.Expr:
    """Whether `order_email` is not null."""
    return bits % 100 < 99


def phone(country: pl.Expr, area: pl.Expr, block: pl.Expr, line: pl.Expr, bits: pl.Expr) -> pl.Expr:
    """A phone number in one of six styles of its country; about 5 % are empty and 1 % say `n/a`."""
    style, filled = bits % PHONE_STYLES, bits // PHONE_STYLES % 100
    american = _styles(
        style,
        ("(", area, ") ", block, "-", line),
        (area, "-", block, "-", line),
        ("+1 ", area, " ", block, " ", line),
        ("1.", area, ".", block, ".", line),
        (area, block, line),
        ("+1 (", area, ") ", block, "-", line),
    )
    british = _styles(
        style,
        ("0", area, " ", block, line),
        ("+44 ", area, " ", block, line),
        ("0044 ", area, " ", block, " ", line),
        ("0", area, "-", block, "-", line),
        ("44", area, block, line),
        ("+44-", area, "-", block, "-", line),
    )
    german = _styles(
        style,
        ("0", area, " ", block, line),
        ("+49 ", area, " ", block, " ", line),
        ("0049 ", area, "/", block, line),
        ("0", area, "/", block, " ", line),
        ("49", area, block, line),
        ("+49-", area, "-", block, line),
    )
    number = pl.when(country == "US").then(american).when(country == "GB").then(british).otherwise(german)
    return pl.when(filled < 94).then(number).when(filled < 99).then(pl.lit("")).otherwise(pl.lit("n/a"))


def _styles(style: pl.Expr, *written: tuple[str | pl.Expr, ...]) -> pl.Expr:
    texts = [pl.concat_str([pl.lit(part) if isinstance(part, str) else part for part in parts]) for parts in written]
    choice = texts[-1]
    for number, text in enumerate(texts[:-1]):
        choice = pl.when(style == number).then(text).otherwise(choice)
    return choice
