"""Avro → Arrow, in the file's own types, block by block."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from antechamber.declare.format import Avro
from antechamber.errors import FormatError, MissingExtra
from antechamber.read.avro_blocks import Blocks
from antechamber.read.avro_types import Column, Types
from antechamber.read.nested import Wanted
from antechamber.read.reader import Reader, batches
from antechamber.records import ReadBatch

_ROWS = 1 << 13
_BYTES = 8 << 20


class AvroReader(Reader):
    """One Avro object container file. LINE is the record's 1-based position.

    An Avro record is never malformed by itself: where one cannot be decoded, where the next begins is unknown.
    Raises FormatError, on opening or while reading: not Avro, cut off within a block, damaged, a wanted column
    missing; MissingExtra without the package fastavro.
    """

    def __init__(self, stream: BinaryIO, format: Avro, *, wanted: Sequence[str], name: str) -> None:
        try:
            import fastavro
        except ImportError:
            raise MissingExtra("avro", needed_for="reading Avro") from None
        self._blocks = Blocks(stream, name)
        schema = self._blocks.schema
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise FormatError(
                "the Avro file's values are not records",
                where=name,
                remedy="have the sender write records with fields",
            )
        try:
            types = Types(schema)
            self._parsed = fastavro.parse_schema(types.plain)
            fields = {field["name"]: types.field(field) for field in schema["fields"]}
        except Exception:
            self._blocks.damaged()
        self._decode: Any = fastavro.schemaless_reader
        whole = pa.schema([(each, column.meant if column else pa.null()) for each, column in fields.items()])
        self._wanted = Wanted.of(whole, wanted, where=name)
        self._columns = self._wanted.found(whole.names)
        self._taken: dict[str, Column] = {}
        for root in self._wanted.roots:
            column = fields[root]
            if column is None:
                raise FormatError(
                    f"the records of column '{root}' hold records of their own kind",
                    where=name,
                    remedy="leave the column out, or have the sender write it flat",
                )
            self._taken[root] = column

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self) -> Iterator[ReadBatch]:
        position = 0
        for records in self._pieces():
            try:
                arrays = {
                    root: column.array([record[root] for record in records]) for root, column in self._taken.items()
                }
            except (pa.ArrowException, ValueError, TypeError, OverflowError):
                self._blocks.damaged()
            struct = pa.StructArray.from_arrays(list(arrays.values()), list(arrays)) if arrays else None
            taken = self._wanted.take(pa.RecordBatch.from_struct_array(struct)) if struct is not None else {}
            lines = np.arange(position + 1, position + 1 + len(records), dtype=np.int64)
            position += len(records)
            yield from batches(taken, lines, ())

    def _pieces(self) -> Iterator[list[Any]]:
        """Records, some thousands or some megabytes at a time."""
        records: list[Any] = []
        size = 0
        for count, block in self._blocks:
            source = io.BytesIO(block)
            before = 0
            for _ in range(count):
                try:
                    records.append(self._decode(source, self._parsed, None))
                except Exception:  # whatever the decoder meets in bytes that are no record
                    self._blocks.damaged()
                size += source.tell() - before
                before = source.tell()
                if len(records) == _ROWS or size > _BYTES:
                    yield records
                    records, size = [], 0
            if before != len(block):
                self._blocks.damaged()
        if records:
            yield records
