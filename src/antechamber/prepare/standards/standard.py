"""What a standard of normalisation says: one rule for each type of identity and of place."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from antechamber.declare import Encoding
from antechamber.prepare.text import Split

__all__ = ["Encoding", "Standard"]


class Standard(Protocol):
    """Rules from text to text, over series without nulls. What becomes null or "" is not valid.

    sha256_encoding: what `protect: sha256` writes under this standard when the column does not say.
    country: the record's country as the standard's own `country` rule writes it, "" when it is not known: one text
    for all records, or a series without nulls.
    date_of_birth is given days that exist, as `YYYY-MM-DD`.
    """

    @property
    def sha256_encoding(self) -> Encoding: ...

    def email(self, text: pl.Series) -> Split: ...

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def first_name(self, text: pl.Series) -> Split: ...

    def last_name(self, text: pl.Series) -> Split: ...

    def full_name(self, text: pl.Series) -> Split: ...

    def address(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def city(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def state(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def country(self, text: pl.Series) -> Split: ...

    def date_of_birth(self, text: pl.Series) -> Split: ...

    def gender(self, text: pl.Series) -> Split: ...

    def mobile_ad_id(self, text: pl.Series) -> Split: ...

    def ip_address(self, text: pl.Series) -> Split: ...

    def external_id(self, text: pl.Series) -> Split: ...
