"""What a standard of normalisation says: one rule for each type of identity and of place."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from antechamber.prepare.text import Split


class Standard(Protocol):
    """Rules from text to text, over series without nulls. What is left empty or not valid becomes null.

    country: the record's country as the standard's own `country` rule writes it, "" when it is not known: one text
    for all records, or a series without nulls.
    """

    def email(self, text: pl.Series) -> Split: ...

    def phone(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def name(self, text: pl.Series) -> Split: ...

    def address(self, text: pl.Series, country: pl.Series | str) -> Split: ...

    def city(self, text: pl.Series) -> Split: ...

    def state(self, text: pl.Series) -> Split: ...

    def postal_code(self, text: pl.Series) -> Split: ...

    def country(self, text: pl.Series) -> Split: ...
