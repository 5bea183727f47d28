"""Digits dialled in the United States come out exactly as libphonenumber reads them."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneMetadata

from antechamber.prepare import phone_numbers
from antechamber.prepare.phone_numbers import national_number


def numbers_of_every_area_code(seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"{area:03d}{chance.randrange(10**7):07d}" for area in range(1000) for _ in range(40)]


def by_the_library(digits: str) -> str:
    """The national number of a valid number, else the digits."""
    try:
        number = phonenumbers.parse(digits, "US")
    except phonenumbers.NumberParseException:
        return digits
    return str(number.national_number) if phonenumbers.is_valid_number(number) else digits


def test_every_area_code_behind_a_country_code_is_as_valid_as_the_library_says() -> None:
    digits = ["1" + number for number in numbers_of_every_area_code(1)]
    found = national_number(pl.Series(digits), country_code_returns=False).to_list()
    assert found == [by_the_library(one) for one in digits]
    valid = sum(len(number) == 10 for number in found)
    assert 0.05 < valid / len(found) < 0.95


@pytest.mark.parametrize("front", ["", "1", "11", "111", "0", "011", "01144", "310", "1310", "11310"])
@pytest.mark.parametrize("returns", [True, False])
def test_digits_of_every_length_come_out_as_the_library_makes_them(front: str, returns: bool) -> None:
    chance = random.Random(front)
    digits = [front + "".join(chance.choices("0123456789", k=chance.randrange(18))) for _ in range(1500)]
    digits += [front + number for number in numbers_of_every_area_code(2)[::40]]
    found = national_number(pl.Series(digits), country_code_returns=returns).to_list()
    for one, ours in zip(digits, found, strict=True):
        theirs = by_the_library(one)
        if returns:
            ours, theirs = with_code(ours), with_code(theirs)
        assert ours.lstrip("0") == theirs.lstrip("0"), one


def with_code(digits: str) -> str:
    digits = digits.lstrip("0")
    return digits if digits.startswith("1") else "1" + digits


def test_the_metadata_still_has_the_shape_that_the_shortcut_relies_on() -> None:
    metadata = PhoneMetadata.metadata_for_region("US")
    assert metadata is not None
    assert metadata.international_prefix == "011"
    assert metadata.national_prefix_for_parsing == "1"
    assert metadata.national_prefix_transform_rule is None
    assert metadata.leading_digits is None


def test_ordinary_american_numbers_are_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> pl.Series:
        raise AssertionError

    monkeypatch.setattr(phone_numbers, "national", never)
    ordinary = [number for number in numbers_of_every_area_code(3) if number[0] in "23456789"]
    national_number(pl.Series(ordinary), country_code_returns=False)
    national_number(pl.Series([*ordinary, *("1" + number for number in ordinary)]), country_code_returns=True)
