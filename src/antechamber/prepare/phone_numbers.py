"""Numbers of the North American Numbering Plan, as libphonenumber sees them from the United States.

The question is always the same: digits, parsed with the region US; when they are a valid number, which is its
national number? Asking the library costs about 30 µs a number, so expressions answer what follows from the
metadata and only the rest is asked, once for each distinct value of a batch.

Why the expressions are enough (metadata of region US: international prefix 011, national prefix 1, no transform):

- Digits that begin with neither 1 nor 011 lose nothing in parsing: valid or not, they stay as they are (but for
  leading zeros, which no valid number has and which the caller removes).
- Of digits that begin with 1, parsing removes that 1 (the country code), and up to two more (national prefixes).
  A valid number has 7 or 10 digits, so of 11 digits only the rest can be one, or the digits stay; which of the two,
  the metadata's own patterns say.
- Everything else that can change (from 1, but not 11 digits; 011 and a foreign number) is asked.
"""

from __future__ import annotations

from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

from antechamber.prepare.text import by_distinct, change

COUNTRY_CODE = 1
KINDS = (
    "fixed_line", "mobile", "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip


def national_number(digits: pl.Series, *, country_code_returns: bool) -> pl.Series:
    """The national number where `digits`, dialled in the United States, are valid; else the digits.

    digits: 0–9 only, may be empty. The result may still have leading zeros where the digits are not valid.
    country_code_returns: the caller puts a missing 1 in front again. Then 11 digits from 1 need not be looked at:
        valid or not, they come out the same.
    """
    unsure = digits.str.contains("^(?:011|1(?:[0-9]{0,9}|[0-9]{11,})$)")
    answer = change(digits, unsure, lambda values: by_distinct(values, ask))
    if country_code_returns:
        return answer
    return change(answer, digits.str.contains("^1[2-9][0-9]{9}$"), _without_country_code)


def _without_country_code(digits: pl.Series) -> pl.Series:
    return change(digits, is_valid(digits.str.slice(1)), lambda valid: valid.str.slice(1))


def ask(digits: str) -> str:
    """What the library says: the national number of a valid number, else the digits."""
    try:
        number = phonenumbers.parse(digits, "US")
    except phonenumbers.NumberParseException:
        return digits
    return str(number.national_number) if phonenumbers.is_valid_number(number) else digits


def is_valid(number: pl.Series) -> pl.Series:
    """Whether 10 digits are a valid number of country code 1.

    As the library does it: the first region that claims the number decides. A region with leading digits claims
    what begins with them; one without claims what is a number of one of its kinds. The United States come first.
    """
    first, *others = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[COUNTRY_CODE]
    at_home = number.str.contains(_numbers_of(first))
    if at_home.all():
        return at_home
    abroad = number.filter(~at_home)
    valid = pl.repeat(False, len(abroad), dtype=pl.Boolean, eager=True)
    for region in reversed(others):
        numbers = abroad.str.contains(_numbers_of(region))
        leading = _metadata(region).leading_digits
        claimed = numbers if leading is None else abroad.str.contains(f"^(?:{_rust(leading)})")
        valid = numbers.zip_with(claimed, valid)
    return at_home | number.is_in(abroad.filter(valid).implode())


@cache
def _numbers_of(region: str) -> str:
    """A pattern of all 10-digit numbers of a region, of every kind."""
    metadata = _metadata(region)
    kinds = [getattr(metadata, kind) for kind in KINDS]
    patterns = [f"(?:{_rust(kind.national_number_pattern)})" for kind in kinds if _has_ten_digits(kind)]
    return f"^(?:{'|'.join(patterns)})$"


def _has_ten_digits(kind: PhoneNumberDesc | None) -> bool:
    return kind is not None and bool(kind.national_number_pattern) and 10 in (kind.possible_length or (10,))


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None  # noqa: S101 -- every region of the library's own list has metadata
    return metadata


def _rust(pattern: str) -> str:
    # In Rust \d is every decimal digit of Unicode.
    return pattern.replace(r"\d", "[0-9]")
