"""Promises of every standard, over any text at all."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.prepare.standards import STANDARDS
from antechamber.prepare.text import Split

OF_A_COUNTRY = ("phone", "address", "city", "state", "postal_code")
TYPES = [
    "email", "phone", "first_name", "last_name", "full_name", "address", "city", "state", "postal_code", "country",
    "gender", "mobile_ad_id", "ip_address", "external_id",
]  # fmt: skip
STAYS = {
    "amazon-ads": ["email", "first_name", "full_name", "city", "country", "postal_code", "mobile_ad_id"],
    "tiktok": [each for each in TYPES if each != "phone"],
    "snap": [each for each in TYPES if each != "phone"],
    "liveramp": [each for each in TYPES if each != "phone"],
}
"""What a second time changes nothing. A phone number without its '+' is not read a second time without a country;
Amazon's states and street words are not made to be."""

COUNTRIES = [
    "",
    "us",
    "ca",
    "gb",
    "de",
    "fr",
    "it",
    "es",
    "in",
    "jp",
    "au",
    "br",
    "mx",
    "nl",
    "se",
    "ch",
    "zz",
    "日本",
]
SHAPED = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[ ]?\w{1,6}(\+\w)?@[\w.]{1,8}[ ]?", fullmatch=True),
    st.from_regex(r"(\+|00)?[ 0-9().-]{0,18}", fullmatch=True),
    st.from_regex(r"([0-9]{1,3}-?[A-Z]? )?(north|c/o|#4|a#|Straße|rue)(, \w{1,5}){0,3}[.!]?", fullmatch=True),
    st.from_regex(r"[A-Za-z]{1,2}[0-9]{1,2}[ -]?[0-9][A-Za-z]{2}|[0-9]{5}(-[0-9]{4})?", fullmatch=True),
    st.sampled_from(["a" * 64, "İ", "ﬁ", "ß", "e\u0301", "\x00", "٣٤٥", "\ud7ff", "California", "N.Y.", "::1", "{}"]),
)
PAIRS = st.lists(st.tuples(SHAPED, st.sampled_from(COUNTRIES)), min_size=1, max_size=25)


def applied(standard: str, type: str, values: list[str], countries: list[str] | str) -> list[str | None]:
    rule: Callable[..., Split] = getattr(STANDARDS[standard], type)  # type: ignore[index]
    text = pl.Series(values, dtype=pl.String)
    if type not in OF_A_COUNTRY:
        return rule(text).value().to_list()
    return rule(text, countries if isinstance(countries, str) else pl.Series(countries)).value().to_list()


@pytest.mark.parametrize("standard", STANDARDS)
@settings(max_examples=8, deadline=None)
@given(pairs=PAIRS, chance=st.randoms())
def test_batch_size_order_and_countries_beside_it_never_change_a_value(
    standard: str, pairs: list[tuple[str, str]], chance: random.Random
) -> None:
    values, countries = [value for value, _ in pairs], [country for _, country in pairs]
    order = list(range(len(pairs)))
    chance.shuffle(order)
    for type in TYPES:
        together = applied(standard, type, values, countries)
        shuffled = applied(standard, type, [values[n] for n in order], [countries[n] for n in order])
        assert shuffled == [together[n] for n in order], type
        alone = [applied(standard, type, [value], country)[0] for value, country in pairs]
        assert alone == together, type
        assert "" not in together


@pytest.mark.parametrize("standard", STAYS)
@settings(max_examples=20, deadline=None)
@given(values=st.lists(SHAPED, min_size=1, max_size=25), country=st.sampled_from(COUNTRIES))
def test_what_is_normalised_stays_as_it_is(standard: str, values: list[str], country: str) -> None:
    for type in STAYS[standard]:
        once = [value for value in applied(standard, type, values, country) if value is not None]
        if once:
            assert applied(standard, type, once, country) == once, type


@pytest.mark.parametrize(("standard", "plus"), [("tiktok", "+"), ("snap", ""), ("amazon-ads", "")])
def test_one_number_in_many_spellings_is_one_key(standard: str, plus: str) -> None:
    spellings = ["020 7183 8750", "+44 20 7183 8750", "+44 (0)20 7183 8750", "0044 20 7183 8750", "(020) 7183-8750"]
    assert set(applied(standard, "phone", spellings, "gb")) == {f"{plus}442071838750"}


def test_one_letter_in_two_encodings_is_one_key() -> None:
    for standard in ("tiktok", "snap", "liveramp"):
        composed, decomposed = applied(standard, "first_name", ["José", "Jose\u0301"], "")
        assert composed == decomposed == "josé"
