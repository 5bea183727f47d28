"""What a column's type does with a source column."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from antechamber.prepare.text import trim, where_present

EMPTY = "empty"
"""The reason of a value that is not there: null, or text of nothing but white space. It is missing, not invalid."""


@dataclass(frozen=True)
class Given:
    """A source column as expressions see it.

    column: the values, in one of the types that `source.series` gives.
    dtype: their type.
    country: the normalised country of each record, or of all: "" when it is not known.
    """

    column: pl.Expr
    dtype: pl.DataType
    country: pl.Expr | str = ""

    def where_present(self, function: Callable[[pl.Series, pl.Series | str], pl.Series], text: pl.Expr) -> pl.Expr:
        """A function of texts and their country, where `text` is not null."""
        country = self.country
        if isinstance(country, str):
            return where_present(lambda texts: function(texts, country), text)
        return where_present(function, text, country)


class Kind(ABC):
    """A column type: how source values become values of the output column.

    arrow: the output column's type when no protection makes it text.
    sentence: what happens to a value, for people.
    repeats: whether preparing a value costs more than finding its equals in a batch.
    """

    arrow: pa.DataType
    sentence: str
    repeats: bool = True

    @abstractmethod
    def value(self, given: Given) -> pl.Expr:
        """The value in the output type; null where the source has none or where it is not valid."""

    @abstractmethod
    def reason(self, given: Given) -> pl.Expr:
        """Why `value` is null where it is: EMPTY, or a short phrase that holds nothing of the value."""

    def text(self, value: pl.Expr) -> pl.Expr:
        """The canonical text of a value, which protections work on."""
        return value


def unless_empty(text: pl.Expr, phrase: pl.Expr | str) -> pl.Expr:
    """`phrase`, or EMPTY where the text is null or only white space."""
    phrase = pl.lit(phrase) if isinstance(phrase, str) else phrase
    return pl.when(trim(text).fill_null("") == "").then(pl.lit(EMPTY)).otherwise(phrase)
