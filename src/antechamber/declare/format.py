"""The `format:` of files: one model a format, and the endings that tell a format.

A new format is a model here, in the union `Format`, and a reader in `antechamber.read` with a line in its `READERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Text
from antechamber.declare.path import path_of


class FileFormat(Model):
    """What all formats share. A subclass has `type: Literal["its name"]`."""

    type: str
    """Which format this is."""


class TextFormat(FileFormat):
    """A format whose values are text."""

    encoding: str = "utf-8"
    """Any encoding Python knows; a byte order mark is honoured and removed."""
    null: tuple[str, ...] = ("",)
    """Texts that mean 'no value'."""


class Csv(TextFormat):
    """Delimited text (RFC 4180 and its relatives)."""

    type: Literal["csv"] = "csv"
    """This format."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """One character between values; a tab is `"\\t"` in double quotes."""
    quote: Annotated[str, Field(max_length=1)] = '"'
    """The quote character, or "" when values are never quoted."""
    escape: Annotated[str, Field(max_length=1)] = ""
    """A character that takes the next one literally, or "" (a doubled quote is always one quote)."""
    header: bool = True
    """Whether the first record names the columns."""
    names: tuple[str, ...] = ()
    """The columns' names, in order, for files without a header; with `header: true` they are a mistake."""


class Slice(Model):
    """Where a column of fixed width stands in a line."""

    start: Annotated[int, Field(ge=1)]
    """The place of its first character, from 1."""
    width: Annotated[int, Field(ge=1)]
    """How many characters it has."""


class FixedWidth(TextFormat):
    """Lines in which every column has its place."""

    type: Literal["fixed"] = "fixed"
    """This format."""
    columns: Annotated[dict[Text, Annotated[int, Field(ge=1)] | Slice], Field(min_length=1)]
    """Each column's width, when it begins where the one before it ends, or its `{start, width}`."""
    length: Annotated[int, Field(ge=1)] | None = None
    """How long a line is; when absent it ends with the last column. A line of another length is malformed."""
    pad: bool = False
    """Whether a line that is too short stands for one that is filled up with spaces."""
    unit: Literal["characters", "bytes"] = "characters"
    """What `start`, `width` and `length` count: bytes are those of the file's encoding."""
    trim: Literal["both", "left", "right", "none"] = "both"
    """On which sides spaces are no part of a value."""
    skip: Annotated[int, Field(ge=0)] = 0
    """How many lines stand before the first record."""

    @property
    def slices(self) -> dict[str, tuple[int, int]]:
        """Column → its first place, from 0, and the place behind it."""
        placed, at = {}, 0
        for name, each in self.columns.items():
            start, width = (each.start - 1, each.width) if isinstance(each, Slice) else (at, each)
            at = start + width
            placed[name] = (start, at)
        return placed


class JsonLines(TextFormat):
    """One JSON object a line."""

    type: Literal["jsonl"] = "jsonl"
    """This format."""


class Json(TextFormat):
    """One JSON document that holds an array of objects."""

    type: Literal["json"] = "json"
    """This format."""
    records: Text | None = None
    """The path of the array, by its keys: `data.items`. When absent the document itself is the array."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that lead to the array."""
        path = path_of(self.records) if self.records else None
        if path is None:
            return (self.records,) if self.records else ()
        return (path.root, *(str(step) for step in path.steps))


class Parquet(FileFormat):
    """Apache Parquet."""

    type: Literal["parquet"] = "parquet"
    """This format."""


class Avro(FileFormat):
    """Apache Avro object container files."""

    type: Literal["avro"] = "avro"
    """This format."""


class Orc(FileFormat):
    """Apache ORC."""

    type: Literal["orc"] = "orc"
    """This format."""


class Xlsx(FileFormat):
    """One sheet of an Excel workbook."""

    type: Literal["xlsx"] = "xlsx"
    """This format."""
    sheet: Text | None = None
    """The sheet's name; when absent, the first."""
    header: Annotated[int, Field(ge=1)] = 1
    """The number of the row that names the columns; rows above it are passed over."""
    null: tuple[str, ...] = ("",)
    """Texts that mean 'no value'."""


Format = Annotated[
    Csv | FixedWidth | JsonLines | Json | Parquet | Avro | Orc | Xlsx,
    Field(discriminator="type"),
]

ENDINGS: Mapping[str, FileFormat] = {
    ".csv": Csv(),
    ".tsv": Csv(delimiter="\t"),
    ".txt": Csv(),
    ".jsonl": JsonLines(),
    ".ndjson": JsonLines(),
    ".json": Json(),
    ".parquet": Parquet(),
    ".avro": Avro(),
    ".orc": Orc(),
    ".xlsx": Xlsx(),
}
"""What a file's ending tells, once those of its seals are gone. A fixed width has no ending: it needs its columns."""
