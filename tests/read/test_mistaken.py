"""Text formats refuse a file that is something else, before a record of it is held to be malformed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import lz4.frame
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from antechamber.declare import Csv, JsonLines
from antechamber.errors import FormatError
from antechamber.read import open_reader

TEXT = b"id,email\n1,a@x.test\n"


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", TEXT)
    return sink.getvalue()


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), sink)
    return sink.getvalue()


OTHERS = {
    "gzip data": gzip.compress(TEXT),
    "zstd data": zstandard.compress(TEXT),
    "bzip2 data": bz2.compress(TEXT),
    "xz data": lzma.compress(TEXT),
    "lz4 data": lz4.frame.compress(TEXT),
    "pgp data": b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
    "a zip archive": zipped(),
    "a Parquet file": parquet(),
}


@pytest.mark.parametrize("format", [Csv(), JsonLines(), Csv(encoding="latin-1")], ids=("csv", "jsonl", "latin-1"))
@pytest.mark.parametrize("what", OTHERS)
def test_a_file_that_is_something_else_is_named_as_what_it_is(what: str, format: Csv | JsonLines) -> None:
    with pytest.raises(FormatError) as raised:
        list(open_reader(io.BytesIO(OTHERS[what]), format, wanted=["id"], name="landing/a.csv"))
    assert raised.value.what == f"this is {what}, not text"
    assert raised.value.where == "landing/a.csv" and raised.value.remedy


def test_text_that_begins_alike_is_text() -> None:
    for name in ("BZh", "Object", "PARTNER", "PK", "ORC"):
        content = f"{name},email\n1,a@x.test\n".encode()
        batches = list(open_reader(io.BytesIO(content), Csv(), wanted=[name], name="a.csv"))
        assert sum(batch.batch.num_rows for batch in batches) == 1
