"""UID2: e-mail addresses and phone numbers, hashed to base64.

Sources, read on 2026-11-25: "Normalization and Encoding" (unifiedid.com, Getting Started; `IABTechLab/uid2docs` at
commit 040205a); UID2's SDK for Python, uid2-client 2.9.0 (`input_util`).

Where the two differ or leave something open:
- Case: the page says upper case becomes lower case; the SDK does so for A–Z alone, and so do we (`Ö` stays `Ö`).
- White space: both trim spaces; here all white space at the ends goes. Spaces inside stay, as in the SDK.
- The SDK takes a domain without a dot (`a@b`); no mail reaches one, and it is not valid here.
- The SDK checks that a phone number is E.164 of 10 to 15 digits and makes none; national spellings are made E.164
  here, as the page's examples ask for.
UID2 knows no other identities: the other types follow what most destinations ask for (Customary).
"""

from __future__ import annotations

import string

import polars as pl

from antechamber.prepare.standards.customary import Customary
from antechamber.prepare.standards.gmail import without_tag
from antechamber.prepare.standards.numbers import e164_split
from antechamber.prepare.standards.places import country_code
from antechamber.prepare.standards.standard import Encoding
from antechamber.prepare.text import Split, change, has_other_than_ascii, lower, only, trim

DIGITS = 10
"""The fewest of a phone number, by the SDK."""

TIDY = r"^[a-z0-9_.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$"
ADDRESS = r"(?s)^[^@]+@[^@]*[^@.]\.[^@.][^@]*$"
CAPITALS = dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))


class Uid2(Customary):
    """The standard `uid2`; implements Standard."""

    sha256_encoding: Encoding = "base64"

    def email(self, text: pl.Series) -> Split:
        """Page, "Email Address Normalization": trim, lower case; of gmail.com alone no dots and no plus tag."""
        trimmed = trim(text)
        tidied = lower(trimmed)
        foreign = has_other_than_ascii(trimmed)
        tidied = change(tidied, foreign, _lower_a_to_z, trimmed)
        tidy = tidied.str.contains(TIDY) & ~tidied.str.ends_with("@gmail.com")
        return Split(tidied, tidy, _email, (tidied,))

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, "Phone Number Normalization": E.164 with its plus sign."""
        return e164_split(text, country, plus=True, fewest=DIGITS)

    def country(self, text: pl.Series) -> Split:
        """Ours, for phones' national spellings: ISO 3166-1 alpha-2 in lower case; names become codes."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains("^[a-z]{2}$") & ~tidied.is_in(["uk", "el"])
        return Split(tidied, tidy, country_code, (tidied,))


def _lower_a_to_z(text: pl.Series) -> pl.Series:
    return text.str.replace_many(list(CAPITALS), list(CAPITALS.values()))


def _email(text: pl.Series) -> pl.Series:
    address = without_tag(text, ["gmail.com"])
    return only(address, address.str.contains(ADDRESS))
