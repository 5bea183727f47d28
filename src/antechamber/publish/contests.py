"""Contests: of all of a run's records that agree in something one stays, whichever batches they came in.

What records agree in is a hash of 128 bits (see `keys` on how likely two share one), and what they are ranked by may
be anything, also something personal: beyond about a million of them they wait on disk, sealed with a key that is
only in memory.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from antechamber.publish.positioned import PositionedFile
from antechamber.records import Entrants, Keep

BUCKETS = 256
PENDING_ROWS, PENDING_BYTES = 1_000_000, 128 << 20
"""What of a contest is in memory at most, beside what is being decided."""

_FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("high", "low", "place"), pa.uint64()),
    "rank": pa.large_string(),
}
_SCHEMA = pa.schema(_FIELDS)
_AGREE = ["high", "low"]


class Contests:
    """All contests of a run.

    folder: one that is there, for what does not fit in memory. contests: the place of each step that is one, and
    which of the records that agree stays.
    """

    def __init__(self, folder: Path, contests: Mapping[int, Keep], *, pending_rows: int = PENDING_ROWS) -> None:
        self.places: tuple[int, ...] = tuple(sorted(contests))
        self._contests = [
            _Contest(folder / f"contest-{place}", contests[place], pending_rows) for place in self.places
        ]
        self._beaten: dict[int, pl.Series] = {}

    def close(self) -> None:
        """Remove what is on disk."""
        for contest in self._contests:
            contest.close()

    def add(self, chunk: int, entrants: Entrants) -> None:
        """Note the records of a chunk that enter contests. Thread-safe. Raises OSError."""
        for number, place in enumerate(self.places):
            if place not in entrants:
                continue
            frame = pl.DataFrame(pl.from_arrow(entrants[place]))
            if number == 0:
                # Nothing comes before the first contest: who is beaten within the batch is beaten whatever else
                # comes, so that of a million records that all agree no more than one a batch has to be held.
                beaten = _beaten(frame, self._contests[0].keep, "row")
                if len(beaten):
                    rows = pl.repeat(False, int(frame["row"][-1]) + 1, eager=True)
                    self._beaten[chunk] = rows.scatter(beaten, True)
                    frame = frame.filter(~pl.col("row").is_in(beaten.implode()))
            place_of = (pl.col("row") + (chunk << 32)).cast(pl.UInt64)
            self._contests[number].add(frame.select(*_AGREE, place_of.alias("place"), "rank"))

    def losers(self, offsets: Sequence[int | None], total: int) -> pl.Series | None:
        """For every record, in the order of all: 0, or 1 for one who loses the first contest, 2 the second … (UInt8).

        None where nobody loses. offsets: the position of each chunk's first record; None for a chunk that does not
        count. Who loses a contest takes no part in those behind it. Raises OSError.
        """
        lost = pl.repeat(0, total, dtype=pl.UInt8, eager=True)
        for chunk, beaten in self._beaten.items():
            if (offset := offsets[chunk]) is not None:
                lost.scatter(beaten.arg_true().cast(pl.UInt64) + offset, 1)
        first = pl.Series("first", list(offsets), dtype=pl.UInt64)
        for number, contest in enumerate(self._contests, start=1):
            for frame in contest.by_hash():
                chunk_of, row = (frame["place"] // 2**32).cast(pl.UInt32), frame["place"] % 2**32
                there = frame.with_columns(position=first.gather(chunk_of) + row).drop_nulls("position")
                if number > 1:
                    there = there.filter(lost.gather(there["position"]) == 0)
                lost.scatter(_beaten(there, contest.keep, "position"), number)
        return lost if lost.max() else None


class _Contest:
    """The records of one contest."""

    def __init__(self, file: Path, keep: Keep, pending_rows: int) -> None:
        self.keep = keep
        self._file = file
        self._pending_rows = pending_rows
        self._pending: list[pl.DataFrame] = []
        self._rows = self._bytes = 0
        self._lock = threading.Lock()
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._sink: pa.OSFile | None = None
        self._runs: list[list[_Piece | None]] = []
        self._sealed = 0

    def close(self) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        self._pending = []
        self._file.unlink(missing_ok=True)

    def add(self, frame: pl.DataFrame) -> None:
        with self._lock:
            self._pending.append(frame)
            self._rows += len(frame)
            self._bytes += int(frame.estimated_size())
            if self._rows >= self._pending_rows or self._bytes >= PENDING_BYTES:
                self._write()

    def by_hash(self) -> Iterator[pl.DataFrame]:
        """Everything noted, in pieces of bounded size such that equal hashes are in the same piece."""
        if not self._runs:
            if self._pending:
                yield pl.concat(self._pending)
            return
        if self._pending:
            self._write()
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        with PositionedFile(self._file) as source:
            held: list[pl.DataFrame] = []
            size = rows = 0
            for bucket in range(BUCKETS):
                pieces = [piece for run in self._runs if (piece := run[bucket]) is not None]
                more, more_rows = sum(piece.length for piece in pieces), sum(piece.rows for piece in pieces)
                if held and (size + more > PENDING_BYTES or rows + more_rows > self._pending_rows):
                    yield pl.concat(held)
                    held, size, rows = [], 0, 0
                held += [self._open(source, piece) for piece in pieces]
                size, rows = size + more, rows + more_rows
            if held:
                yield pl.concat(held)

    def _write(self) -> None:
        """All that is pending, sorted, a sealed piece for each bucket (the hash's top byte)."""
        run = pl.concat(self._pending).sort("high").rechunk()
        self._pending, self._rows, self._bytes = [], 0, 0
        edges = pl.Series([bucket << 56 for bucket in range(1, BUCKETS)], dtype=pl.UInt64)
        starts = (0, *run["high"].search_sorted(edges, side="left").to_list(), len(run))
        if self._sink is None:
            self._sink = pa.OSFile(str(self._file), "wb")
        table = run.to_arrow().cast(_SCHEMA).combine_chunks()
        pieces: list[_Piece | None] = []
        for start, stop in itertools.pairwise(starts):
            if start == stop:
                pieces.append(None)
                continue
            (batch,) = table.slice(start, stop - start).to_batches()
            self._sealed += 1
            sealed = self._cipher.encrypt(self._sealed.to_bytes(12, "big"), bytes(batch.serialize()), None)
            pieces.append(_Piece(self._sealed, self._sink.tell(), len(sealed), stop - start))
            self._sink.write(sealed)
        self._runs.append(pieces)

    def _open(self, source: PositionedFile, piece: _Piece) -> pl.DataFrame:
        sealed = source.read(piece.offset, piece.length).to_pybytes()
        opened = self._cipher.decrypt(piece.number.to_bytes(12, "big"), sealed, None)
        return pl.DataFrame(pl.from_arrow(pa.ipc.read_record_batch(pa.py_buffer(opened), _SCHEMA)))


@dataclass(frozen=True)
class _Piece:
    """A sealed piece of a contest's file. number: the nonce under which it is sealed, used once."""

    number: int
    offset: int
    length: int
    rows: int


def _beaten(frame: pl.DataFrame, keep: Keep, order: str) -> pl.Series:
    """Of all records that agree those that do not stay, by their `order`: in that order two are never equal."""
    suspects = frame.filter(pl.struct(_AGREE).is_duplicated())
    if not len(suspects):
        return suspects[order]
    if keep == "first":
        ranked = suspects.sort(*_AGREE, order, descending=[False, False, True])
    elif keep == "last":
        ranked = suspects.sort(*_AGREE, order)
    elif keep == "greatest":
        ranked = suspects.sort(*_AGREE, "rank", order)
    else:
        # Without a value it is behind all others, whichever way these are ranked.
        known = pl.col("rank") != ""
        ranked = suspects.sort(*_AGREE, known, "rank", order, descending=[False, False, False, True, False])
    same = (pl.col("high") == pl.col("high").shift(-1)) & (pl.col("low") == pl.col("low").shift(-1))
    return ranked.filter(same)[order]
