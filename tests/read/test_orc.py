"""ORC: native types, wanted columns only, positions, and streams that cannot seek."""

from __future__ import annotations

import datetime
import decimal
import io
import random
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, Failing, Forward, drain, read

from antechamber.declare.format import Orc
from antechamber.errors import FormatError, UnsealError
from antechamber.read import format_of, open_reader
from antechamber.read.orc import OrcReader

ROWS = 60_000
TABLE = pa.table(
    {
        "id": pa.array(range(ROWS), pa.int64()),
        "email": pa.array([None if n % 7 == 0 else f"u{n}@example.com" for n in range(ROWS)]),
        "day": pa.array([datetime.date(2026, 1, 1 + n % 28) for n in range(ROWS)]),
        "at": pa.array([datetime.datetime(2026, 1, 1, n % 24) for n in range(ROWS)], pa.timestamp("ns", "UTC")),
        "ltv": pa.array([decimal.Decimal(n).scaleb(-2) for n in range(ROWS)], pa.decimal128(12, 2)),
        "geo": pa.array([{"city": f"c{n}", "zip": n} for n in range(ROWS)]),
        "tags": pa.array([[{"k": "a", "v": n}, {"k": "b", "v": None}] for n in range(ROWS)]),
    }
)


def written(table: pa.Table = TABLE, **options: Any) -> bytes:
    sink = io.BytesIO()
    orc.write_table(table, sink, **{"stripe_size": 1 << 18, **options})
    return sink.getvalue()


DATA = written(compression="zstd")


@pytest.mark.parametrize("stream", [io.BytesIO(DATA), Dribble(DATA, 1000), Forward(DATA)], ids=type)
def test_wanted_columns_come_in_their_own_types_with_positions(stream: io.BytesIO) -> None:
    wanted = ("ltv", "email", "day", "id", "at")
    reader = open_reader(stream, format_of("x.ORC"), wanted=wanted, name="x.orc")
    assert reader.columns == tuple(TABLE.column_names)
    found = pa.Table.from_batches(piece.batch for piece in reader)
    assert found.column("__line").to_pylist() == list(range(1, ROWS + 1))
    assert found.drop_columns(["__line"]).equals(TABLE.select(list(wanted)))


def test_paths_lead_into_columns() -> None:
    rows, _ = read(DATA, Orc(), "geo.city", "tags[k=a].v", "tags")
    assert [row["geo.city"] for row in rows] == [f"c{n}" for n in range(ROWS)]
    assert [row["tags[k=a].v"] for row in rows] == list(range(ROWS))
    assert rows[5]["tags"] == '[{"k":"a","v":5},{"k":"b","v":null}]'


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "zlib", "lz4", "zstd"])
def test_every_compression_is_read(codec: str) -> None:
    data = written(TABLE.slice(0, 3000), compression=codec)
    assert [row["id"] for row in read(data, Orc(), "id")[0]] == list(range(3000))


def test_no_rows_and_no_wanted_columns_are_no_errors() -> None:
    assert read(written(TABLE.slice(0, 0)), Orc(), "id") == ([], [])
    assert len(read(DATA, Orc())[0]) == ROWS


BROKEN = {
    "empty": (b"", "the file is empty"),
    "CSV called ORC": (b"id,email\n1,2\n", "not an ORC file"),
    "cut off": (DATA[:-200], "cut off or damaged"),
    "a head only": (b"ORC", "cut off or damaged"),
    "a damaged stripe": (DATA[:20_000] + random.Random(1).randbytes(4000) + DATA[24_000:], "damaged"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_says_what_is_wrong(case: str) -> None:
    data, what = BROKEN[case]
    with pytest.raises(FormatError, match=what) as said:
        read(data, Orc(), "id", "email", name="in/x.orc")
    assert said.value.where == "in/x.orc"


@pytest.mark.parametrize("error", [UnsealError("tampered"), OSError("reset")])
def test_what_the_stream_raises_comes_through_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        drain(OrcReader(Failing(DATA, len(DATA) // 2, error), Orc(), wanted=["email"], name="x"))
    assert caught.value is error


def test_a_sealed_file_beyond_memory_is_refused() -> None:
    with pytest.raises(FormatError, match="a sealed ORC file of more than 1,000 bytes"):
        OrcReader(Forward(DATA), Orc(), wanted=["id"], name="x", in_memory=1000)


VALUES: dict[str, tuple[pa.DataType, Any]] = {
    "n": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "s": (pa.string(), st.text()),
    "f": (pa.float64(), st.floats(allow_nan=False)),
    "b": (pa.bool_(), st.booleans()),
    "x": (pa.binary(), st.binary(max_size=9)),
    "day": (pa.date32(), st.dates()),
    "d": (pa.decimal128(20, 3), st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: decimal.Decimal(n).scaleb(-3))),
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.none() | each for name, (_, each) in VALUES.items()}), max_size=15))
def test_any_table_is_read_as_pyarrow_reads_it(rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, pa.schema([(name, kind) for name, (kind, _) in VALUES.items()]))
    found, malformed = read(written(table), Orc(), *VALUES)
    assert malformed == []
    assert [{name: row[name] for name in VALUES} for row in found] == rows
