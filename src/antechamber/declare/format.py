"""The `format:` of files: one model a format."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model


class Csv(Model):
    """Delimited text (RFC 4180 and its relatives)."""

    type: Literal["csv"] = "csv"
    """This format."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """One character between values; a tab is `"\\t"` in double quotes."""
    quote: Annotated[str, Field(max_length=1)] = '"'
    """The quote character, or "" when values are never quoted."""
    escape: Annotated[str, Field(max_length=1)] = ""
    """A character that takes the next one literally, or "" (a doubled quote is always one quote)."""
    encoding: str = "utf-8"
    """Any encoding Python knows; a byte order mark is honoured and removed."""
    header: bool = True
    """Whether the first record names the columns."""
    names: tuple[str, ...] = ()
    """The columns' names, in order, for files without a header; with `header: true` they are a mistake."""
    null: tuple[str, ...] = ("",)
    """Texts that mean 'no value'."""


class JsonLines(Model):
    """One JSON object a line."""

    type: Literal["jsonl"] = "jsonl"
    """This format."""
    encoding: str = "utf-8"
    """Any encoding Python knows; a byte order mark is honoured and removed."""
    null: tuple[str, ...] = ("",)
    """Texts that mean 'no value'."""


class Parquet(Model):
    """Apache Parquet."""

    type: Literal["parquet"] = "parquet"
    """This format."""


Format = Annotated[Csv | JsonLines | Parquet, Field(discriminator="type")]
