"""Formats that are read as they come take no more memory for a large file than for a small one."""

from __future__ import annotations

import subprocess
import sys

import pytest

READING = """
import io, sys
from pathlib import Path
from antechamber.declare.format import Avro, FixedWidth, Json, JsonLines
from antechamber.read import open_reader

ROW = b'{"id": 12345, "email": "someone@example.com", "geo": {"city": "Rome"}, "note": "%s"},\\n' % (b"x" * 150)

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

class Repeated(io.RawIOBase):
    "A head, one piece again and again, and a tail."
    def __init__(self, head, piece, times, tail):
        self.parts = iter([head, *[piece] * times, tail])
        self.rest = b""
    def read(self, size=-1):
        while not self.rest:
            self.rest = next(self.parts, None)
            if self.rest is None:
                self.rest = b""
                return b""
        found, self.rest = self.rest[:size], self.rest[size:]
        return found
    def seekable(self):
        return False

def avro(times):
    import fastavro
    kind = {"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]}
    sink = io.BytesIO()
    fastavro.writer(sink, kind, [], sync_marker=b"s" * 16)
    head = sink.getvalue()
    rows = [{"id": "x" * 90}] * 5000
    fastavro.writer(sink := io.BytesIO(), kind, rows, sync_marker=b"s" * 16, sync_interval=1 << 30)
    return Repeated(head, sink.getvalue()[len(head):], times, b"")

def made(kind, times):
    if kind == "json":
        return Json(records="a.b"), Repeated(b'{"a": {"b": [', ROW * 2000, times, b"{}]}}")
    if kind == "json around":
        return Json(records="b"), Repeated(b'{"a": [', ROW * 2000, times, b'{}], "b": [{"id": 1}]}')
    if kind == "fixed":
        return FixedWidth(columns={"id": 100, "b": 139}), Repeated(b"", (b"1".ljust(239) + b"\\n") * 2000, times, b"")
    return Avro(), avro(times)

def count(kind, times):
    format, stream = made(kind, times)
    wanted = {"json": ["id", "geo.city"]}.get(kind, ["id"])
    return sum(piece.batch.num_rows for piece in open_reader(stream, format, wanted=wanted, name="x"))

count(sys.argv[1], 40)
before = peak()
print(count(sys.argv[1], 160), peak() - before)
"""


@pytest.mark.parametrize(
    ("kind", "rows"), [("json", 320_001), ("json around", 1), ("fixed", 320_000), ("avro", 800_000)]
)
def test_a_large_file_takes_no_more_memory_than_a_small_one(kind: str, rows: int) -> None:
    done = subprocess.run([sys.executable, "-c", READING, kind], capture_output=True, text=True, check=True)
    counted, grown = map(int, done.stdout.split())
    assert counted == rows
    assert grown < 48 * 1024
