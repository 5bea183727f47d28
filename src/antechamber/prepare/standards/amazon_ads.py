"""Amazon Ads and Amazon Marketing Cloud: the rules of AWS's open-source uploader, oddities and all.

Source: `aws-solutions/amazon-marketing-cloud-uploader-from-aws`, `source/glue/library` at commit 0cbf8c1 (version
of 2025-10-02), read on 2026-11-25. Its street words and states are in `amazon_ads.json` beside this module.
Amazon's older `amzn/amazon-ads-advertiser-audience-normalization-sdk-py` (commit 45142cb, 2022-05-23) has the same
street words but knows neither `west` nor a full stop between words; the uploader took both in as corrections, and
so do we.

The uploader knows US, CA, GB, FR, DE, IT, ES, IN and JP. For any other country it says nothing: the rules that it
has for countries without a list of their own apply. It has no dates, genders, device ids or addresses of hosts.
"""

from __future__ import annotations

import json
import re
from functools import cache, partial
from importlib.resources import files
from typing import Any

import polars as pl

from antechamber.prepare.phones import e164
from antechamber.prepare.standards.by_country import by_country
from antechamber.prepare.standards.customary import Customary
from antechamber.prepare.standards.international import international, without_plus
from antechamber.prepare.standards.places import country_code
from antechamber.prepare.text import (
    Split,
    by_distinct,
    change,
    has_other_than_ascii,
    keep,
    lower,
    none_of,
    replace_substrings,
)

LETTERS = {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae"}
BETWEEN_WORDS = r"[\s\x1c-\x1f,.!\[\]{}()]+"
CARE_OF = r"\bC/O\b"
NUMBERS = r"[^\x00-/:-\x7F]+"
"""ASCII digits, and all that is not ASCII, of which some are digits too."""

POSTAL_CODES = {
    "ca": ("0-9A-Za-z", 6, "^(?:[A-Za-z][0-9]){3}$"),
    "gb": ("0-9A-Za-z", 7, "^(?:[A-Za-z]{1,2}[0-9]{2,3}|[A-Za-z]{1,2}[0-9][A-Za-z][0-9])[A-Za-z]{2}$"),
    "in": (r"\p{Nd}", 6, r"^\p{Nd}{6}$"),
    "jp": ("0-9", 7, "^[0-9]{7}$"),
    "": ("0-9", 5, "^[0-9]{5}$"),
}
"""Country → the characters that stay, how many of them, what they must be."""


class AmazonAds(Customary):
    """The standard `amazon-ads`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """email_normalizer.py: lower case; word characters, '.', '@', '-' stay; it must begin as an address does."""
        lowered = lower(text)
        return Split(lowered, lowered.str.contains("^[a-z0-9_.-]+@[a-z0-9_.-]+$"), _email, (lowered,))

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """phone_normalizer.py: E.164 without '+' of what libphonenumber calls possible.

        The uploader wants numbers that begin with their country code, with or without '+'. Ours: with a country,
        national spellings are read first.
        """
        return Split(text, none_of(text), _phone, (text, _repeated(country, text)))

    def first_name(self, text: pl.Series) -> Split:
        """default_normalizer.py: lower case, ß ä ö ü ø æ written out, a–z and 0–9 stay. Other accents are dropped."""
        lowered = lower(text)
        return Split(lowered, lowered.str.contains("^[a-z0-9]+$"), _default, (lowered,))

    def last_name(self, text: pl.Series) -> Split:
        """default_normalizer.py."""
        return self.first_name(text)

    def full_name(self, text: pl.Series) -> Split:
        """default_normalizer.py, which every field without a rule of its own gets."""
        return self.first_name(text)

    def address(self, text: pl.Series, country: pl.Series | str) -> Split:
        """address_normalizer.py: words by the country's list, then nothing between them."""
        known = _words()["street_words"]
        rule = partial(by_country, known=known, rule=_address)
        return Split.by_country(text, none_of(text), rule, text, country)

    def city(self, text: pl.Series, country: pl.Series | str) -> Split:
        """city_normalizer.py: lower case, a–z and 0–9 stay; no letter is written out."""
        lowered = lower(text)
        return Split(lowered, lowered.str.contains("^[a-z0-9]+$"), lambda rest: keep(rest, "a-z0-9"), (lowered,))

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        """state_normalizer.py: the country's code of a name, else the first two letters."""
        known = _words()["states"]
        lowered = lower(text)
        # No name in the lists has two letters.
        tidy = lowered.str.contains("^[a-z]{2}$")
        return Split.by_country(lowered, tidy, partial(by_country, known=known, rule=_state), text, country)

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """zip_normalizer.py: by country; else the first five digits. The case of letters stays as it is."""
        of_none = isinstance(country, str) and country not in POSTAL_CODES
        tidy = text.str.contains("^[0-9]{5}$") if of_none else none_of(text)
        rule = partial(by_country, known=POSTAL_CODES, rule=_postal_code)
        return Split.by_country(text, tidy, rule, text, country)

    def country(self, text: pl.Series) -> Split:
        """The uploader is told the country as an ISO 3166-1 alpha-2 code. Ours: names become codes, in lower case."""
        lowered = lower(text)
        return Split(
            lowered, lowered.str.contains("^[a-z]{2}$") & ~lowered.is_in(["uk", "el"]), country_code, (lowered,)
        )

    def date_of_birth(self, text: pl.Series) -> Split:
        """default_normalizer.py: of `YYYY-MM-DD` the digits stay."""
        return Split(text, none_of(text), lambda rest: rest.str.replace_all("-", "", literal=True), (text,))


def _repeated(country: pl.Series | str, text: pl.Series) -> pl.Series:
    return pl.Series([country]).new_from_index(0, len(text)) if isinstance(country, str) else country


def _email(text: pl.Series) -> pl.Series:
    kept = keep(text, r"\p{L}\p{N}_.@-")
    return kept.zip_with(kept.str.contains(r"^[\p{L}\p{N}_.-]+@[\p{L}\p{N}_.-]"), _empty(kept))


def _empty(text: pl.Series) -> pl.Series:
    return pl.repeat("", len(text), dtype=pl.String, eager=True)


def _phone(text: pl.Series, country: pl.Series) -> pl.Series:
    # What begins with '+', or whose country is not known, is read as the uploader reads it and in no other way.
    spelled_out = text.str.starts_with("+") | (country == "")
    number = change(text, ~spelled_out, international, text, country)
    missing = spelled_out | number.is_null()
    return without_plus(change(number, missing, _with_plus, text))


def _with_plus(text: pl.Series) -> pl.Series:
    return e164(change(text, ~text.str.starts_with("+"), lambda bare: "+" + bare), "", accept="possible")


def _default(text: pl.Series) -> pl.Series:
    return keep(change(text, has_other_than_ascii(text), lambda rest: replace_substrings(rest, LETTERS)), "a-z0-9")


def _address(text: pl.Series, country: str) -> pl.Series:
    upper = text.str.to_uppercase()
    upper = change(upper, upper.str.contains("C/O", literal=True), lambda rest: rest.str.replace_all(CARE_OF, " "))
    # Each word stands between two spaces of its own, so that words are found as ' WORD ' in one pass.
    words = "  " + upper.str.replace_all(BETWEEN_WORDS, "  ") + "  "
    words = change(words, words.str.contains("[#-]"), _split_at_dash_and_pound)
    listed = _words()["street_words"][country]
    words = replace_substrings(words, {f" {word} ": f" {to} " for word, to in listed.items()})
    return lower(words.str.replace_all(" ", "", literal=True))


def _split_at_dash_and_pound(words: pl.Series) -> pl.Series:
    """'12B' of '12-B', 'APT', '#', '4' of 'APT#4': by two patterns where there is at most one of each in a text."""
    numbers = words.str.count_matches(f" {NUMBERS}-[^ ]")
    simple = (numbers == 0) | ((numbers == 1) & words.str.contains(" [0-9]+-[0-9A-Z/]+ "))
    pounds = words.str.count_matches("#", literal=True)
    simple &= (pounds == 0) | ((pounds == 1) & words.str.contains(" [A-Z]*#[0-9A-Z/]* "))
    split = words.str.replace(" ([0-9]+)-([0-9/]*[A-Z/][0-9A-Z/]*) ", " ${1}  ${2} ")
    split = split.str.replace(" ([A-Z]*)#([0-9A-Z/]*) ", " ${1}  #  ${2} ")
    return change(split, ~simple, lambda rest: by_distinct(rest, _split_words), words)


def _split_words(text: str) -> str:
    """The rule in full. It goes by the words that there were at first, and so misses the last when one was split."""
    words = text.split()
    for place in range(len(words)):
        number, dash, rest = words[place].rpartition("-")
        if dash and number.isnumeric() and rest and not rest.isnumeric():
            words[place : place + 1] = [number, rest]
    for place in range(len(words)):
        at = place
        for found in re.finditer("([A-Z]*)#([0-9A-Z/-]*)", words[place]):
            parts = [part for part in (found[1], "#", found[2]) if part]
            if len(parts) > 1:
                # What else the word has is lost: '1A#2' is 'A', '#', '2'.
                words[at : at + 1] = parts
                at += len(parts) - 1
    return "".join(f"  {word}  " for word in words)


def _state(text: pl.Series, country: str) -> pl.Series:
    letters = keep(text.str.to_uppercase(), "A-Z")
    named: dict[str, str] = _words()["states"].get(country, {})
    short = change(letters, text.str.len_chars() > 2, lambda long: long.str.head(2))
    code = letters.replace_strict(named, default=None, return_dtype=pl.String) if named else short
    return lower(code.zip_with(code.is_not_null(), short))


def _postal_code(text: pl.Series, country: str) -> pl.Series:
    characters, length, valid = POSTAL_CODES[country]
    code = keep(text, characters).str.head(length)
    return code.zip_with(code.str.contains(valid), _empty(code))


@cache
def _words() -> dict[str, Any]:
    """The vocabularies, in capitals: word → word, by country."""
    content: dict[str, Any] = json.loads(files(__package__).joinpath("amazon_ads.json").read_text("utf-8"))
    return content
