"""Google: Customer Match, enhanced conversions and the Data Manager API.

Sources, read on 2026-11-25: "Format user data" (developers.google.com, Data Manager API, concepts) and Google's
library for it, google-ads-datamanager-util 0.4.0 (`Formatter`).

Where the two differ, or leave something open:
- E-mail: the page removes white space within the address, the library refuses such an address; the page is followed.
- Phone: the library puts a '+' before whatever digits there are; the page asks for E.164, so national spellings are
  made E.164 by their country, and digits that are no number are not valid.
- Names: both keep punctuation, and neither removes titles (`Mrs.`, `Jr.`), which the page asks to leave out.
- Country: the library takes any two characters; here names and alpha-3 codes become ISO 3166-1 alpha-2 too, `UK` is
  `GB`, and what is no country is not valid.
- Places: the library trims first and removes punctuation then, so `york -` keeps the space behind it.
Of dates of birth, genders and IP addresses as keys both say nothing (Customary).
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.customary import Customary
from antechamber.prepare.standards.gmail import without_tag
from antechamber.prepare.standards.numbers import e164_split
from antechamber.prepare.standards.places import country_code, is_country_code
from antechamber.prepare.text import Split, lower, none_of, only, trim

GMAIL = ["gmail.com", "googlemail.com"]
TIDY = r"^[a-z0-9_.+-]+@[a-z0-9.-]+$"


class Google(Customary):
    """The standard `google`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """Page, `email_address`: no white space, lower case; of both of Google's domains no dots and no plus tag."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains(TIDY) & ~tidied.str.contains("@(?:gmail|googlemail)[.]com$")
        return Split(tidied, tidy, _email, (tidied,))

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `phone_number`: E.164 with its plus sign."""
        return e164_split(text, country, plus=True)

    def first_name(self, text: pl.Series) -> Split:
        """Page, `given_name`: trimmed, lower case, and nothing else. Last and full names are the same."""
        tidied = lower(trim(text))
        return Split(tidied, tidied != "", lambda rest: rest, (tidied,))

    def address(self, text: pl.Series, country: pl.Series | str) -> Split:
        """`format_address_line`: lower case, letters, digits and white space."""
        return _location(text)

    def city(self, text: pl.Series, country: pl.Series | str) -> Split:
        """`format_city`: as the address."""
        return _location(text)

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        """`format_administrative_area`: as the address. Names stay names, codes codes."""
        return _location(text)

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `postal_code`: trimmed; its extension, case and spaces stay. Not to be hashed."""
        tidied = trim(text)
        return Split(tidied, tidied != "", lambda rest: rest, (tidied,))

    def country(self, text: pl.Series) -> Split:
        """Page, `region_code`: ISO 3166-1 alpha-2, in capitals as the library writes it. Not to be hashed."""
        tidied = lower(trim(text))
        return Split(tidied, none_of(text), _country, (tidied,))


def _email(text: pl.Series) -> pl.Series:
    address = without_tag(text.str.replace_all(r"[\s\x1C-\x1F]+", ""), GMAIL)
    return only(address, address.str.contains("^[^@]+@[^@]+$"))


def _location(text: pl.Series) -> Split:
    tidied = lower(trim(text))
    return Split(tidied, tidied.str.contains("^[a-z0-9]+(?: [a-z0-9]+)*$"), _words, (tidied,))


def _words(text: pl.Series) -> pl.Series:
    # What \w of Python's expressions means, which the library is written with: no combining marks.
    left = text.str.replace_all(r"[^\p{L}\p{N}\s\x1C-\x1F]+", "")
    return only(left, trim(left) != "")


def _country(text: pl.Series) -> pl.Series:
    code = country_code(text)
    return only(code.str.to_uppercase(), is_country_code(code))
