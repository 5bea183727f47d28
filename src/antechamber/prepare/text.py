"""Text operations: the small ones that types and standards are made of, over Polars expressions and series alike.

Every function works value by value, gives null for null, and treats text as Unicode code points. Ranges of characters
are written out, because `\\w`, `\\d` and `\\s` mean other sets in Rust than in the Java of some standards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

CONTROLS_AND_SPACE = "".join(map(chr, range(0x21)))
"""U+0000 to U+0020: what `String.trim()` of Java removes."""

Text = TypeVar("Text", pl.Expr, pl.Series)


@dataclass(frozen=True)
class Split:
    """A rule's work on a series of texts without nulls, so that the many tidy ones do not pay for the few untidy.

    quick: the result for the tidy texts; anything for the others.
    tidy: boolean: where `quick` is the rule's result, and valid.
    full: the rule in full, over the untidy rows of `arguments`; not called when there are none. Null or "" where the
        value is not valid.
    arguments: its series: the text, then what else the rule needs.
    """

    quick: pl.Series
    tidy: pl.Series
    full: Callable[..., pl.Series]
    arguments: tuple[pl.Series, ...]

    @classmethod
    def by_country(
        cls,
        quick: pl.Series,
        tidy: pl.Series,
        rule: Callable[[pl.Series, pl.Series | str], pl.Series],
        text: pl.Series,
        country: pl.Series | str,
    ) -> Split:
        """Of a rule that wants the country: one of all records, or each record's own."""
        if isinstance(country, str):
            return cls(quick, tidy, lambda rest: rule(rest, country), (text,))
        return cls(quick, tidy, rule, (text, country))

    def value(self) -> pl.Series:
        """The rule's result, null where it is not valid."""

        def valid_only(*rest: pl.Series) -> pl.Series:
            result = self.full(*rest)
            return only(result, result != "")

        return change(self.quick, ~self.tidy, valid_only, *self.arguments)


def none_of(text: pl.Series) -> pl.Series:
    """False for every text: none of them is tidy."""
    return pl.repeat(False, len(text), dtype=pl.Boolean, eager=True)


def where_present(
    function: Callable[..., pl.Series], column: pl.Expr, *others: pl.Expr, dtype: pl.DataType | None = None
) -> pl.Expr:
    """A function of series, applied to the rows where `column` is not null; null elsewhere.

    dtype: what the function gives; text when absent. A rule of several steps is a function of series and not one
    expression, because expressions are trees: every further use of an intermediate result would repeat all of it.
    """
    dtype = dtype or pl.String()

    def apply(columns: Sequence[pl.Series]) -> pl.Series:
        values, *rest = columns
        if values.null_count() == len(values):
            return nulls(len(values), dtype)
        rest = [other.new_from_index(0, len(values)) if len(other) != len(values) else other for other in rest]
        if not values.null_count():
            return function(values, *rest)
        present = values.is_not_null()
        if values.dtype == pl.String and values.null_count() * 4 <= len(values):
            # Few are missing: to work another row's text in their place costs less than to move all others.
            return only(function(values.fill_null(values[present.arg_max() or 0]), *rest), present)
        result = function(values.filter(present), *(other.filter(present) for other in rest))
        positions = present.cast(pl.UInt32).cum_sum() - 1
        return result.gather(only(positions, present))

    return pl.map_batches([column, *others], apply, return_dtype=dtype, is_elementwise=True)


def only(values: pl.Series, wanted: pl.Series) -> pl.Series:
    """The values that are wanted, null for the others."""
    return pl.select(pl.when(wanted).then(values)).to_series()


def change(
    values: pl.Series, wanted: pl.Series, function: Callable[..., pl.Series], *arguments: pl.Series
) -> pl.Series:
    """The values, with the wanted ones replaced by what `function` makes of the arguments' rows (of the values')."""
    if not wanted.any():
        return values
    arguments = arguments or (values,)
    if wanted.all():
        return function(*arguments)
    changed = function(*(argument.filter(wanted) for argument in arguments))
    unchanged = pl.int_range(len(values), dtype=pl.Int64, eager=True)
    behind = wanted.cum_sum().cast(pl.Int64) + (len(values) - 1)
    return pl.concat([values, changed]).gather(behind.zip_with(wanted, unchanged))


def nulls(rows: int, dtype: pl.DataType) -> pl.Series:
    """A series of nothing."""
    return pl.repeat(None, rows, dtype=dtype, eager=True)


def by_distinct(values: pl.Series, function: Callable[[str], str | None]) -> pl.Series:
    """A Python function of one text, called once for each distinct value: for the few that nothing else covers."""
    distinct = values.drop_nulls().unique()
    results = pl.Series(distinct.name, [function(value) for value in distinct], dtype=pl.String)
    return values.replace_strict(distinct, results, default=None, return_dtype=pl.String)


def trim(text: Text) -> Text:
    """Without white space (Unicode's White_Space) at both ends."""
    return text.str.strip_chars()


def lower(text: Text) -> Text:
    """Lower case by Unicode's full mapping."""
    return text.str.to_lowercase()


def decompose(text: Text) -> Text:
    """Unicode's canonical decomposition (NFD): a letter, then its accents."""
    return text.str.normalize("NFD")


def keep(text: Text, characters: str) -> Text:
    """Only `characters`, the inside of a regular expression's `[…]`."""
    return text.str.replace_all(f"[^{characters}]+", "")


def has_other_than_ascii(text: Text) -> Text:
    """Whether a character above U+007F occurs."""
    return text.str.len_bytes() != text.str.len_chars()


def replace_substrings(text: Text, replacements: Mapping[str, str]) -> Text:
    """Each key by its value, wherever it occurs. No key may occur in another key or in a value."""
    return text.str.replace_many(list(replacements), list(replacements.values()))
