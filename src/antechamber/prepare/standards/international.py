"""Phone numbers in international form, for standards whose documents say how a number is written, not which exist."""

from __future__ import annotations

import phonenumbers
import polars as pl

from antechamber.prepare.phones import e164
from antechamber.prepare.text import only

CALLING_CODE = rf"^\+(?:{'|'.join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))})"
"""What an E.164 number begins with. No calling code begins with another."""


def international(text: pl.Series, country: pl.Series | str) -> pl.Series:
    """'+', calling code, national number; null where libphonenumber reads none.

    country: ISO 3166-1 alpha-2 in lower case, "" when it is not known: whose national spellings are read.

    Taken is what has the length of a number, in use or not: vendors' own examples are often of ranges that were never
    assigned, such as 555. In the North American plan that length is ten digits; seven are a number within one town.
    """
    region = country.upper() if isinstance(country, str) else country.str.to_uppercase()
    number = e164(text, region, accept="possible")
    return only(number, ~number.str.contains("^[+]1[0-9]{0,9}$"))


def without_plus(number: pl.Series) -> pl.Series:
    """E.164 numbers without their '+'."""
    return number.str.strip_prefix("+")


def national(number: pl.Series) -> pl.Series:
    """E.164 numbers without '+' and calling code."""
    return number.str.replace(CALLING_CODE, "")
