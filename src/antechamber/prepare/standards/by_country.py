"""A rule that depends on the country, over records of many countries."""

from __future__ import annotations

from collections.abc import Callable, Collection

import polars as pl

from antechamber.prepare.text import change

ANY_OTHER = ""
"""The country that stands for all that a rule does not know."""


def by_country(
    text: pl.Series,
    country: pl.Series | str,
    known: Collection[str],
    rule: Callable[[pl.Series, str], pl.Series],
) -> pl.Series:
    """rule(texts, country) for each country's texts; those of countries that are not in `known` go as ANY_OTHER."""
    if isinstance(country, str):
        return rule(text, country if country in known else ANY_OTHER)
    present = country.unique().to_list()
    for code in sorted(set(known).intersection(present)):
        text = change(text, country == code, lambda theirs, code=code: rule(theirs, code))
    if set(present) <= set(known):
        return text
    return change(text, ~country.is_in(list(known)), lambda theirs: rule(theirs, ANY_OTHER))
