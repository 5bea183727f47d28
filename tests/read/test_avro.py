"""Avro: logical types kept, every compression, and nothing taken from a damaged file."""

from __future__ import annotations

import bz2
import datetime
import decimal
import io
import json
import lzma
import uuid
import zlib
from typing import Any

import fastavro
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, Forward, drain, read

from antechamber.declare.format import Avro
from antechamber.errors import FormatError
from antechamber.read import open_reader

UTC = datetime.UTC
DAY = datetime.date(2026, 11, 24)
NOON = datetime.datetime(2026, 11, 24, 12, 0, 0, 123456)


def schema(fields: dict[str, Any], **more: Any) -> Any:
    return {"type": "record", "name": "Row", "fields": [{"name": n, "type": t} for n, t in fields.items()], **more}


def written(fields: dict[str, Any], rows: list[dict[str, Any]], **options: Any) -> bytes:
    sink = io.BytesIO()
    fastavro.writer(sink, schema(fields), rows, **options)
    return sink.getvalue()


def logical(kind: str, name: str, **more: Any) -> Any:
    return ["null", {"type": kind, "logicalType": name, **more}]


TIME = logical("long", "timestamp-micros")
FIELDS = {
    "i": "int",
    "l": ["null", "long"],
    "s": "string",
    "f": "float",
    "d": "double",
    "b": "boolean",
    "e": {"type": "enum", "name": "E", "symbols": ["gold", "silver"]},
    "day": logical("int", "date"),
    "at": logical("long", "timestamp-micros"),
    "ms": logical("long", "timestamp-millis"),
    "local": logical("long", "local-timestamp-micros"),
    "money": logical("bytes", "decimal", precision=38, scale=4),
    "fixed": [
        "null",
        {"type": "fixed", "name": "F", "size": 6, "logicalType": "decimal", "precision": 12, "scale": 2},
    ],
    "uuid": logical("string", "uuid"),
    "mixed": ["null", "string", "long", "boolean"],
    "map": {"type": "map", "values": logical("int", "date")},
    "list": {"type": "array", "items": {"type": "record", "name": "R", "fields": [{"name": "at", "type": TIME}]}},
}
ROW = {
    "i": -1, "l": 2**62, "s": "Zoë", "f": 0.5, "d": 0.1, "b": True, "e": "gold", "day": DAY,
    "at": NOON.replace(tzinfo=UTC), "ms": NOON.replace(tzinfo=UTC, microsecond=123000), "local": NOON,
    "money": decimal.Decimal("-1234567890123456789012345678901234.5678"), "fixed": decimal.Decimal("-12.34"),
    "uuid": uuid.UUID(int=7), "mixed": 12, "map": {"x": DAY, "y": None}, "list": [{"at": NOON.replace(tzinfo=UTC)}],
}  # fmt: skip


def test_values_come_in_their_own_types() -> None:
    nothing = dict.fromkeys(FIELDS) | {k: ROW[k] for k in ("i", "s", "f", "d", "b", "e")} | {"map": {}, "list": []}
    data = written(FIELDS, [ROW, nothing])
    wanted = [*FIELDS, "map.x", "list[0].at"]
    reader = open_reader(Forward(data, 7), Avro(), wanted=wanted, name="x")
    assert reader.columns == (*list(FIELDS)[:-1], "map.x", "list", "list[0].at")
    table = pa.Table.from_batches([piece.batch for piece in reader])
    types = {name: str(table.schema.field(name).type) for name in wanted}
    assert types["at"] == types["list[0].at"] == "timestamp[us, tz=UTC]"
    assert types["money"] == "decimal128(38, 4)"
    assert (types["ms"], types["local"], types["day"]) == ("timestamp[ms, tz=UTC]", "timestamp[us]", "date32[day]")
    first, second = table.to_pylist()
    expected = ROW | {"uuid": str(ROW["uuid"]), "mixed": "12", "map.x": DAY, "list[0].at": ROW["at"], "__line": 1}
    expected |= {"map": '{"x":"2026-11-24","y":null}', "list": '[{"at":"2026-11-24T12:00:00.123456Z"}]'}
    assert first == expected
    assert {name: second[name] for name in wanted if second[name] is not None} == {
        k: ROW[k] for k in ("i", "s", "f", "d", "b", "e")
    } | {"map": "{}", "list": "[]"}


def pack(codec: str, data: bytes) -> bytes:
    if codec == "deflate":
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(data) + packer.flush()
    if codec == "snappy":
        return bytes(pa.Codec("snappy").compress(data, asbytes=True)) + zlib.crc32(data).to_bytes(4, "big")
    packers: dict[str, Any] = {
        "null": bytes, "bzip2": bz2.compress, "xz": lzma.compress, "zstandard": zstandard.ZstdCompressor().compress,
    }  # fmt: skip
    return bytes(packers[codec](data))


def container(codec: str, blocks: list[list[dict[str, Any]]], kind: Any) -> bytes:
    """A file written by this hand, with the codecs' own packages."""
    head = io.BytesIO()
    meta = {"avro.schema": json.dumps(kind).encode(), "avro.codec": codec.encode()}
    fastavro.schemaless_writer(head, {"type": "map", "values": "bytes"}, meta)
    sync = bytes(range(16))
    out = [b"Obj\x01", head.getvalue(), sync]
    for rows in blocks:
        body = io.BytesIO()
        for row in rows:
            fastavro.schemaless_writer(body, kind, row)
        packed = pack(codec, body.getvalue())
        sizes = io.BytesIO()
        fastavro.schemaless_writer(sizes, "long", len(rows))
        fastavro.schemaless_writer(sizes, "long", len(packed))
        out += [sizes.getvalue(), packed, sync]
    return b"".join(out)


def test_times_that_python_cannot_hold_are_kept() -> None:
    kind = schema({"at": {"type": "long", "logicalType": "timestamp-micros"}})
    data = container("null", [[{"at": 10**18}, {"at": -(10**18)}]], kind)
    (piece,) = open_reader(io.BytesIO(data), Avro(), wanted=["at"], name="x")
    assert piece.batch.column("at").cast(pa.int64()).to_pylist() == [10**18, -(10**18)]


CODECS = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"]


@pytest.mark.parametrize("codec", CODECS)
def test_every_compression_of_the_specification_is_read_and_checked(codec: str) -> None:
    blocks = [[{"n": n, "s": "x" * 50} for n in range(start, start + 100)] for start in (0, 100)]
    data = container(codec, [*blocks, []], schema({"n": "long", "s": "string"}))
    rows, malformed = read(data, Avro(), "n")
    assert ([row["n"] for row in rows], malformed) == (list(range(200)), [])
    assert [row["__line"] for row in rows] == list(range(1, 201))
    for broken in (data[:-1], data[:-40], data + b"\x02", data[:-17] + b"?" + data[-16:]):
        with pytest.raises(FormatError, match=r"damaged|cut off"):
            read(broken, Avro(), "n")


BROKEN = {
    "empty": (b"", "the file is empty"),
    "not Avro": (b"a,b\n1,2\n", "not an Avro file"),
    "another codec": (container("null", [], schema({"a": "int"})).replace(b"null", b"lz4?"), "'lz4?' is not known"),
    "no records": (container("null", [], "long"), "values are not records"),
    "no schema": (container("null", [], schema({"a": "int"})).replace(b"avro.schema", b"avro.scheme"), "damaged"),
    "a broken schema": (container("null", [], schema({"a": "int"})).replace(b'"int"', b'"itn"'), "damaged"),
    "a cut head": (container("null", [], schema({"a": "int"}))[:40], "cut off"),
    "a missing column": (container("null", [], schema({"b": "int"})), "there is no column 'a'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_says_what_is_wrong(case: str) -> None:
    data, what = BROKEN[case]
    with pytest.raises(FormatError, match=what.replace("?", r"\?")) as said:
        read(data, Avro(), "a", name="in/x.avro")
    assert said.value.where == "in/x.avro"


def test_a_record_that_holds_its_own_kind_can_be_left_out() -> None:
    kind = schema({"n": "int", "next": ["null", "Row"]})
    data = container("null", [[{"n": 1, "next": {"n": 2, "next": None}}]], kind)
    assert read(data, Avro(), "n")[0] == [{"n": 1, "__line": 1}]
    with pytest.raises(FormatError, match="column 'next' hold records of their own kind"):
        read(data, Avro(), "next")


def test_names_of_types_are_found_in_their_namespace() -> None:
    point = {"type": "record", "name": "P", "fields": [{"name": "x", "type": logical("int", "date")}]}
    kind = schema({"a": point, "b": "shop.P", "c": {"type": "array", "items": "P"}}, namespace="shop")
    row = {"a": {"x": DAY}, "b": {"x": None}, "c": [{"x": DAY}]}
    data = container("null", [[row]], kind)
    assert read(data, Avro(), "a.x", "b.x", "c[0].x")[0] == [{"a.x": DAY, "b.x": None, "c[0].x": DAY, "__line": 1}]


KINDS = {
    "int": ("int", st.integers(-(2**31), 2**31 - 1)),
    "long": ("long", st.integers(-(2**63), 2**63 - 1)),
    "text": ("string", st.text()),
    "double": ("double", st.floats(allow_nan=False)),
    "flag": ("boolean", st.booleans()),
    "data": ("bytes", st.binary(max_size=9)),
    "day": ({"type": "int", "logicalType": "date"}, st.dates()),
    "money": (
        {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3},
        st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: decimal.Decimal(n).scaleb(-3)),
    ),
}


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(["null", "deflate"]), st.integers(1, 50))
def test_any_records_are_read_as_fastavro_reads_them(data: st.DataObject, codec: str, most: int) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, unique=True))
    rows = data.draw(
        st.lists(st.fixed_dictionaries({name: st.none() | KINDS[name][1] for name in names}), max_size=20)
    )
    file = written({name: ["null", KINDS[name][0]] for name in names}, rows, codec=codec, sync_interval=30)
    found, malformed = drain(open_reader(Dribble(file, most), Avro(), wanted=names, name="x"))
    assert malformed == []
    with decimal.localcontext(decimal.Context(prec=80)):
        expected = list(fastavro.reader(io.BytesIO(file)))
    assert [{name: row[name] for name in names} for row in found] == expected
