"""What a standard has a rule for: names, addresses and places, e-mail addresses, identifiers."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

from antechamber.prepare.source_values import as_text
from antechamber.prepare.text import Split
from antechamber.prepare.types.kind import Given, Kind, unless_empty

Rule = Callable[[pl.Series], Split]
RuleOfCountry = Callable[[pl.Series, pl.Series | str], Split]


class Wording(Kind):
    """Text by the rule of a standard; the rule says what is valid.

    noun: what it is normalised as. invalid: why there is none. rule: of the texts and their country.
    """

    arrow = pa.large_string()

    def __init__(self, noun: str, invalid: str, rule: RuleOfCountry) -> None:
        self.sentence = f"is normalised as {noun}"
        self.invalid = invalid
        self.rule = rule

    def value(self, given: Given) -> pl.Expr:
        return given.where_present(lambda text, country: self.rule(text, country).value(), self._source(given))

    def reason(self, given: Given) -> pl.Expr:
        return unless_empty(self._source(given), self.invalid)

    def _source(self, given: Given) -> pl.Expr:
        return as_text(given.column, given.dtype, whole=True)


def of_any_country(rule: Rule) -> RuleOfCountry:
    """A rule that asks for no country."""
    return lambda text, _: rule(text)
