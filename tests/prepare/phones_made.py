"""Phone numbers made: of every region and kind, in every spelling, with noise; and texts that are hardly numbers."""

from __future__ import annotations

import random
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = [
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]
FRONTS = ["", "", "", "+", "0", "00", "011", "1", "8", "15", "810", "0011", "++", "Tel.: ", "(0)"]
NOISE = "0123456789 -().+x#/,;~*[]\u00a0\u2013\u200b\n\t٣３é"
HOSTILE = "0123456789+ x-()~;,#exten.:=tl\t\n\r\0 ٠١२３＋１﹢⁺²é😀abcXYZ/*\\[]{}'\"\u00a0\u200b\u2060\u202e\u0301ｘ"
WORDS = [
    "+", "tel:", ";phone-context=", ";isub=", ";ext=", " ext. ", "x", "extension", "доб", "anexo", ",,", "0800",
    "800", "+1", "+44", "0", "00", "650 253 0000", "020 7946 0018", "FLOWERS", "/", " x", "\u00a0", "555-12",
    "example.com",
]  # fmt: skip


@cache
def examples() -> list[tuple[str, PhoneNumber]]:
    """A number of each kind that each region has, and of each code without a region."""
    found = []
    for region in REGIONS:
        for kind in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append((region, number))
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        assert number is not None
        found.append(("", number))
    return found


def spelling(chance: random.Random) -> tuple[str, str]:
    """A number as somebody might write it, and the region in which it is read."""
    if chance.random() < 0.2:
        return _random_digits(chance)
    region, number = chance.choice(examples())
    if chance.random() < 0.8:
        number = _neighbour(chance, number)
    text = _written(chance, region, number)
    if chance.random() < 0.1:
        text = chance.choice([*FRONTS, str(number.country_code), f"00{number.country_code}"]) + text
    if chance.random() < 0.1:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(NOISE) + text[place:]
    if chance.random() < 0.05:
        text += chance.choice([" x12", "x1234", " ext. 9", " extension 17", "#5", ",,12", " / x3", " home"])
    if chance.random() < 0.15:
        region = chance.choice([*REGIONS, "", "XX", "usa"])
    return text, region


def _written(chance: random.Random, region: str, number: PhoneNumber) -> str:
    way = chance.randrange(6)
    if way < len(FORMATS):
        return phonenumbers.format_number(number, FORMATS[way])
    if way == len(FORMATS) and region:
        return phonenumbers.format_out_of_country_calling_number(number, region)
    return phonenumbers.national_significant_number(number)


def _neighbour(chance: random.Random, number: PhoneNumber) -> PhoneNumber:
    """With other digits behind the first few, sometimes one more or less."""
    digits = phonenumbers.national_significant_number(number)
    kept = chance.randrange(1, len(digits))
    more = len(digits) - kept + chance.choice([0] * 8 + [1, -1])
    digits = digits[:kept] + "".join(chance.choices("0123456789", k=more))
    zeros = min(len(digits) - len(digits.lstrip("0")), len(digits) - 1)
    return PhoneNumber(
        country_code=number.country_code,
        national_number=int(digits),
        italian_leading_zero=bool(zeros),
        number_of_leading_zeros=max(zeros, 1),
    )


def _random_digits(chance: random.Random) -> tuple[str, str]:
    region = chance.choice(REGIONS)
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    code = str(metadata.country_code)
    front = chance.choice([*FRONTS, code, "0" + code, "+" + code, "00" + code, metadata.national_prefix or ""])
    return front + "".join(chance.choices("0123456789", k=chance.randrange(20))), region


def hostile(chance: random.Random) -> tuple[str, str]:
    """A text of nearly anything, and a region or not."""
    if chance.random() < 0.5:
        text = "".join(chance.choices(HOSTILE, k=chance.randrange(24)))
    else:
        text = "".join(chance.choice([*WORDS, chance.choice(HOSTILE)]) for _ in range(chance.randrange(1, 9)))
    if chance.random() < 0.02:
        text *= chance.randrange(1, 40)
    return text, chance.choice([*REGIONS, "", "001", "ZZ", "us", "é", "\0"])
