"""AWS Entity Resolution: the rules of AWS's published normalisation library, oddities and all.

Source: `aws-solutions-library-samples/guidance-for-customizing-normalization-library-for-aws-entity-resolution`,
`normalizeRules.json` and `Operations.java` at commit 3a32f1d, read on 2026-11-24. Its word lists are in
`aws_entity_resolution.json` beside this module. `docs/reference/preparation.md` lists the oddities.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from antechamber.prepare.phone_numbers import national_number
from antechamber.prepare.standards.customary import Customary
from antechamber.prepare.text import (
    CONTROLS_AND_SPACE,
    Split,
    by_distinct,
    change,
    decompose,
    has_other_than_ascii,
    keep,
    lower,
    none_of,
    only,
    replace_substrings,
    trim,
)

PUNCTUATION_OF_PHONES = [" ", "-", "(", ")", ".", "+", "/"]

UNKNOWN_COUNTRY = "?"
"""A country that no vocabulary knows (not the same as none: without a country a phone is read as American)."""


FEWEST_DIGITS = 7
MOST_DIGITS = 15
"""Of an international number, by ITU-T E.164."""


class AwsEntityResolution(Customary):
    """The standard `aws-entity-resolution`; implements Standard. The library knows no dates, genders or ids."""

    def email(self, text: pl.Series) -> Split:
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains(r"^[a-z0-9_.-]+@[a-z0-9_.-]+$"), _email, (tidied,))

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        # Replacing known punctuation is quicker than a pattern; what else there is, the full rule removes.
        digits = text.str.replace_many(PUNCTUATION_OF_PHONES, [""])
        if not isinstance(country, str):
            return Split(digits, none_of(digits), _phone_of_each_country, (digits, country))
        quick, tidy = _tidy_phone(digits, country)
        return Split(quick, tidy, lambda rest: _phone(keep(rest, "0-9"), country), (digits,))

    def first_name(self, text: pl.Series) -> Split:
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z]+$"), lambda rest: keep(_plain(rest), "a-zA-Z"), (tidied,))

    def address(self, text: pl.Series, country: pl.Series | str) -> Split:
        if isinstance(country, str):
            return Split(text, none_of(text), lambda rest: _address(rest, country), (text,))
        return Split(text, none_of(text), _address_of_each_country, (text, country))

    def city(self, text: pl.Series, country: pl.Series | str) -> Split:
        tidied = lower(trim(text))
        tidy = tidied.str.contains("^[a-z0-9]+$")
        return Split(tidied, tidy, lambda rest: keep(_plain(rest), "a-zA-Z0-9"), (tidied,))

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        tidied = lower(trim(text))
        # The shortest name in the list of states has four letters.
        return Split(tidied, tidied.str.contains("^[a-z0-9]{1,3}$"), _state, (tidied,))

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z0-9]+$"), _postal_code, (tidied,))

    def country(self, text: pl.Series) -> Split:
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z]{2}$"), _country, (tidied,))


def _email(text: pl.Series) -> pl.Series:
    plain = _plain(text)
    # The first '<' and the first '>' behind it; decomposing comes first, and makes '<' of U+226E.
    inside = plain.str.extract("<([^>]*)>")
    address = lower(inside.zip_with(inside.is_not_null(), plain))
    address = address.str.replace_all(r"[ \t\n\x0B\f\r]+", "").str.replace_all("(at)", "@", literal=True)
    address = keep(address, "a-zA-Z_0-9.@-")
    # Ours: the library knows no address that is not one.
    return only(address, address.str.contains("[^@]@+[^@]"))


def _tidy_phone(digits: pl.Series, country: str) -> tuple[pl.Series, pl.Series]:
    if country == "us":
        # Ten digits get their 1, eleven have it; phone_numbers says why their validity does not matter.
        ten = digits.str.len_bytes() == 10
        return change(digits, ten, lambda short: "1" + short), digits.str.contains("^1?[2-9][0-9]{9}$")
    if country == "":
        return digits, digits.str.contains("^[2-9][0-9]{9}$")
    code = _words()["calling_codes"].get(country, "[1-9]")
    return digits, digits.str.contains(f"^{code}[0-9]{{7,11}}$")


def _phone(digits: pl.Series, country: str) -> pl.Series:
    if country in ("us", ""):
        digits = national_number(digits, country_code_returns=country == "us")
    # Nothing but zeros stays as it is.
    digits = change(digits, digits.str.contains("^0+[1-9]"), lambda zeros: zeros.str.strip_chars_start("0"))
    code = _words()["calling_codes"].get(country)
    if code is not None:
        digits = change(digits, ~digits.str.starts_with(code), lambda national: code + national)
    # Ours: the library knows no number that is not one.
    return only(digits, digits.str.len_bytes().is_between(FEWEST_DIGITS, MOST_DIGITS))


def _phone_of_each_country(text: pl.Series, country: pl.Series) -> pl.Series:
    codes = _words()["calling_codes"]
    return _each_country(keep(text, "0-9"), country, {*codes, ""}, _phone)


def _address_of_each_country(text: pl.Series, country: pl.Series) -> pl.Series:
    return _each_country(text, country, set(_words()["street_words_by_country"]), _address)


def _each_country(
    text: pl.Series, country: pl.Series, known: set[str], rule: Callable[[pl.Series, str], pl.Series]
) -> pl.Series:
    """A rule for one country, applied to each country's texts. Countries that are not known share one rule."""
    present = country.unique()
    for code in known.intersection(present):
        text = change(text, country == code, lambda theirs, code=code: rule(theirs, code))
    return change(text, ~country.is_in(known), lambda theirs: rule(theirs, UNKNOWN_COUNTRY))


def _plain(text: pl.Series) -> pl.Series:
    return change(text, has_other_than_ascii(text), _without_accents)


def _without_accents(text: pl.Series) -> pl.Series:
    return decompose(text.str.replace_all("å", "aa", literal=True))


def _address(text: pl.Series, country: str) -> pl.Series:
    words = _words()
    street = [words["street_words"], words["street_words_by_country"].get(country, {})]
    # Each word stands between two spaces of its own, so that the words of a map are found as ' word ' in one pass.
    text = lower(text.str.strip_chars(CONTROLS_AND_SPACE)).str.replace_all(" ", "  ", literal=True)
    text = _replace_words(" " + text + " ", street)
    text = replace_substrings(text, {mark: to.replace(" ", "  ") for mark, to in words["delimiters"].items()})
    text = _replace_words(text, [words["directions"], words["number_words"]])
    text = _special_letters_and_accents(text)
    return keep(_replace_words(text, street), "a-zA-Z0-9")


def _replace_words(text: pl.Series, maps: Iterable[Mapping[str, str]]) -> pl.Series:
    """Whole words by one map after the other, in one pass."""
    composed: dict[str, str] = {}
    for following in maps:
        composed = {
            **{word: following.get(to, to) for word, to in composed.items()},
            **{word: to for word, to in following.items() if word not in composed},
        }
    return replace_substrings(text, {f" {word} ": f" {to} " for word, to in composed.items() if word != to})


def _special_letters_and_accents(text: pl.Series) -> pl.Series:
    return change(
        text,
        has_other_than_ascii(text),
        lambda special: _without_accents(replace_substrings(special, _words()["letters"])),
    )


def _state(text: pl.Series) -> pl.Series:
    text = keep(_special_letters_and_accents(text), "a-zA-Z0-9")
    named = text.str.contains_any([name for name, _ in _words()["states"]])
    return change(text, named, lambda names: by_distinct(names, _replace_states))


def _replace_states(text: str) -> str:
    # In the order of the list and inside longer words: 'westvirginia' becomes 'westva', 'arkansas' is met before
    # 'kansas'. That order is the rule.
    for name, code in _words()["states"]:
        text = text.replace(name, code)
    return text


def _postal_code(text: pl.Series) -> pl.Series:
    return keep(text.str.replace("(?s)-.*$", ""), "a-zA-Z0-9")


def _country(text: pl.Series) -> pl.Series:
    return keep(_plain(text), "a-zA-Z0-9").replace(_words()["countries"])


@cache
def _words() -> dict[str, Any]:
    """The vocabularies: text → text, states in their order."""
    content: dict[str, Any] = json.loads(files(__package__).joinpath("aws_entity_resolution.json").read_text("utf-8"))
    return content
