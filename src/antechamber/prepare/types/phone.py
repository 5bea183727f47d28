"""Phone numbers."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.types.kind import Given, unless_empty
from antechamber.prepare.types.wording import RuleOfCountry, Wording


class Phone(Wording):
    """A phone number by the rule of a standard."""

    def __init__(self, rule: RuleOfCountry) -> None:
        super().__init__("a phone number", "not a phone number", rule)

    def reason(self, given: Given) -> pl.Expr:
        text = self._source(given)
        digits = text.str.contains("[0-9]")
        phrase = pl.when(digits).then(pl.lit(self.invalid)).otherwise(pl.lit("no digits"))
        return unless_empty(text, phrase)
