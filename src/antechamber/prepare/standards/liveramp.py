"""LiveRamp: what its files take.

Sources, read on 2026-11-25: "Formatting Identifiers" and "Hashing Identifiers" (docs.liveramp.com, Connect), their
examples among the tests. LiveRamp takes e-mail addresses plain or as SHA-256, SHA-1 or MD5, phone numbers and
device ids plain or as SHA-1, and names and postal addresses plain only: the variation in case and white space is
too great, it says, to hash them. What it says nothing about (case of names and places, countries, dates, genders,
addresses of hosts) is customary: see Customary and Events.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.events import Events, mail_without_spaces
from antechamber.prepare.standards.international import international, national
from antechamber.prepare.text import Split, change, lower, trim

CAPITALS = r"^[\s{]*[0-9A-F-]*[A-F][0-9A-F-]*[\s}]*$"


class LiveRamp(Events):
    """The standard `liveramp`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """Hashing Identifiers: lower case, all white space removed."""
        return mail_without_spaces(text)

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Hashing Identifiers: digits without country code. LiveRamp speaks of ten digits, which is North America;
        ours, for other countries: the national number as E.164 has it, without the zero that is dialled before it.
        """
        return self._phone(text, country, lambda texts, of: national(international(texts, of)))

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Formatting Identifiers: a ZIP code has five or nine digits, without a hyphen; other countries likewise."""
        tidied = lower(trim(text))
        return Split(
            tidied, tidied.str.contains("^[a-z0-9]+$"), lambda rest: rest.str.replace_all("[^a-z0-9]+", ""), (tidied,)
        )

    def date_of_birth(self, text: pl.Series) -> Split:
        """LiveRamp is silent: `YYYY-MM-DD`, as customary."""
        return super(Events, self).date_of_birth(text)

    def external_id(self, text: pl.Series) -> Split:
        """LiveRamp is silent: as it is."""
        return super(Events, self).external_id(text)

    def mobile_ad_id(self, text: pl.Series) -> Split:
        """Hashing Identifiers: with hyphens; Android's in lower case, Apple's in capitals.

        Which of the two an id is, only its case tells: one that comes in capitals alone is taken for Apple's.
        """
        split = super().mobile_ad_id(text)
        capitals = text.str.contains(CAPITALS)
        if not capitals.any():
            return split
        value = split.value()
        value = change(value, capitals, lambda ids: ids.str.to_uppercase())
        return Split(value, value.is_not_null(), lambda rest: rest, (value,))
