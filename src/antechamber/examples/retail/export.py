"""Export: the files that both sides drop in their landing folders, and how many records of which kind they hold."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from antechamber.examples.retail import members, viewers
from antechamber.examples.retail.sealing import seal
from antechamber.examples.retail.spec import Spec

LOYALTY = "store/landing/acme/loyalty"
AUDIENCE = "store/landing/streamly/viewers"
"""The landing folders, relative to the workspace."""

BOM_FILE = 1
"""The position of the loyalty file that was saved on Windows: it has a byte order mark and CRLF line ends."""


@dataclass
class FileTruth:
    """What is in one file, in records.

    malformed: cannot be parsed. invalid: parse, and break a rule of the connector (date, tier, timestamp).
    """

    records: int = 0
    malformed: int = 0
    invalid: int = 0

    @property
    def quarantined(self) -> int:
        """Records that must end in quarantine."""
        return self.malformed + self.invalid


@dataclass
class ExportTruth:
    """What is in all files of one connector.

    files: file name → what is in it. replaced: valid records whose key a later valid record carries.
    """

    files: dict[str, FileTruth] = field(default_factory=dict)
    replaced: int = 0

    @property
    def records(self) -> int:
        """All records."""
        return sum(file.records for file in self.files.values())

    @property
    def quarantined(self) -> int:
        """Records that must end in quarantine."""
        return sum(file.quarantined for file in self.files.values())

    @property
    def published(self) -> int:
        """Records that must be in the table after an upsert into an empty one."""
        return self.records - self.quarantined - self.replaced


@dataclass(frozen=True)
class Truth:
    """What is in the whole example."""

    loyalty: ExportTruth
    audience: ExportTruth


def generate(folder: Path, spec: Spec | None = None, *, recipient: Path | None = None) -> Truth:
    """Write both exports below a workspace's folder and say what is in them. Files of the same name are replaced.

    recipient: a public key: the loyalty files are `….csv.pgp`, encrypted to it; plain `….csv` when None.
    Memory does not grow with the size. Raises UnsealError.
    """
    spec = spec or Spec()
    return Truth(write_loyalty(folder / LOYALTY, spec, recipient=recipient), write_audience(folder / AUDIENCE, spec))


def write_loyalty(folder: Path, spec: Spec, *, recipient: Path | None = None) -> ExportTruth:
    """Write acme's loyalty export: `spec.files` CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, ending = ExportTruth(), ".csv" if recipient is None else ".csv.pgp"
    for position, chunks in enumerate(members.chunks(spec)):
        name = f"members-{position + 1:03d}{ending}"
        counts = truth.files[name] = FileTruth()
        pieces = _loyalty_file(chunks, counts, windows=position == BOM_FILE)
        with _complete(folder / name) as path:
            if recipient is None:
                _write_pieces(path, pieces)
            else:
                seal(pieces, recipient, path)
        _settled(folder / name, position, spec.files)
    for part in (part for file in members.ranges(spec) for part in file):
        first = members.members(spec, *part).filter(members.sent_again(spec))
        truth.replaced += int(first["valid"].sum())
    return truth


def write_audience(folder: Path, spec: Spec) -> ExportTruth:
    """Write streamly's audience export: two JSON Lines files, one of them compressed, then a Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, half = ExportTruth(), spec.viewers // 2
    plain, packed, table = "viewers-001.jsonl", "viewers-002.jsonl.gz", "viewers-003.parquet"
    first, second, third = (truth.files.setdefault(name, FileTruth()) for name in (plain, packed, table))
    with _complete(folder / plain) as path:
        _write_pieces(path, _json_lines(spec, (0, half), first))
    with _complete(folder / packed) as path:
        _write_packed(path, _json_lines(spec, (half, spec.viewers), second))
    with _complete(folder / table) as path:
        _write_parquet(path, spec, third)
    for position, name in enumerate(truth.files):
        _settled(folder / name, position, len(truth.files))
    for start in range(0, spec.viewers, viewers.CHUNK):
        frame = viewers.viewers(spec, start, min(start + viewers.CHUNK, spec.viewers))
        truth.replaced += int(frame.filter(viewers.sent_again(spec))["valid"].sum())
    return truth


def _loyalty_file(chunks: Iterator[members.Chunk], counts: FileTruth, *, windows: bool) -> Iterator[bytes]:
    header = ",".join(members.COLUMNS).encode()
    yield b"\xef\xbb\xbf" + header + b"\r\n" if windows else header + b"\n"
    for chunk in chunks:
        counts.records += chunk.records
        counts.malformed += chunk.malformed
        counts.invalid += chunk.invalid
        yield chunk.text.replace(b"\n", b"\r\n") if windows else chunk.text


def _json_lines(spec: Spec, part: tuple[int, int], counts: FileTruth) -> Iterator[bytes]:
    for piece in viewers.pieces(spec, *part):
        counts.records += piece.records
        counts.malformed += piece.malformed
        counts.invalid += piece.invalid
        yield piece.text


@contextmanager
def _complete(path: Path) -> Iterator[Path]:
    """A name that landing zones ignore, to write under; the file appears under its own when it is complete."""
    part = path.with_name(f"_{path.name}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_pieces(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _write_packed(path: Path, pieces: Iterator[bytes]) -> None:
    # Without a time in the header the same content gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as file:
        file.writelines(pieces)


def _write_parquet(path: Path, spec: Spec, counts: FileTruth) -> None:
    writer: pq.ParquetWriter | None = None
    for frame in viewers.parquet_frames(spec):
        table: pa.Table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        counts.records += frame.height
    if writer is not None:
        writer.close()


def _settled(path: Path, position: int, files: int) -> None:
    """Date a file back a little, a later file less than an earlier one: nothing is still growing here."""
    moment = time.time() - 60 - (files - position)
    os.utime(path, (moment, moment))
