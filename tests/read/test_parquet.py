"""Parquet: native types, wanted columns only, positions, and streams that cannot seek."""

from __future__ import annotations

import datetime
import decimal
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.read.streams import Dribble, Failing, Forward, drain

from antechamber.declare import Parquet
from antechamber.errors import UnsealError
from antechamber.read import format_of, open_reader
from antechamber.read.parquet import ParquetReader
from antechamber.records import LINE

TABLE = pa.table(
    {
        "id": pa.array(range(200_000), pa.int32()),
        "email": pa.array([None if n % 7 == 0 else f"u{n}@example.com" for n in range(200_000)]),
        "tier": pa.array(["gold", "silver"] * 100_000).dictionary_encode(),
        "day": pa.array([datetime.date(2026, 1, 1 + n % 28) for n in range(200_000)]),
        "ltv": pa.array([decimal.Decimal(n).scaleb(-2) for n in range(200_000)], pa.decimal128(12, 2)),
        "a.b": pa.array([str(n) for n in range(200_000)]),
        "nested": pa.array([{"x": n} for n in range(200_000)]),
    }
)


def written(table: pa.Table = TABLE, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=30_000, **options)  # type: ignore[arg-type]
    return sink.getvalue()


DATA = written()


@pytest.mark.parametrize("stream", [io.BytesIO(DATA), Dribble(DATA, 1000), Forward(DATA)], ids=type)
def test_wanted_columns_come_in_their_own_types_with_positions(stream: io.BytesIO) -> None:
    wanted = ("ltv", "email", "tier", "a.b", "day", "id")
    reader = open_reader(stream, format_of("x.parquet"), wanted=wanted, name="x.parquet")
    assert reader.columns == tuple(TABLE.column_names)
    read = pa.Table.from_batches(piece.batch for piece in reader)
    assert read.column(LINE).to_pylist() == list(range(1, 200_001))
    expected = TABLE.select(list(wanted))
    tier = wanted.index("tier")
    expected = expected.set_column(tier, "tier", expected.column("tier").cast(pa.string()))
    assert read.drop_columns([LINE]).equals(expected)


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_every_common_compression_is_read(codec: str) -> None:
    reader = open_reader(
        io.BytesIO(written(TABLE.slice(0, 3000), compression=codec)), Parquet(), wanted=("id",), name="x"
    )
    assert [row["id"] for row in drain(reader)[0]] == list(range(3000))


def test_batches_are_bounded() -> None:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    pieces = list(open_reader(sink, Parquet(), wanted=("id",), name="x"))
    assert max(piece.batch.num_rows for piece in pieces) <= 65_536


def test_a_file_without_rows_or_without_wanted_columns_is_no_error() -> None:
    sink = io.BytesIO()
    pq.write_table(TABLE.slice(0, 0), sink)
    assert drain(open_reader(sink, Parquet(), wanted=("id",), name="x")) == ([], [])
    pieces = list(open_reader(io.BytesIO(DATA), Parquet(), wanted=(), name="x"))
    assert sum(piece.batch.num_rows for piece in pieces) == 200_000


@pytest.mark.parametrize("error", [UnsealError("tampered"), OSError("reset")])
def test_what_the_stream_raises_comes_through_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        drain(ParquetReader(Failing(DATA, 100_000, error), Parquet(), wanted=["email"], name="x"))
    assert caught.value is error
