"""Bytes → Arrow batches, one module a format. A malformed record goes to quarantine, never to a guess."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from antechamber.declare.format import (
    ENDINGS,
    Avro,
    Csv,
    FileFormat,
    FixedWidth,
    Json,
    JsonLines,
    Orc,
    Parquet,
    Xlsx,
)
from antechamber.errors import FormatError
from antechamber.read.reader import Reader

__all__ = ["READERS", "Reader", "format_of", "open_reader"]

READERS: Mapping[type[FileFormat], str] = {
    Csv: "antechamber.read.csv:CsvReader",
    FixedWidth: "antechamber.read.fixed:FixedWidthReader",
    JsonLines: "antechamber.read.jsonl:JsonLinesReader",
    Json: "antechamber.read.json:JsonReader",
    Parquet: "antechamber.read.parquet:ParquetReader",
    Avro: "antechamber.read.avro:AvroReader",
    Orc: "antechamber.read.orc:OrcReader",
    Xlsx: "antechamber.read.xlsx:XlsxReader",
}
"""Format → where its reader is at home, which is imported when a file of the format comes.

A reader is made as `open_reader` makes it: (stream, format, wanted=, name=) → Reader.
"""


def open_reader(stream: BinaryIO, format: FileFormat, *, wanted: Sequence[str], name: str) -> Reader:
    """Begin to read one file.

    wanted: the columns that the batches are to hold, in this order, and LINE behind them; text formats give them as
        utf8, the others in the file's own types. A name that is no column's own may be a path
        (`antechamber.declare.path`) where the format has columns within columns. A JSON record without the key has
        null there.
    name: what messages call the file.

    Raises FormatError: a wanted column that a header or a schema lacks, and all that makes the whole file
    unreadable; MissingExtra when the format needs a package that is not installed. What the stream's `read` raises
    comes through unchanged.
    """
    module, _, reader = READERS[type(format)].partition(":")
    kind: Any = getattr(importlib.import_module(module), reader)
    opened: Reader = kind(stream, format, wanted=wanted, name=name)
    return opened


def format_of(name: str) -> FileFormat:
    """The format that a file's name tells once its seals' endings (.gz, .pgp) are gone. Raises FormatError."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in ENDINGS:
        said = f"the ending '{ending}' tells no format" if ending else "a name without an ending tells no format"
        raise FormatError(
            said,
            where=name,
            remedy=f"set format.type to csv, fixed, jsonl, json, parquet, avro, orc or xlsx; or name files "
            f"{' '.join(ENDINGS)}",
        )
    return ENDINGS[ending]
