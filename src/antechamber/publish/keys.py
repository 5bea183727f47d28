"""Keys of records as 128-bit hashes, and which records a later one of the same key replaces.

Two keys count as equal when their hashes are: XXH3, 128 bits. Among n different keys the chance that any two
share a hash is about n² / 2¹²⁹: 1.5e-21 for a thousand million. Who could choose keys so that they collide can
as well send the other record's key itself, so an unkeyed hash gives nothing away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import polars as pl
import polars_hash  # noqa: F401  (registers the nchash namespace)
import pyarrow as pa

from antechamber.publish.positioned import PositionedFile

BUCKETS = 256
_HALF = pl.lit(2**64, dtype=pl.UInt128)
_COLUMNS = ("high", "low", "place")


def key_hashes(batch: pa.RecordBatch, keys: Sequence[str]) -> pl.Series:
    """The hash of every record's key: a UInt128 series, null where a key column is null.

    A key's text is the same whatever the width of its type, so that a column which the table promoted from int to
    long still finds its older records. The texts of a key of several columns are joined with their lengths in
    front: ('a', 'bc') and ('ab', 'c') are two keys.
    """
    return frame_hashes(pl.DataFrame(pl.from_arrow(batch.select(list(keys)))))


def frame_hashes(frame: pl.DataFrame) -> pl.Series:
    """`key_hashes` of a frame's columns, in their order."""
    texts = [_text(kind, pl.col(name)) for name, kind in frame.schema.items()]
    if len(texts) == 1:
        key = texts[0]
    else:
        key = pl.concat_str(
            [part for text in texts for part in (text.str.len_bytes().cast(pl.String), pl.lit(":"), text)]
        )
    return frame.select(key.nchash.xxh3_128().alias("hash")).to_series()  # type: ignore[attr-defined]


def row_hashes(batch: pa.RecordBatch) -> pl.Series:
    """The hash of every record, by all its columns; null is a value among others. A UInt128 series without nulls."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    parts: list[pl.Expr] = []
    for name in frame.columns:
        text = _text(frame.schema[name], pl.col(name))
        parts += [text.str.len_bytes().cast(pl.String).fill_null("-"), pl.lit(":"), text.fill_null("")]
    whole = pl.concat_str(parts)
    return frame.select(whole.nchash.xxh3_128().alias("hash")).to_series()  # type: ignore[attr-defined]


class KeyIndex:
    """All keys of a run, kept on disk beyond about a million, and the search for those that come twice.

    file: where they are kept: 24 bytes a record, sorted by hash in runs of `pending_rows`.
    """

    def __init__(self, file: Path, *, pending_rows: int = 1_000_000) -> None:
        self._file = file
        self._pending_rows = pending_rows
        self._pending: list[pl.DataFrame] = []
        self._count = 0
        self._lock = threading.Lock()
        self._runs: list[_Run] = []
        self._write_lock = threading.Lock()
        self._sink: pa.OSFile | None = None

    def __enter__(self) -> KeyIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sink is not None:
            self._sink.close()
        self._pending = []
        self._file.unlink(missing_ok=True)

    def add(self, chunk: int, hashes: pl.Series) -> None:
        """Note the hashes of a chunk's records, in their order. Nulls are never equal to anything. Thread-safe."""
        first = chunk << 32
        place = pl.int_range(first, first + len(hashes), dtype=pl.UInt64, eager=True)
        frame = pl.DataFrame({"hash": hashes, "place": place}).drop_nulls("hash")
        with self._lock:
            self._pending.append(frame)
            self._count += len(frame)
            if self._count < self._pending_rows:
                return
            full, self._pending, self._count = self._pending, [], 0
        self._write(full)

    def superseded(
        self, offsets: Sequence[int | None], *, since: int = 0, lost: pl.Series | None = None
    ) -> Iterator[pl.Series]:
        """Positions (UInt64, in pieces, unordered) of the records that a later one of the same key replaces.

        offsets: the position of each chunk's first record in the order of all records; None for a chunk that does
            not count. The position of a record is its chunk's offset plus its row.
        since: only keys of which a record lies at this position or later.
        lost: of each record whether it is out anyhow (not 0): it neither replaces nor is replaced.
        """
        first = pl.Series("first", list(offsets), dtype=pl.UInt64)
        for frame in self.by_hash():
            chunk = (frame["place"] // 2**32).cast(pl.UInt32)
            row = frame["place"] % 2**32
            placed = frame.select("hash", position=first.gather(chunk) + row).drop_nulls("position")
            if lost is not None:
                placed = placed.filter(lost.gather(placed["position"]) == 0)
            if len(replaced := _all_but_last(placed, since)):
                yield replaced

    def by_hash(self) -> Iterator[pl.DataFrame]:
        """Everything noted, in pieces of about a million such that equal hashes are in the same piece, and those of a
        later piece are greater. Once nothing more is added."""
        if not self._runs:
            if self._pending:
                yield pl.concat(self._pending)
            return
        if self._pending:
            self._write(self._pending)
            self._pending = []
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        with PositionedFile(self._file) as source:
            start = 0
            while start < BUCKETS:
                stop, rows = start, 0
                while stop < BUCKETS and (rows == 0 or rows < self._pending_rows):
                    rows += sum(run.starts[stop + 1] - run.starts[stop] for run in self._runs)
                    stop += 1
                pieces = [run.read(source, start, stop) for run in self._runs]
                yield pl.concat(pieces)
                start = stop

    def _write(self, frames: list[pl.DataFrame]) -> None:
        run = (
            pl.concat(frames)
            .select(
                high=(pl.col("hash") // _HALF).cast(pl.UInt64),
                low=(pl.col("hash") % _HALF).cast(pl.UInt64),
                place="place",
            )
            .sort("high")
            .rechunk()
        )
        edges = pl.Series([bucket << 56 for bucket in range(1, BUCKETS)], dtype=pl.UInt64)
        starts = (0, *run["high"].search_sorted(edges, side="left").to_list(), len(run))
        with self._write_lock:
            if self._sink is None:
                self._sink = pa.OSFile(str(self._file), "wb")
            offset = self._sink.tell()
            for column in _COLUMNS:
                array = run[column].to_arrow()
                values = array.buffers()[1]
                assert values is not None  # noqa: S101  (a column of integers without nulls is one buffer of values)
                # A single row is not moved by sorting, and may be a part of a longer buffer.
                self._sink.write(values.slice(array.offset * 8, len(run) * 8))
            self._runs.append(_Run(offset, starts))


class _Run:
    """A sorted piece of the index's file: its three columns lie one after the other, 8 bytes a value.

    starts: the first row of each bucket (the hash's top byte), and the number of rows.
    """

    def __init__(self, offset: int, starts: tuple[int, ...]) -> None:
        self.offset = offset
        self.starts = starts

    def read(self, source: PositionedFile, start: int, stop: int) -> pl.DataFrame:
        """The rows of the buckets from `start` to `stop` (exclusive)."""
        first, count = self.starts[start], self.starts[stop] - self.starts[start]
        columns = {}
        for number, name in enumerate(_COLUMNS):
            at = self.offset + (number * self.starts[-1] + first) * 8
            data = source.read(at, count * 8)
            columns[name] = pl.Series(name, pa.Array.from_buffers(pa.uint64(), count, [None, data]))
        return pl.DataFrame(columns).select(
            hash=pl.col("high").cast(pl.UInt128) * _HALF + pl.col("low").cast(pl.UInt128), place="place"
        )


def _all_but_last(placed: pl.DataFrame, since: int) -> pl.Series:
    """Positions of the records that are not the last of their hash, of hashes whose last is at `since` or later."""
    ordered = placed["hash"].sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    # Most runs have few keys twice: only those are looked at closely.
    suspects = placed if len(twice) * 4 > len(placed) else placed.filter(pl.col("hash").is_in(twice.implode()))
    if since:
        late = suspects.filter(pl.col("position") >= since).select("hash").unique()
        suspects = suspects.join(late, on="hash", how="semi")
    by_key = suspects.sort("hash", "position")
    return by_key.filter(pl.col("hash") == pl.col("hash").shift(-1))["position"]


def _text(kind: pl.DataType, column: pl.Expr) -> pl.Expr:
    """A text that two values of the type share exactly when they are equal."""
    if kind.is_float():
        wide = column.cast(pl.Float64)
        return pl.when(wide == 0).then(0.0).otherwise(wide).cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return column.dt.cast_time_unit("us").to_physical().cast(pl.String)
    if kind.is_temporal():
        return column.to_physical().cast(pl.String)
    if kind == pl.Binary:
        return column.bin.encode("hex")
    return column.cast(pl.String)
