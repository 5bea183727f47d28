"""One Parquet data file of an Iceberg table: written as a stream, with field ids and exact statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.typedef import Record

ROW_GROUP_BYTES = 64 * 1024 * 1024
ROW_GROUP_ROWS = 1_000_000
_DICTIONARY_BYTES = 1024 * 1024
_SAMPLE_ROWS = 65_536


def file_schema(table: Table) -> pa.Schema:
    """The Arrow schema of the table's data files: its current columns, with Iceberg field ids."""
    return schema_to_pyarrow(table.schema(), include_field_ids=True)


def dictionary_columns(sample: pa.RecordBatch) -> list[str]:
    """The columns for which a dictionary pays: few different values in the sample, small enough together.

    A hash of an e-mail is different in every record: a dictionary of it is work for nothing. A hash of a first name
    is not: a dictionary stores it once a row group.
    """
    if not sample.num_rows:
        return []
    sample = sample.slice(0, _SAMPLE_ROWS)
    chosen = []
    for name, column in zip(sample.schema.names, sample.columns, strict=True):
        if pa.types.is_nested(column.type):
            continue
        different = pl.Series(pl.from_arrow(column)).n_unique()
        width = column.nbytes / sample.num_rows
        if different * 4 <= sample.num_rows and different * width <= _DICTIONARY_BYTES:
            chosen.append(name)
    return chosen


def write_parquet(
    table: Table,
    location: str,
    batches: Iterable[pa.RecordBatch],
    *,
    dictionary: Sequence[str],
    row_group_bytes: int = ROW_GROUP_BYTES,
) -> DataFile:
    """Write batches that fit `file_schema(table)` (columns by name; types that cast) to a new data file.

    A file that was there under the name is replaced. Raises OSError. When this returns, the file is complete in its
    store.
    """
    file = ParquetFile(table, location, dictionary=dictionary)
    try:
        for group in row_groups(batches, file.schema, row_group_bytes):
            file.add(group)
        return file.close()
    except BaseException:
        file.give_up()
        raise


class ParquetFile:
    """A data file that is being written, row group by row group. Every method may raise OSError.

    Snappy, because AWS Clean Rooms reads only Snappy and GZIP.
    """

    def __init__(self, table: Table, location: str, *, dictionary: Sequence[str]) -> None:
        self.location = location
        self.schema = file_schema(table)
        self._table = table
        self._stream = table.io.new_output(location).create(overwrite=True)
        try:
            self._writer = pq.ParquetWriter(
                cast("IO[Any]", self._stream),
                self.schema,
                compression="snappy",
                use_dictionary=list(dictionary),  # type: ignore[arg-type]
                dictionary_pagesize_limit=2 * _DICTIONARY_BYTES,
                write_batch_size=20_000,
                store_decimal_as_integer=True,
            )
        except BaseException:
            self._stream.close()
            raise

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._stream.tell()

    def add(self, group: pa.Table) -> None:
        """Write a table of `schema` as one row group."""
        self._writer.write_table(group, row_group_size=max(1, group.num_rows))

    def close(self) -> DataFile:
        """End the file: it is complete in its store."""
        self._writer.close()
        size = self._stream.tell()
        self._stream.close()
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self.location,
            file_format=FileFormat.PARQUET,
            partition=Record(),
            file_size_in_bytes=size,
            sort_order_id=None,
            spec_id=self._table.metadata.default_spec_id,
            equality_ids=None,
            key_metadata=None,
            **_statistics(self._table, self._writer.writer.metadata),
        )

    def give_up(self) -> None:
        """Let go of a file that will not be used, whatever its store says; what lies there of it stays."""
        for part in (self._writer, self._stream):
            with suppress(Exception):
                part.close()


def encoded_size(batch: pa.RecordBatch, schema: pa.Schema, *, dictionary: Sequence[str]) -> int:
    """How many bytes a batch becomes in a data file."""
    sink = pa.BufferOutputStream()
    writer = pq.ParquetWriter(sink, schema, compression="snappy", use_dictionary=list(dictionary))  # type: ignore[arg-type]
    with writer:
        writer.write_batch(_fit(batch, schema))
    return sink.getvalue().size


def _fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(field.name).cast(field.type) for field in schema], schema=schema)


def row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema, row_group_bytes: int) -> Iterator[pa.Table]:
    """Batches collected to row groups: a reader's unit of work, and the writer's of memory."""
    held: list[pa.RecordBatch] = []
    size = rows = 0
    for batch in batches:
        for start in range(0, batch.num_rows, ROW_GROUP_ROWS):
            held.append(_fit(batch.slice(start, ROW_GROUP_ROWS), schema))
            size += held[-1].nbytes
            rows += held[-1].num_rows
            if size >= row_group_bytes or rows >= ROW_GROUP_ROWS:
                yield pa.Table.from_batches(held, schema)
                held, size, rows = [], 0, 0
    if held:
        yield pa.Table.from_batches(held, schema)


def _statistics(table: Table, written: pq.FileMetaData) -> dict[str, Any]:
    """Counts, sizes and bounds by field id, as an Iceberg manifest holds them."""
    paths = parquet_path_to_id_mapping(table.schema())
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=written,
        stats_columns=compute_statistics_plan(table.schema(), table.metadata.properties),
        parquet_column_mapping=paths,
    )
    # Parquet leaves out the bounds of a row group with a very long value. The other groups' bounds are then not
    # those of the file: a reader that trusted them would skip the long value.
    for group in range(written.num_row_groups):
        for position in range(written.num_columns):
            column = written.row_group(group).column(position)
            known = column.statistics
            if known is None or not (known.has_min_max or known.null_count == column.num_values):
                statistics.column_aggregates.pop(paths[column.path_in_schema], None)
    return statistics.to_serialized_dict()
