"""Rules of one column."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from phonenumbers import SUPPORTED_REGIONS

from antechamber.declare.connector import BY_STANDARD, IDENTITY_TYPES, Column
from antechamber.declare.mistake import Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.dates import flaw_of_format
from antechamber.declare.rules.protections import protection_rules
from antechamber.declare.words import ALSO_CALLED

COUNTRIES = (SUPPORTED_REGIONS - {"AC", "TA"}) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
"""ISO 3166-1 alpha-2, and XK. libphonenumber has no numbers for seven uninhabited or shared ones, and knows
two exceptional reservations of the standard that no postal address uses."""

ONLY_FOR = {
    "region": ("phone",),
    "region_from": ("phone",),
    "standard": tuple(sorted(BY_STANDARD)),
    "placeholders": tuple(sorted(BY_STANDARD - {"gender"})),
    "country": ("postal_code", "state", "city", "address"),
    "country_from": ("postal_code", "state", "city", "address"),
    "format": ("date", "timestamp", "date_of_birth"),
    "timezone": ("timestamp",),
    "precision": ("decimal",),
    "scale": ("decimal",),
    "one_of": ("string", "id"),
}
"""Keys that mean something for some types only."""

HASHES = ("sha256", "hmac-sha256")
_HASH = "protect: sha256 or hmac-sha256"

CALLED = {"first_name": "a first name", "last_name": "a last name", "email": "an e-mail address",
          "phone": "a phone number", "address": "an address",
          "full_name": "a full name", "date_of_birth": "a date of birth", "mobile_ad_id": "a mobile advertising id",
          "ip_address": "an IP address", "external_id": "an external id"}  # fmt: skip


def column_rules(name: str, column: Column) -> list[Iterator[Mistake]]:
    """Every rule of a column, by its name in `columns:`."""
    at = ("columns", name)
    return [
        _protected(column, at),
        *protection_rules(column, at),
        *(_fits_type(column, key, at) for key in ONLY_FOR),
        _encoding(column, at),
        _salt(column, at),
        _hashed_input(column, at),
        _region(column, at),
        _country(column, at),
        _format(column, at),
        _timezone(column, at),
        _digits(column, at),
        _one_of(column, at),
    ]


def _protected(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type not in IDENTITY_TYPES:
        return
    what = CALLED[column.type]
    if column.protect is None:
        yield Mistake(
            (*at, "protect"),
            f"{what} cannot be published as it is: `protect` is missing",
            "add protect: sha256; or protect: none with because: and the reason",
        )
    elif column.protect == "none" and not (column.because or "").strip():
        yield Mistake(
            (*at, "protect"),
            f"{what} is published as it is, and no reason is given",
            "add because: and the reason; or write protect: sha256",
        )


def _fits_type(column: Column, key: str, at: tuple[str, str]) -> Iterator[Mistake]:
    types = ONLY_FOR[key]
    if key in column.model_fields_set and column.type not in types:
        if getattr(column, key) is None:
            return
        yield Mistake(
            (*at, key),
            f"`{key}` means nothing for type {column.type}",
            f"remove it: it is for {' and '.join(types) if len(types) < 3 else ', '.join(types)}",
        )


def _encoding(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.encoding is not None and column.protect not in HASHES:
        yield Mistake((*at, "encoding"), "only hashes have an encoding", f"remove it, or write {_HASH}")


def _salt(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.salt is not None and column.protect != "sha256":
        yield Mistake((*at, "salt"), "only sha256 uses a salt", "remove it, or write protect: sha256")
    elif "salt_at" in column.model_fields_set and column.salt is None:
        yield Mistake((*at, "salt_at"), "there is no salt", "add salt: with a secret reference, or remove it")


def _hashed_input(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.hashed_input == "hash" and (column.protect not in HASHES or column.type not in BY_STANDARD):
        yield Mistake(
            (*at, "hashed_input"),
            "only hashes of the types of a standard are looked for",
            f"remove it, or write {_HASH}",
        )


def _region(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type == "phone" and column.region is not None and column.region not in SUPPORTED_REGIONS:
        yield _no_country(column.region, sorted(SUPPORTED_REGIONS), (*at, "region"))


def _country(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type in ONLY_FOR["country"] and column.country is not None and column.country not in COUNTRIES:
        yield _no_country(column.country, sorted(COUNTRIES), (*at, "country"))


def _no_country(value: str, known: list[str], path: tuple[str, str, str]) -> Mistake:
    # One letter of two is no likeness: only other spellings of the same code are suggested.
    code = ALSO_CALLED.get(value.strip().lower(), value.strip().upper())
    example = f"did you mean '{code}'?" if code in known else "use a code such as US, GB or DE"
    return Mistake(
        path, f"{show(value)} is not a country code", f"{example}  (ISO 3166-1 alpha-2, two capital letters)"
    )


def _format(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type not in ONLY_FOR["format"] or column.format is None:
        return
    if column.format == ():
        yield Mistake((*at, "format"), "the list is empty", "name a format, or remove the key for ISO 8601")
    listed = not isinstance(column.format, str)
    for place, each in enumerate((column.format,) if isinstance(column.format, str) else column.format):
        flaw = flaw_of_format(each, "timestamp" if column.type == "timestamp" else "date")
        if flaw is not None:
            yield Mistake((*at, "format", place) if listed else (*at, "format"), *flaw)


def _timezone(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type != "timestamp" or column.timezone is None:
        return
    # A machine without any zone data cannot tell; UTC is known to all.
    zones = zoneinfo.available_timezones() - {"localtime", "Factory"} | {"UTC"}
    if len(zones) > 1 and column.timezone not in zones:
        remedy = choose(column.timezone, sorted(zones)) or "use an IANA name such as UTC or Europe/Berlin"
        yield Mistake((*at, "timezone"), f"{show(column.timezone)} is not a time zone", remedy)


def _digits(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type != "decimal":
        return
    precision = 38 if column.precision is None else column.precision
    scale = 2 if column.scale is None else column.scale
    if scale > precision:
        key = "precision" if column.scale is None else "scale"
        yield Mistake(
            (*at, key),
            f"{scale} digits behind the point do not fit in {precision} digits",
            f"use a precision of at least {scale}, or a smaller scale",
        )


def _one_of(column: Column, at: tuple[str, str]) -> Iterator[Mistake]:
    if column.type not in ONLY_FOR["one_of"] or column.one_of is None:
        return
    if not column.one_of:
        yield Mistake(
            (*at, "one_of"), "the list is empty: no value would be valid", "name the values, or remove the key"
        )
    for place, value in repeated(column.one_of):
        yield Mistake((*at, "one_of", place), f"{show(value)} is in the list before", "remove it")
