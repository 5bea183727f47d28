"""Snap: the Conversions API and customer lists.

Sources, read on 2026-11-25: "Parameters" of the Conversions API (developers.snap.com, Marketing API) for email and
phone, its examples among the tests; Snap's own server tag (`Snapchat/capi-google-tag-manager-serverside-tag`,
commit 0038f61) and business SDK (`Snapchat/business-sdk-python`, commit 69ecef6), which trim and lower-case all
other fields; Segment's Snap destination (`segmentio/action-destinations`, commit 970a17e), which also removes
spaces from places and writes American states and countries as codes. Snap's fields are named and described as
Meta's are, and where Snap's own words could not be read, Meta's hold: no punctuation, the first five digits of an
American ZIP code, no dash.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.events import Events
from antechamber.prepare.standards.international import international, without_plus
from antechamber.prepare.text import Split, lower, only, trim

ADDRESS = r"^[^@\s]+@[^@\s]+$"


class Snap(Events):
    """The standard `snap`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """Parameters, `em`: trimmed, lower case."""
        tidied = lower(trim(text))
        return Split(
            tidied, tidied.str.contains(ADDRESS), lambda rest: only(rest, rest.str.contains(ADDRESS)), (tidied,)
        )

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Parameters, `ph`: country code, then the number without its leading zero; digits only, no '+', no '00'."""
        return self._phone(text, country, lambda texts, of: without_plus(international(texts, of)))
