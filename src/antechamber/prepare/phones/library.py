"""libphonenumber itself: what it makes of one text, for the spellings that the tables do not decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumber

from antechamber.prepare.phones.accepted import Accept

OTHER = "?"
"""Stands for every region that the library does not know; no code of a region has one letter."""


@cache
def known_regions() -> list[str]:
    """ISO 3166-1 alpha-2 codes of the regions that the library knows, in order."""
    return sorted(phonenumbers.SUPPORTED_REGIONS)


def parse(text: str, region: str, accept: Accept) -> PhoneNumber | None:
    """The number that the library reads in a text, or None.

    region: one that the library knows; any other text is none, and then only international spellings are read.
    """
    try:
        number = phonenumbers.parse(text, region if region in phonenumbers.SUPPORTED_REGIONS else None)
    except NumberParseException:
        return None
    taken = phonenumbers.is_valid_number if accept == "valid" else phonenumbers.is_possible_number
    return number if taken(number) else None


def ask(text: pl.Series, region: pl.Series, accept: Accept, written: Callable[[PhoneNumber], str]) -> pl.Series:
    """The number in each text, written out, or null; the library is called once for each distinct text and region."""
    pairs = region + ":" + text
    distinct = pairs.unique()
    answers = []
    for pair in distinct:
        known, _, spelled = pair.partition(":")
        number = parse(spelled, known, accept)
        answers.append(None if number is None else written(number))
    return pairs.replace_strict(distinct, pl.Series(answers, dtype=pl.String), return_dtype=pl.String)


def as_e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_national(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)
