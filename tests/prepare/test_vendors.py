"""The standards of UID2, Google and Meta: their documents' cases, and their own libraries over generated input."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from facebook_business.adobjects.serverside.normalize import Normalize  # type: ignore[import-untyped]
from google.ads.datamanager_util import Formatter  # type: ignore[attr-defined]  # not in its __all__
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from uid2_client import input_util  # type: ignore[import-untyped]

from antechamber.prepare.standards import STANDARDS

FOLDER = Path(__file__).parent / "conformance"
OURS = ("uid2", "google", "meta")
CASES = [(name, case) for name in OURS for case in csv.DictReader((FOLDER / f"{name}.csv").open(encoding="utf-8"))]
COUNTRIES = {"us", "ca", "gb", "de", "fr", "it", "es", "in", "jp", "au", "br", "mx", "nl", "se", "ch"}
OF_A_COUNTRY = ("phone", "address", "city", "state", "postal_code")
RULES = (
    "email", "phone", "first_name", "last_name", "full_name", "address", "city", "state", "postal_code", "country",
    "date_of_birth", "gender", "mobile_ad_id", "ip_address", "external_id",
)  # fmt: skip


def made(standard: str, kind: str, values: list[str], country: str | list[str] = "") -> list[str | None]:
    """What a standard makes of values; the country as a connector declares it."""
    rules: Any = STANDARDS[standard]  # type: ignore[index]
    text = pl.Series(values, dtype=pl.String)
    if kind not in OF_A_COUNTRY:
        split = getattr(rules, kind)(text)
    elif isinstance(country, str):
        written = rules.country(pl.Series([country])).value().fill_null("").item() if country else ""
        split = getattr(rules, kind)(text, written)
    else:
        split = getattr(rules, kind)(text, rules.country(pl.Series(country, dtype=pl.String)).value().fill_null(""))
    found: list[str | None] = split.value().to_list()
    return found


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{n} {name}" for n, (name, _) in enumerate(CASES)])
def test_a_value_becomes_what_the_vendor_asks_for(name: str, case: dict[str, str]) -> None:
    assert made(name, case["type"], [case["value"]], case["country"]) == [case["expected"] or None], case["source"]


@pytest.mark.parametrize("name", OURS)
def test_all_cases_of_a_type_in_one_batch_come_out_the_same(name: str) -> None:
    for kind in RULES:
        cases = [case for own, case in CASES if own == name and case["type"] == kind]
        values, countries = [case["value"] for case in cases], [case["country"] for case in cases]
        assert made(name, kind, values, countries) == [case["expected"] or None for case in cases]


@pytest.mark.parametrize("name", OURS)
def test_the_cases_cover_every_country(name: str) -> None:
    cases = [case for own, case in CASES if own == name]
    assert len(cases) >= 60
    assert {case["country"].lower() for case in cases} >= COUNTRIES


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp"))
MAIL = st.from_regex(
    r"[ ]{0,2}[A-Za-z0-9.+_'-]{1,12}@(gmail\.com|GMail\.com|googlemail\.com|[A-Za-z]{1,6}\.[a-z]{2,4})[ ]?",
    fullmatch=True,
)
WORDS = st.one_of(st.text(LETTERS, max_size=30), st.from_regex(r"[ ]?[A-Za-zÀ-ž0-9.'()_ -]{1,25}", fullmatch=True))


def answer(function: Callable[..., str | None], *arguments: Any) -> str | None:
    """What a library says; None where it refuses."""
    try:
        return function(*arguments) or None
    except (ValueError, TypeError):
        return None


def lowered_alike(text: str) -> bool:
    """Whether this Python's Unicode knows all of it, as Rust's does."""
    return all(unicodedata.category(letter) != "Cn" for letter in text) and text.isprintable()


@settings(max_examples=150, deadline=None)
@given(MAIL)
def test_mail_is_what_each_vendors_own_library_makes_of_it(text: str) -> None:
    assert made("uid2", "email", [text]) == [input_util.normalize_email_string(text)]
    assert made("google", "email", [text]) == [answer(Formatter().format_email_address, text)]
    assert made("meta", "email", [text]) == [answer(Normalize.normalize_field_skip_hashing, "em", text)]


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_words_are_what_googles_library_makes_of_them(text: str) -> None:
    assume(lowered_alike(text))
    google = Formatter()
    assert made("google", "first_name", [text]) == [answer(google.format_given_name, text)]
    assert made("google", "last_name", [text]) == [answer(google.format_family_name, text)]
    assert made("google", "postal_code", [text]) == [answer(google.format_postal_code, text)]
    for kind, function in (
        ("city", google.format_city),
        ("address", google.format_address_line),
        ("state", google.format_administrative_area),
    ):
        expected = answer(function, text)
        assert made("google", kind, [text]) == [expected if expected and expected.strip() else None]


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_places_and_names_are_metas_librarys_without_what_its_page_takes_out(text: str) -> None:
    assume(lowered_alike(text))

    def by_library(field: str) -> str:
        return answer(Normalize.normalize_field_skip_hashing, field, text) or ""

    def letters(value: str, more: str = "") -> str | None:
        kept = (each for each in value if unicodedata.category(each)[0] in "LM" + more)
        return "".join(kept).strip() or None

    assert made("meta", "city", [text]) == [letters(by_library("ct"))]
    assert made("meta", "state", [text], "DE") == [letters(by_library("st"))]
    assert made("meta", "first_name", [text]) == [letters(by_library("fn"), "NZ")]
    assert made("meta", "postal_code", [text], "DE") == [letters(by_library("zp"), "N")]


@settings(max_examples=150, deadline=None)
@given(st.from_regex(r"\+?[1-9][0-9]{1,3}[ -]?\(?[1-9][0-9]{1,3}\)?[ .-]?[0-9]{3}[ -]?[0-9]{3,5}", fullmatch=True))
def test_a_number_that_is_international_is_what_the_libraries_make_of_it(text: str) -> None:
    text = "+" + text.lstrip("+")
    digits = "+" + re.sub(r"\D", "", text)
    assume(11 <= len(digits) <= 16)
    ours = made("google", "phone", [text])[0]
    assume(ours is None or len(ours) > 10)  # UID2 takes no fewer
    assert made("uid2", "phone", [text]) == [ours]
    assert made("meta", "phone", [text]) == [ours and ours[1:]]
    assert ours is not None and input_util.is_phone_number_normalized(ours)
    # libphonenumber takes a trunk prefix out (+49 0…, +1 1…); E.164, which Google's page asks for, has none.
    assert ours == answer(Formatter().format_phone_number, text) or len(ours) < len(digits)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=30), MAIL, WORDS), min_size=1, max_size=12))
def test_any_text_has_one_meaning_in_every_batch(name: str, values: list[str]) -> None:
    for kind in RULES:
        if kind == "date_of_birth":
            continue
        whole = made(name, kind, values, "GB")
        assert whole == [each for value in values for each in made(name, kind, [value], "GB")]
        assert made(name, kind, values[::-1], ["GB"] * len(values)) == whole[::-1]
        assert "" not in whole


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(MAIL, WORDS), min_size=1, max_size=12))
def test_what_is_normalised_stays_as_it_is(name: str, values: list[str]) -> None:
    """Not Google's places: its library may leave white space at the end, which it would trim another time."""
    for kind in RULES:
        if kind == "date_of_birth" or (name == "google" and kind in ("city", "state", "address")):
            continue
        once = [each for each in made(name, kind, values, "US") if each is not None]
        assert made(name, kind, once, "US") == once, kind


@pytest.mark.parametrize(
    ("raw", "normalised", "hashed"),
    [
        ("MyEmail@example.com", "myemail@example.com", "FsGNM28LJQ8OLZB0Us65ZYp07NrovJSGTCMSKnLMJ6U="),
        ("JANE.SAOIRSE@gmail.com", "janesaoirse@gmail.com", "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8="),
    ],
)
def test_the_hashes_of_uid2s_page_come_out(raw: str, normalised: str, hashed: str) -> None:
    assert made("uid2", "email", [raw]) == [normalised]
    assert base64.b64encode(hashlib.sha256(normalised.encode()).digest()).decode() == hashed
    assert input_util.normalize_and_hash_email(raw) == hashed
