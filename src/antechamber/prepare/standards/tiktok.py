"""TikTok: customer file audiences and the Events API.

Sources, read on 2026-11-25: TikTok Ads Manager's help, "List of supported IDs and formats for a customer file"
(part of "How to create a Custom Audience with a customer file", last updated September 2025), for email, phone and
device ids; the fields of Segment's TikTok destinations, whose additions were written at TikTok
(`segmentio/action-destinations`, pull request 2071, commit 970a17e), for names, external ids, and that places are
lower case without spaces.

TikTok's pages disagree with each other twice. An earlier list asked for e-mail addresses without dots and without
what follows a `+`; the current one does not. A reference of the Events API leaves out the country code of +86
numbers; the list asks for E.164 of every country. The list is followed. About the rest TikTok is silent: see
Customary, and Snap and Meta, whose fields TikTok's resemble.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.standards.customary import letters_and_digits
from antechamber.prepare.standards.events import Events, mail_without_spaces
from antechamber.prepare.standards.international import international
from antechamber.prepare.text import Split, lower, trim


class TikTok(Events):
    """The standard `tiktok`; implements Standard."""

    def email(self, text: pl.Series) -> Split:
        """The list: lower case, spaces removed. Dots and plus tags stay, of every provider."""
        return mail_without_spaces(text)

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split:
        """The list: E.164, '+' and country code. Ours: national spellings by the country."""
        return self._phone(text, country, international)

    def first_name(self, text: pl.Series) -> Split:
        """Lower case without punctuation and spaces; letters of any script stay."""
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z]+$"), lambda rest: letters_and_digits(rest, ""), (tidied,))
