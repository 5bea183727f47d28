"""What TikTok's and Snap's fields have in common: those of a conversion event, as Meta described them first."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from antechamber.prepare.standards.customary import Customary, letters_and_digits
from antechamber.prepare.standards.places import AMERICAN, country_code, may_be_american, state_code
from antechamber.prepare.text import Split, change, lower, none_of, only, trim

MAIL = "^[^@]+@[^@]+$"


class Events(Customary):
    """Rules of event fields, on top of what is customary."""

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        """American states, and names without a country, by their two letters; all others lower case without
        punctuation and spaces."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains("^[a-z]{2}$")
        return Split.by_country(tidied, tidy, _state, tidied, country)

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Lower case, letters and digits only; of American ZIP codes the first five digits."""
        tidied = lower(trim(text))
        foreign = isinstance(country, str) and country not in AMERICAN
        tidy = tidied.str.contains("^[a-z0-9]+$" if foreign else "^[0-9]{1,5}$")
        return Split.by_country(tidied, tidy, _postal_code, tidied, country)

    def country(self, text: pl.Series) -> Split:
        """ISO 3166-1 alpha-2 in lower case; names become codes."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains("^[a-z]{2}$") & ~tidied.is_in(["uk", "el"])
        return Split(tidied, tidy, country_code, (tidied,))

    def date_of_birth(self, text: pl.Series) -> Split:
        """`YYYYMMDD`."""
        digits = text.str.replace_all("-", "", literal=True)
        return Split(digits, pl.repeat(True, len(text), dtype=pl.Boolean, eager=True), lambda rest: rest, (digits,))

    def external_id(self, text: pl.Series) -> Split:
        """Trimmed, lower case."""
        tidied = lower(trim(text))
        return Split(tidied, tidied != "", lambda rest: rest, (tidied,))

    @staticmethod
    def _phone(
        text: pl.Series, country: pl.Series | str, rule: Callable[[pl.Series, pl.Series | str], pl.Series]
    ) -> Split:
        return Split.by_country(text, none_of(text), rule, text, country)


def mail_without_spaces(text: pl.Series) -> Split:
    """Lower case without white space anywhere; one '@' between other characters."""
    tidied = lower(trim(text))
    return Split(tidied, tidied.str.contains(r"^[^@\s]+@[^@\s]+$"), _mail_without_spaces, (tidied,))


def _mail_without_spaces(text: pl.Series) -> pl.Series:
    address = text.str.replace_all(r"\s+", "")
    return only(address, address.str.contains(MAIL))


def _state(text: pl.Series, country: pl.Series | str) -> pl.Series:
    letters = letters_and_digits(text, "")
    return change(letters, may_be_american(letters, country), state_code)


def _postal_code(text: pl.Series, country: pl.Series | str) -> pl.Series:
    code = text.str.replace_all("[^a-z0-9]+", "")
    long = code.str.contains("^[0-9]{9}$") & may_be_american(code, country)
    return change(code, long, lambda nine: nine.str.head(5))
