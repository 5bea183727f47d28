"""Spellings: what people write around the digits, and which of it the library takes no notice of.

Only spellings are decided here of which it is certain what the library sees; all others are its own to read.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from antechamber.prepare.text import change

PUNCTUATION = r" \-().\[\]/\x{2010}-\x{2015}\x{2212}\x{30FC}\x{FF0D}-\x{FF0F}\x{A0}\x{AD}\x{200B}\x{2060}\x{3000}"
"""The library's, but for what may begin an extension (x, ~); inside of a regular expression's `[…]`."""
IN_FRONT = r"\x00-*,\-./:<-~"
"""ASCII but digits, '+' and ';', which begins a parameter of RFC 3966: skipped before the first digit or '+'."""
PLAIN = rf"^[{IN_FRONT}]*\+*(?:[{PUNCTUATION}]*[0-9]){{3,32}}[{PUNCTUATION}]*"
EXTENSION = r"(?i-u: {0,3}(?:x|ext\.?|extension) ?[0-9]{1,7})"
MOST_BYTES = 250
"""The library reads no text of more characters."""
NEVER = r"^[\x00-\x7F--0-9]*[0-9]?[\x00-\x7F--0-9]*$"
"""ASCII with fewer than two digits: not enough for any number."""


@dataclass(frozen=True)
class Spelled:
    """Rows by their spelling.

    plain: one number and nothing else: `text` has its digits, among others' but no other digits, and `plus` says
    whether a '+' stands in front. never: there is no number in it. All others are the library's to read.
    """

    plain: pl.Series
    text: pl.Series
    plus: pl.Series
    never: pl.Series


def spelled(text: pl.Series) -> Spelled:
    """How each number is spelled."""
    short = text.str.len_bytes() <= MOST_BYTES
    plain = text.str.contains(PLAIN + "$") & short
    never = ~plain
    if never.any():
        never = change(never, never, lambda texts: texts.str.contains(NEVER), text)
        rest = ~plain & ~never & short
        text = change(text, rest, lambda texts: texts.str.extract(f"({PLAIN}){EXTENSION}$").fill_null(""))
        plain = plain | (rest & (text != ""))
    return Spelled(plain, text, text.str.contains("+", literal=True), never)
