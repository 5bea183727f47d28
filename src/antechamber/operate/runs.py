"""Run records: what each run did, kept as JSON beside the data.

They are reports for people and dashboards. What was published is known from the tables' own commits, never
from here: a record may be missing after a crash, a commit may not.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import obstore
from obstore.exceptions import BaseError

from antechamber.errors import AntechamberError
from antechamber.records import Account
from antechamber.store import Location

RECORD = re.compile(r"\d{8}t\d{6}z-[0-9a-f]{6}\.json")

Status = Literal["running", "succeeded", "nothing new", "partial", "failed", "died"]


def new_run_id(now: datetime | None = None) -> str:
    """An id that sorts by time: `20261124t021507z-3f9a1c`."""
    return f"{(now or datetime.now(UTC)):%Y%m%dt%H%M%Sz}-{secrets.token_hex(3)}"


@dataclass
class PartitionReport:
    """What became of one partition. error: why nothing of it was published, or None."""

    id: str
    read: int = 0
    published: int = 0
    quarantined: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    replaced: int = 0
    bytes: int = 0
    error: dict[str, Any] | None = None


@dataclass
class RunRecord:
    """One run. Times are ISO 8601 in UTC; seconds is the wall time."""

    run: str
    tenant: str
    connector: str
    table: str
    started: str
    status: Status = "running"
    ended: str = ""
    seconds: float = 0.0
    read: int = 0
    published: int = 0
    quarantined: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    replaced: int = 0
    nulled: dict[str, dict[str, int]] = field(default_factory=dict)
    already_hashed: dict[str, int] = field(default_factory=dict)
    """Column → values that arrived hashed and were taken as they are."""
    bytes: int = 0
    newest: str = ""
    """When the newest of its sources was last changed, of those that tell."""
    written: int = 0
    """Bytes of its data files."""
    usage: dict[str, float] = field(default_factory=dict)
    """What the run uses of AWS when it is deployed: see `operate.meter`."""
    updated: int = 0
    """Rows of earlier runs that this run's rows took the place of."""
    snapshot: int | None = None
    partitions: list[PartitionReport] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    unnamed_columns: list[str] = field(default_factory=list)
    """Columns that the source has and the connector does not name."""
    quality: list[dict[str, Any]] = field(default_factory=list)
    """Each quality rule: columns, what happens, its outcome, records checked and failed."""
    notes: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None

    def total(self, account: Account) -> None:
        """Take the run's balance over."""
        self.read, self.published = account.read, account.published
        self.quarantined, self.replaced = account.quarantined, account.replaced
        self.dropped = dict(account.dropped)
        self.already_hashed = dict(sorted(account.recognised.items()))
        self.nulled = {}
        for (column, reason), count in sorted(account.nulled.items()):
            self.nulled.setdefault(column, {})[reason] = count

    def nothing_published(self) -> None:
        """Take back what was counted, because none of it became visible."""
        self.total(Account())
        self.bytes = 0
        self.partitions = [PartitionReport(part.id, error=part.error) for part in self.partitions]

    def as_json(self) -> dict[str, Any]:
        """The record as `--json` prints it."""
        return {**vars(self), "partitions": [dict(vars(each)) for each in self.partitions]}


def save(record: RunRecord, location: Location) -> None:
    """Write the record, replacing what the same run wrote before. Raises AntechamberError."""
    try:
        obstore.put(location.open(), f"{record.run}.json", json.dumps(record.as_json(), indent=1).encode())
    except (BaseError, OSError) as error:
        raise AntechamberError(
            f"the run's record cannot be written ({type(error).__name__})",
            where=f"{location.url}/{record.run}.json",
            remedy="see that the store can be reached and has room, and that this user may write there",
        ) from error


def load(location: Location, run: str) -> RunRecord | None:
    """The record of a run, or None. Raises AntechamberError for a file that is no record."""
    try:
        return _record(bytes(obstore.get(location.open(), f"{run}.json").bytes()), f"{location.url}/{run}.json")
    except FileNotFoundError:
        return None


def load_all(location: Location, *, running: str | None) -> Iterator[RunRecord]:
    """All records of a connector, oldest first.

    running: the id of the run that holds the lease now; any other that says it is running has died.
    Raises AntechamberError for a file that is no record.
    """
    store = location.open()
    paths = (entry["path"] for page in obstore.list(store) for entry in page)
    names = sorted(path for path in paths if RECORD.fullmatch(path))
    for name in names:
        record = _record(bytes(obstore.get(store, name).bytes()), f"{location.url}/{name}")
        if record.status == "running" and record.run != running:
            record.status = "died"
        yield record


def _record(text: bytes, where: str) -> RunRecord:
    try:
        content = json.loads(text)
        content["partitions"] = [PartitionReport(**part) for part in content["partitions"]]
        return RunRecord(**content)
    except (ValueError, TypeError, KeyError) as error:
        raise AntechamberError(
            "this is not a record of a run",
            where=where,
            remedy="it was changed or damaged: remove it; nothing depends on it",
        ) from error
