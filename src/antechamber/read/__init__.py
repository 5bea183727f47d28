"""Bytes → Arrow batches: CSV, JSON Lines, Parquet. A malformed record goes to quarantine, never to a guess."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

from antechamber.declare import Csv, JsonLines, Parquet
from antechamber.errors import FormatError
from antechamber.read.csv import CsvReader
from antechamber.read.jsonl import JsonLinesReader
from antechamber.read.parquet import ParquetReader
from antechamber.read.reader import Reader

__all__ = ["Reader", "format_of", "open_reader"]

_ENDINGS: dict[str, Csv | JsonLines | Parquet] = {
    ".csv": Csv(),
    ".tsv": Csv(delimiter="\t"),
    ".txt": Csv(),
    ".jsonl": JsonLines(),
    ".ndjson": JsonLines(),
    ".parquet": Parquet(),
}


def open_reader(stream: BinaryIO, format: Csv | JsonLines | Parquet, *, wanted: Sequence[str], name: str) -> Reader:
    """Begin to read one file.

    wanted: the columns that the batches are to hold, in this order, and LINE behind them; text formats give them as
        utf8, Parquet in its own types. A JSON Lines record without the key has null there.
    name: what messages call the file.

    Raises FormatError: a wanted column that a CSV header or a Parquet schema lacks, and all that makes the whole
    file unreadable. What the stream's `read` raises comes through unchanged.
    """
    if isinstance(format, Csv):
        return CsvReader(stream, format, wanted=wanted, name=name)
    if isinstance(format, JsonLines):
        return JsonLinesReader(stream, format, wanted=wanted, name=name)
    return ParquetReader(stream, wanted=wanted, name=name)


def format_of(name: str) -> Csv | JsonLines | Parquet:
    """The format that a file's name tells once its seals' endings (.gz, .pgp) are gone. Raises FormatError."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _ENDINGS:
        said = f"the ending '{ending}' tells no format" if ending else "a name without an ending tells no format"
        raise FormatError(
            said,
            where=name,
            remedy=f"set format.type to csv, jsonl or parquet, or name files {' '.join(_ENDINGS)}",
        )
    return _ENDINGS[ending]
