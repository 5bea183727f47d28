"""Quarantine: a run's records that could not be prepared, as JSON Lines, compressed, sealed with the tenant's key.

One object a run, `<run_id>.jsonl.zst.sealed`, complete before the run commits. The last line names the partitions
that failed after some of their records were written here: those records are not shown.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, cast

import obstore
import pyarrow as pa
from pyiceberg.table import Table

from antechamber.errors import PublishError, SecretError
from antechamber.publish.ledger import run_id_of, runs_in, stamped
from antechamber.publish.seal import SealedReader, SealedWriter, SealError
from antechamber.records import Rejected
from antechamber.store import Location

ENDING = ".jsonl.zst.sealed"
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_FAILURES = (OSError, obstore.exceptions.BaseError)


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record in quarantine; fields as in `records.Rejected`, and the partition that it came from."""

    partition: str
    line: int
    reason: str
    raw: str
    column: str = ""
    member: str = ""


def parse_key(text: str, *, where: str = "the tenant's key") -> bytes:
    """A tenant's key from its text: 64 hexadecimal digits → 32 bytes. Raises SecretError, which says `where`."""
    if not _KEY.fullmatch(text.strip()):
        raise SecretError(
            "a tenant's key is 64 hexadecimal digits, and this is something else",
            where=where,
            remedy="make one with: openssl rand -hex 32",
        )
    return bytes.fromhex(text.strip())


class QuarantineWriter:
    """A run's quarantine under way. Nothing is written while there are no records.

    location: the connector's quarantine folder. key: 32 bytes, see `parse_key`.

    As a context manager: left without `close`, everything that was written is removed. Thread-safe.
    """

    def __init__(self, location: Location, run_id: str, key: bytes) -> None:
        self._location = location
        self._name = run_id + ENDING
        self._run_id = run_id
        self._key = key
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._discarded: set[str] = set()
        self._object: obstore.WritableFile | None = None
        self._sealed: SealedWriter | None = None
        self._stream: pa.CompressedOutputStream | None = None
        self._closed = False

    def __enter__(self) -> QuarantineWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._object = None  # An object that is never finished does not come to be.
                self._stream = self._sealed = None

    def add(self, partition: str, rejected: Iterable[Rejected], *, member: str = "") -> None:
        """Keep a partition's rejected records. member: of those that do not name theirs. Raises PublishError."""
        lines = [
            _line(asdict(QuarantinedRecord(partition, r.line, r.reason, r.raw, r.column, r.member or member)))
            for r in rejected
        ]
        if not lines:
            return
        text = "".join(lines).encode()
        with self._lock:
            try:
                self._opened().write(text)
            except _FAILURES as error:
                raise self._failed(error) from error
            self._counts[partition] += len(lines)

    def discard(self, partition: str) -> None:
        """A partition that failed: its records, earlier and later ones, are not part of the quarantine."""
        with self._lock:
            self._discarded.add(partition)

    def close(self) -> int:
        """Finish the object; gives the number of records in it. Raises PublishError. Call it before the commit."""
        with self._lock:
            kept = sum(count for partition, count in self._counts.items() if partition not in self._discarded)
            if self._closed:
                return kept
            self._closed = True
            if not kept or self._stream is None or self._sealed is None or self._object is None:
                self._object = self._stream = self._sealed = None
                return 0
            try:
                self._stream.write(_line({"end": {"records": kept, "discarded": sorted(self._discarded)}}).encode())
                self._stream.close()
                self._sealed.close()
                self._object.close()
            except _FAILURES as error:
                raise self._failed(error) from error
            return kept

    def _opened(self) -> pa.CompressedOutputStream:
        if self._closed:
            raise PublishError("its quarantine is finished already", where=self._run_id)
        if self._stream is None:
            self._object = obstore.open_writer(self._location.open(), self._name)
            self._sealed = SealedWriter(self._object, self._key, self._run_id)
            self._stream = pa.CompressedOutputStream(pa.PythonFile(_Open(self._sealed), mode="w"), "zstd")
        return self._stream

    def _failed(self, error: Exception) -> PublishError:
        return PublishError(
            f"quarantined records cannot be kept ({type(error).__name__})",
            where=f"{self._location.url}/{self._name}",
            remedy="see that the store can be reached and has room, then run again",
        )


def list_quarantine(location: Location) -> list[str]:
    """The runs that have a quarantine, oldest name first. Raises PublishError."""
    return [name.removesuffix(ENDING) for name, _ in _objects(location)]


def read_quarantine(location: Location, run_id: str, key: bytes) -> Iterator[QuarantinedRecord]:
    """The quarantined records of a run. The whole object is checked before the first record is given.

    Raises PublishError: there is none; it is truncated or altered; the key is another one.
    """
    end = None
    for entry in _lines(location, run_id, key):
        if end is not None:
            end = None
            break
        end = entry.get("end")
    if end is None:
        raise PublishError("the quarantine is not complete", where=f"{location.url}/{run_id}{ENDING}")
    discarded = set(end["discarded"])
    for entry in _lines(location, run_id, key):
        if "end" not in entry and entry["partition"] not in discarded:
            yield QuarantinedRecord(**entry)


def rewrite_quarantine(location: Location, run_id: str, key: bytes, keep: Callable[[QuarantinedRecord], bool]) -> int:
    """Write a run's quarantine again with the records to keep only; removed when none is. Gives how many went.

    Old or new, the whole object is there at every moment. Raises PublishError.
    """
    gone = 0
    with QuarantineWriter(location, run_id, key) as writer:
        for record in read_quarantine(location, run_id, key):
            if keep(record):
                kept = Rejected(record.line, record.reason, record.raw, record.column, record.member)
                writer.add(record.partition, [kept])
            else:
                gone += 1
        left = writer.close() if gone else 1
    if not left:
        remove_quarantine(location, run_id)
    return gone


def remove_quarantine(location: Location, run_id: str) -> None:
    """Delete a run's quarantine; none is no error. Raises PublishError."""
    try:
        obstore.delete(location.open(), run_id + ENDING)
    except FileNotFoundError:
        return
    except _FAILURES as error:
        raise _unusable(error, location) from error


def sweep_quarantine(location: Location, table: Table, *, keep: Collection[str] = ()) -> list[str]:
    """Remove the quarantines of runs that never committed to the table, or that another run took over; gives those.

    keep: runs that are under way. What is older than the table's known history (snapshots may have expired, the
    connector may have had another table) is left alone. Raises PublishError.
    """
    current = table.catalog.load_table(table.name())
    committed = {run_id_of(snapshot) for snapshot in stamped(current)}
    retried = {run.retried for run in runs_in(current)}
    known_since = _known_since(current)
    dead = [
        name.removesuffix(ENDING)
        for name, written in _objects(location)
        if name.removesuffix(ENDING) in retried
        or (name.removesuffix(ENDING) not in committed and _is_since(written, known_since))
    ]
    dead = [run for run in dead if run not in keep]
    for run in dead:
        remove_quarantine(location, run)
    if (folder := location.local) is not None:
        # What a killed run had not finished; object stores do not list unfinished uploads.
        for path in folder.glob(f"*{ENDING}#*"):
            if path.name.partition(ENDING)[0] not in keep:
                path.unlink(missing_ok=True)
    return dead


def _is_since(written: datetime, known: datetime) -> bool:
    """Object stores tell in whole seconds when an object was written: it may have been at any moment of that one."""
    return written >= (known if written.microsecond else known.replace(microsecond=0))


def _known_since(table: Table) -> datetime:
    """The time since which the table's history holds every commit: from there on no sequence number is missing."""
    metadata = table.metadata
    commits = {snapshot.sequence_number or 0: snapshot.timestamp_ms for snapshot in metadata.snapshots}
    oldest = max(commits, default=0)
    while oldest - 1 in commits:
        oldest -= 1
    if oldest <= 1:
        times = [entry.timestamp_ms for entry in metadata.metadata_log] + [
            metadata.last_updated_ms,
            *commits.values(),
        ]
        return datetime.fromtimestamp(min(times) / 1000, tz=UTC)
    return datetime.fromtimestamp(commits[oldest] / 1000, tz=UTC)


def _objects(location: Location) -> list[tuple[str, datetime]]:
    try:
        found = [(str(e["path"]), e["last_modified"]) for page in obstore.list(location.open()) for e in page]
    except _FAILURES as error:
        raise _unusable(error, location) from error
    return sorted((name, written) for name, written in found if name.endswith(ENDING) and "/" not in name)


def _lines(location: Location, run_id: str, key: bytes) -> Iterator[dict[str, Any]]:
    where = f"{location.url}/{run_id}{ENDING}"
    try:
        source = obstore.open_reader(location.open(), run_id + ENDING)
        plain = pa.CompressedInputStream(pa.PythonFile(SealedReader(source, key, run_id), mode="r"), "zstd")
        with io.TextIOWrapper(io.BufferedReader(cast("io.RawIOBase", plain)), encoding="utf-8", newline="\n") as text:
            for line in text:
                yield json.loads(line)
    except FileNotFoundError:
        raise PublishError("the run has no quarantine", where=where) from None
    except SealError as error:
        raise PublishError(f"the quarantine cannot be opened: {error}", where=where) from None
    except _FAILURES as error:
        raise _unusable(error, location) from error


class _Open(io.RawIOBase):
    """Keeps Arrow from closing the stream below: the last chunk is written by `close` of ours alone."""

    def __init__(self, stream: SealedWriter) -> None:
        self._below = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._below.write(data)


def _line(entry: dict[str, Any]) -> str:
    # Escaped, so that text which is no valid Unicode (a lone surrogate of a broken file) is kept as it was.
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":")) + "\n"


def _unusable(error: Exception, location: Location) -> PublishError:
    return PublishError(
        f"the quarantine cannot be used ({type(error).__name__})",
        where=location.url,
        remedy="see that the store can be reached and written",
    )
