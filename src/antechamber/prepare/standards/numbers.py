"""Phone numbers as vendors' own libraries read them: what is international stays, all else libphonenumber reads."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.phones import e164
from antechamber.prepare.standards.international import international
from antechamber.prepare.text import Split, change, none_of, only, trim

SEPARATORS = r"[ ().\-/\x{A0}]+"
"""What people write between digits."""


def e164_split(text: pl.Series, country: pl.Series | str, *, plus: bool, fewest: int = 7) -> Split:
    """A rule of the phone: E.164 with its '+' or without. fewest: digits of a number, its calling code among them."""

    def full(texts: pl.Series, of: pl.Series | str) -> pl.Series:
        number = _number(texts, of)
        number = only(number, number.str.len_bytes().is_between(fewest + 1, 16))
        return number if plus else number.str.strip_prefix("+")

    return Split.by_country(text, none_of(text), full, text, country)


def _number(text: pl.Series, country: pl.Series | str) -> pl.Series:
    """E.164 with '+'; null where there is no number.

    The vendors' libraries take ten to fifteen digits behind a '+' as they are; so do we where libphonenumber finds no
    number in them. Without a country 00 is read as a '+', as Meta's library does, and eleven digits or more as
    a number with its calling code where there is such a number: fewer may as well be a national number.
    """
    bare = trim(text).str.replace_all(SEPARATORS, "")
    unknown = country == "" if isinstance(country, pl.Series) else pl.repeat(country == "", len(text), eager=True)
    bare = change(bare, unknown & bare.str.contains("^00[1-9]"), lambda digits: "+" + digits.str.slice(2))
    number = international(bare.zip_with(unknown, text), country)
    taken = number.is_null() & bare.str.contains("^[+][1-9][0-9]{9,14}$")
    number = bare.zip_with(taken, number)
    whole = number.is_null() & unknown & bare.str.contains("^[1-9][0-9]{10,14}$")
    return change(number, whole, lambda digits: e164("+" + digits, ""), bare)
