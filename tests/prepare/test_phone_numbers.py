"""Expressions decide about phone numbers exactly as libphonenumber does."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneMetadata

from antechamber.prepare import phone_numbers
from antechamber.prepare.phone_numbers import ask, is_valid, national_number


def numbers_of_every_area_code(seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"{area:03d}{chance.randrange(10**7):07d}" for area in range(1000) for _ in range(40)]


def test_every_area_code_is_as_valid_as_the_library_says() -> None:
    numbers = numbers_of_every_area_code(1)
    expected = [
        phonenumbers.is_valid_number(phonenumbers.PhoneNumber(country_code=1, national_number=int(number)))
        if number[0] != "0"
        else False
        for number in numbers
    ]
    assert is_valid(pl.Series(numbers)).to_list() == expected
    assert 0.05 < sum(expected) / len(expected) < 0.95


@pytest.mark.parametrize("front", ["", "1", "11", "111", "0", "011", "01144", "310", "1310", "11310"])
@pytest.mark.parametrize("returns", [True, False])
def test_digits_of_every_length_come_out_as_the_library_makes_them(front: str, returns: bool) -> None:
    chance = random.Random(front)
    digits = [front + "".join(chance.choices("0123456789", k=chance.randrange(18))) for _ in range(1500)]
    digits += [front + number for number in numbers_of_every_area_code(2)[::40]]
    found = national_number(pl.Series(digits), country_code_returns=returns).to_list()
    for one, ours in zip(digits, found, strict=True):
        theirs = ask(one)
        if returns:
            ours, theirs = with_code(ours), with_code(theirs)
        assert ours.lstrip("0") == theirs.lstrip("0"), one


def with_code(digits: str) -> str:
    digits = digits.lstrip("0")
    return digits if digits.startswith("1") else "1" + digits


def test_the_metadata_still_has_the_shape_that_the_expressions_rely_on() -> None:
    metadata = PhoneMetadata.metadata_for_region("US")
    assert metadata is not None
    assert metadata.international_prefix == "011"
    assert metadata.national_prefix_for_parsing == "1"
    assert metadata.national_prefix_transform_rule is None
    assert metadata.leading_digits is None
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        of_region = PhoneMetadata.metadata_for_region(region)
        assert of_region is not None
        assert of_region.general_desc is not None
        lengths = {
            length
            for kind in phone_numbers.KINDS
            if (found := getattr(of_region, kind)) is not None and found.national_number_pattern
            for length in found.possible_length or of_region.general_desc.possible_length
        }
        assert lengths <= {7, 10}


def test_ordinary_american_numbers_never_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def recorded(digits: str) -> str:
        asked.append(digits)
        return digits

    monkeypatch.setattr(phone_numbers, "ask", recorded)
    ordinary = [number for number in numbers_of_every_area_code(3) if number[0] in "23456789"]
    digits = pl.Series([*ordinary, *("1" + number for number in ordinary)])
    for returns in (True, False):
        national_number(digits, country_code_returns=returns)
    assert asked == []
