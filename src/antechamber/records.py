"""The values that pass between the stages: what a source lists, what a reader yields, what a recipe returns.

The data itself is always a `pyarrow.RecordBatch`; these classes only say where it came from and what
became of the records that are not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LINE = "__line"
"""Name of the int64 column that every batch carries: the 1-based line (text formats: the physical line on
which the record begins; other formats: the record's 1-based position) of each record in its partition."""

CHANGE = "__change"
"""Name of the int8 column that batches of change capture carry: what became of each record at its source."""

PUT, DELETED, TRUNCATED = 0, 1, 2
"""Values of CHANGE. PUT: the record as it is, as in batches without the column. DELETED: it is gone; only the
columns of which the key is made are filled. TRUNCATED: all records before it are gone; no column is filled."""

LEFT_OUT = 3
"""LEFT_OUT + n in `Prepared.changes`: step n leaves the record out of a table with a key, so that an earlier version
of it leaves the table; as in a deletion, only the key is filled. Where the record entered a contest before that step
it may have no key at all: nothing leaves the table then."""

Keep = Literal["first", "last", "greatest", "least"]
"""Which of the records that agree stays: by their order, or by their rank; of several of the best rank the last."""

Entrants = Mapping[int, pa.RecordBatch]
"""Contest → the records that enter it. A contest is a step, named by its place, that lets one stay of all of a run's
records that agree in something. Columns: `row` of the prepared batch (int64, ascending); `high` and `low` (uint64),
the halves of a hash of what they agree in; `rank` (large_string), the empty text behind all others."""


def moved(entrants: Entrants, to: npt.NDArray[np.int64]) -> Entrants:
    """The entrants of a batch that is made of another's rows.

    to: row → row in the new batch, -1 when it is not there. The rows that are there keep their order.
    """
    found = {}
    for place, batch in entrants.items():
        rows = to[batch.column("row").to_numpy()]
        there = batch.set_column(0, "row", pa.array(rows, pa.int64())).filter(pa.array(rows >= 0))
        if there.num_rows:
            found[place] = there
    return found


@dataclass(frozen=True)
class Partition:
    """One piece of a source that is opened, read and accounted for on its own.

    id: its name, stable between listings of the same source: a file's path relative to the source's
        location, or a key range. Never personal data, never a secret.
    fingerprint: what tells this content from another under the same id: size, e_tag, last_modified… All
        values are strings.
    size: bytes, when known before opening.
    """

    id: str
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None


@dataclass(frozen=True)
class Progress:
    """What a table's last commits say has been taken in already.

    sources: partition id → fingerprint of every partition that was published and is not archived away.
    watermark: what the connector's last commit recorded (JSON-able), or None.
    columns: the columns that the source had then → their types in its own words ("" when it does not tell).
    """

    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    watermark: Mapping[str, object] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """What a backfill reads again: from `since` on, and before `until` (None: up to now).

    Both as the user wrote them: a date or a moment in ISO 8601 (UTC when it names no zone), or a number.
    """

    since: str
    until: str | None = None

    def __str__(self) -> str:
        return f"from {self.since}" + (f" to {self.until}" if self.until is not None else "")


def moment_of(text: str) -> datetime:
    """A bound of a window as a moment in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True)
class Skipped:
    """Something that a listing saw and left alone, and why (one clause).

    incomplete: its sender is not done with it: a later listing will offer it.
    """

    id: str
    reason: str
    incomplete: bool = False


@dataclass(frozen=True)
class Listing:
    """What a source has to offer now.

    partitions: to be read, in the order in which a later record replaces an earlier one of the same key.
    done: published by an earlier commit, still lying in the source: to be archived, not read.
    skipped: left alone this time.
    watermark: what the commit of this run is to record as its watermark, or None to keep the last.
    """

    partitions: tuple[Partition, ...]
    done: tuple[Partition, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    watermark: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Rejected:
    """A record that goes to quarantine.

    line: as in the LINE column.
    reason: a short fixed phrase such as `expected 5 fields, found 4`; holds no value of the record.
    raw: the record's raw text (a malformed record) or its source fields as one JSON object.
    column: the output column at fault, or "".
    member: for an archive with several files in it, the name of the file inside, else "".
    """

    line: int
    reason: str
    raw: str
    column: str = ""
    member: str = ""


@dataclass(frozen=True)
class ReadBatch:
    """A piece of a partition, parsed: the well-formed records and the malformed ones.

    batch: source columns (utf8 for text formats, typed for typed ones) plus LINE. May have no rows.
    """

    batch: pa.RecordBatch
    malformed: tuple[Rejected, ...] = ()
    member: str = ""


@dataclass(frozen=True)
class Prepared:
    """What a recipe made of one ReadBatch.

    batch: the output columns in the recipe's order and types, without LINE: rows to be published.
    changes: what CHANGE says of each row of `batch` (int8), or None when all are PUT.
    rejected: records that go to quarantine.
    dropped: rule name → number of records that the rule dropped.
    dropped_at: rule name → their LINEs (int64), of rules that can tell.
    nulled: (column, reason) → number of values that became null (they are still in `batch`).
    recognised: column → number of values in `batch` that arrived hashed.
    detected: (column, kind of identity) → values that hold a raw one; with the kind "": all values looked at.
    entrants: the rows that compete with others of the run to stay.
    judged: quality rule that holds records back → (records that it judged, records that failed), by its number.
    marks: quality rule that warns or fails → whether each row of `batch` fails it (boolean; null where the rule has
        nothing to say). Where all rows pass it is left out.
    """

    batch: pa.RecordBatch
    rejected: tuple[Rejected, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    nulled: Mapping[tuple[str, str], int] = field(default_factory=dict)
    changes: pa.Array[Any] | None = None
    recognised: Mapping[str, int] = field(default_factory=dict)
    dropped_at: Mapping[str, pa.Array[Any]] = field(default_factory=dict)
    detected: Mapping[tuple[str, str], int] = field(default_factory=dict)
    entrants: Entrants = field(default_factory=dict)
    judged: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    marks: Mapping[int, pa.Array[Any]] = field(default_factory=dict)

    def only(self, stays: pa.Array[Any]) -> Prepared:
        """The rows for which `stays` (boolean) holds; what is counted stays as it is."""
        changes = None if self.changes is None else self.changes.filter(stays)
        kept = np.asarray(stays.to_numpy(zero_copy_only=False), dtype=np.bool_)
        entrants = moved(self.entrants, np.where(kept, np.cumsum(kept) - 1, -1))
        marks = {rule: fails.filter(stays) for rule, fails in self.marks.items()}
        return replace(self, batch=self.batch.filter(stays), changes=changes, entrants=entrants, marks=marks)

    def slice(self, start: int, rows: int) -> Prepared:
        """So many rows from `start` on; what is counted stays as it is."""
        changes = None if self.changes is None else self.changes.slice(start, rows)
        at = np.arange(self.batch.num_rows, dtype=np.int64) - start
        entrants = moved(self.entrants, np.where((at >= 0) & (at < rows), at, -1)) if self.entrants else {}
        marks = {rule: fails.slice(start, rows) for rule, fails in self.marks.items()}
        return replace(self, batch=self.batch.slice(start, rows), changes=changes, entrants=entrants, marks=marks)

    def marks_among(self, others: int, order: Any) -> dict[int, pa.Array[Any]]:
        """The marks when so many rows that no rule speaks of stand behind these and all are taken in `order`."""
        return {
            rule: pa.concat_arrays([fails, pa.nulls(others, pa.bool_())]).take(pa.array(order))
            for rule, fails in self.marks.items()
        }


@dataclass
class Account:
    """The balance of one partition or of a run: read = published + quarantined + dropped + replaced.

    replaced: records of this run whose key a later record of this run carries too.
    nulled: (column, reason) → values that became null in published records.
    recognised: column → values of published records that arrived hashed.
    detected, judged: as in Prepared.
    """

    read: int = 0
    published: int = 0
    quarantined: int = 0
    replaced: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    nulled: Counter[tuple[str, str]] = field(default_factory=Counter)
    recognised: Counter[str] = field(default_factory=Counter)
    detected: Counter[tuple[str, str]] = field(default_factory=Counter)
    judged: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def balances(self) -> bool:
        """Whether every record that was read is accounted for."""
        return self.read == self.published + self.quarantined + self.dropped.total() + self.replaced

    def add(self, other: Account) -> None:
        """Add another partition's account to this one."""
        self.read += other.read
        self.published += other.published
        self.quarantined += other.quarantined
        self.replaced += other.replaced
        self.dropped.update(other.dropped)
        self.nulled.update(other.nulled)
        self.recognised.update(other.recognised)
        self.detected.update(other.detected)
        for rule, (judged, failed) in other.judged.items():
            before = self.judged.get(rule, (0, 0))
            self.judged[rule] = (before[0] + judged, before[1] + failed)
