"""Meta: the Conversions API and Custom Audiences.

Sources, read on 2026-11-25: "Customer Information Parameters" (developers.facebook.com, Conversions API, updated
2026-01-09) and Meta's SDK, facebook-business 26.0.3 (`serverside.normalize.Normalize`).

Where the two differ, or leave something open:
- Names: the page says no punctuation; the SDK leaves it in. The page is followed. Both keep accents, other scripts,
  and the spaces within a name.
- City and state: the page says no punctuation and no special characters; the SDK removes digits, white space and
  `. - ( )` alone. Letters of any script are kept here, and nothing else.
- State: the page asks for the two letters of an American state; the SDK leaves its name. The page is followed, for
  the United States and for records without a country.
- Postal code: the page says no dash, the SDK cuts at the first dash, in all countries, and is followed. The
  page wants five digits of an American ZIP code, the SDK leaves nine that have no dash: the page is followed.
- Phone: the SDK wants digits with their calling code, and makes none; national spellings are made E.164 by their
  country. Digits that the SDK takes and libphonenumber reads otherwise (`44 (0) 20 …`, a zero behind the calling
  code) are E.164 here, as the page asks for a number without leading zeros.
- Advertising ids: lower case with hyphens, by the page on Custom Audiences' fields; not hashed there.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.customary import Customary
from antechamber.prepare.standards.numbers import e164_split
from antechamber.prepare.standards.places import AMERICAN, country_code, is_country_code, may_be_american, state_code
from antechamber.prepare.text import Split, change, lower, none_of, only, trim

TIDY = r"^[a-z0-9_.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$"
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


class Meta(Customary):
    """The standard `meta`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """Page, `em`: trimmed, lower case. Dots and plus tags stay."""
        tidied = lower(trim(text))
        return Split(
            tidied, tidied.str.contains(TIDY), lambda rest: only(rest, rest.str.contains(ADDRESS)), (tidied,)
        )

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `ph`: digits with the calling code, no plus sign, no leading zeros."""
        return e164_split(text, country, plus=False)

    def first_name(self, text: pl.Series) -> Split:
        """Page, `fn`: lower case, no punctuation. Last and full names are the same."""
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z]+$"), _without_punctuation, (tidied,))

    def city(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `ct`: lower case, no punctuation, special characters, spaces; no digits, by the SDK."""
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z]+$"), _letters, (tidied,))

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `st`: American states by two letters; others as the city."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains("^[a-z]{2}$")
        return Split.by_country(tidied, tidy, _state, tidied, country)

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Page, `zp`: lower case, no spaces, nothing from a dash on; five digits of an American one."""
        tidied = lower(trim(text))
        foreign = isinstance(country, str) and country not in AMERICAN
        tidy = tidied.str.contains("^[a-z0-9]+$" if foreign else "^[0-9]{1,5}$")
        return Split.by_country(tidied, tidy, _postal_code, tidied, country)

    def country(self, text: pl.Series) -> Split:
        """Page, `country`: ISO 3166-1 alpha-2 in lower case; names become codes."""
        tidied = lower(trim(text))
        return Split(tidied, none_of(text), _country, (tidied,))

    def date_of_birth(self, text: pl.Series) -> Split:
        """Page, `db`: YYYYMMDD, from the year 1900 on."""
        digits = text.str.replace_all("-", "", literal=True)
        return Split(digits, digits >= "19000101", lambda early: early.str.head(0), (digits,))


def _without_punctuation(text: pl.Series) -> pl.Series:
    return trim(text.str.replace_all(r"[\p{P}\p{S}\p{C}]+", ""))


def _letters(text: pl.Series) -> pl.Series:
    return text.str.replace_all(r"[^\p{L}\p{M}]+", "")


def _state(text: pl.Series, country: pl.Series | str) -> pl.Series:
    letters = _letters(text)
    return change(letters, may_be_american(letters, country), state_code)


def _postal_code(text: pl.Series, country: pl.Series | str) -> pl.Series:
    code = text.str.replace("(?s)-.*$", "").str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "")
    nine = code.str.contains("^[0-9]{9}$") & may_be_american(code, country)
    return change(code, nine, lambda long: long.str.head(5))


def _country(text: pl.Series) -> pl.Series:
    code = country_code(text)
    return only(code, is_country_code(code))
