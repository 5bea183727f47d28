"""The lease of a connector: two runs of one connector never interleave.

On a local folder it is an advisory lock, which the system gives back when a process dies, however it dies. In
an object store it is an object written with a conditional put and kept fresh; one that has gone stale may be
taken over.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from antechamber.errors import AntechamberError, LeaseHeld
from antechamber.store import Location

FRESH_SECONDS = 60.0
"""An object-store lease that was not renewed for so long is stale."""

NAME = "lease.json"


@contextmanager
def lease(location: Location, *, run_id: str, what: str) -> Iterator[None]:
    """Hold the lease kept in `location` while the block runs.

    what: the connector, for the message. Raises LeaseHeld, which says who holds it, since when and where.
    """
    held = _local(location, run_id, what) if location.local is not None else _remote(location, run_id, what)
    with held:
        yield


def holder(location: Location) -> dict[str, Any] | None:
    """Who holds the lease now (`run`, `host`, `pid`, `since`), or None."""
    if (folder := location.local) is None:
        try:
            kept = obstore.get(location.open(), NAME)
        except FileNotFoundError:
            return None
        note = read_note(bytes(kept.bytes()))
        return note if is_fresh(note, kept.meta["last_modified"]) else None
    path = folder / NAME
    if not path.exists():
        return None
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return read_note(file.read()) or {}
    return None


def note_of(run_id: str, **more: str) -> bytes:
    """What a lease says of who holds it. more: `until`, the time up to which it is held without being renewed."""
    return json.dumps(
        {
            "run": run_id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            **more,
        }
    ).encode()


def is_fresh(note: dict[str, Any], written: datetime) -> bool:
    """Whether an object-store lease still holds: until the time that it names, or while it is renewed."""
    if note.get("until"):
        return datetime.now(UTC) < datetime.fromisoformat(str(note["until"]))
    return (datetime.now(UTC) - written).total_seconds() < FRESH_SECONDS


def read_note(content: bytes) -> dict[str, Any]:
    try:
        note = json.loads(content or b"{}")
    except json.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}


def refusal(what: str, note: dict[str, Any]) -> LeaseHeld:
    who = f"run {note.get('run', '?')} (process {note.get('pid', '?')} on {note.get('host', '?')})"
    return LeaseHeld(
        f"{who} has been working on it since {note.get('since', '?')}",
        where=what,
        remedy="wait for it to end, or stop that process; nothing of this run was started",
    )


@contextmanager
def _local(location: Location, run_id: str, what: str) -> Iterator[None]:
    folder = location.local
    assert folder is not None  # noqa: S101 - told apart by the caller
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise refusal(what, read_note(file.read())) from None
        file.truncate(0)
        file.write(note_of(run_id))
        file.flush()
        yield
        file.truncate(0)


@contextmanager
def _remote(location: Location, run_id: str, what: str) -> Iterator[None]:
    store = location.open()
    note = note_of(run_id)
    try:
        tag = obstore.put(store, NAME, note, mode="create")["e_tag"]
    except (AlreadyExistsError, PreconditionError):
        kept = obstore.get(store, NAME)
        held = read_note(bytes(kept.bytes()))
        if is_fresh(held, kept.meta["last_modified"]):
            raise refusal(what, held) from None
        try:
            tag = obstore.put(store, NAME, note, mode={"e_tag": kept.meta["e_tag"]})["e_tag"]
        except PreconditionError:
            raise refusal(what, read_note(bytes(obstore.get(store, NAME).bytes()))) from None

    keeper = _Keeper(location, note, tag)
    keeper.start()
    try:
        yield
        keeper.end(what)
    finally:
        keeper.stop()


class _Keeper(threading.Thread):
    """Renews an object-store lease well before it goes stale."""

    def __init__(self, location: Location, note: bytes, tag: str | None) -> None:
        super().__init__(name="lease-keeper", daemon=True)
        self._store = location.open()
        self._note = note
        self._tag = tag
        self._ended = threading.Event()
        self._renewed = time.monotonic()
        self._lost = False

    def run(self) -> None:
        while not self._ended.wait(FRESH_SECONDS / 6):
            try:
                self._tag = obstore.put(self._store, NAME, self._note, mode={"e_tag": self._tag})["e_tag"]
                self._renewed = time.monotonic()
            except PreconditionError:
                self._lost = True
                return
            except BaseError:
                # A passing fault of the store: the next turn tries again, and `end` looks at the clock.
                continue

    def end(self, what: str) -> None:
        if self._lost or time.monotonic() - self._renewed > FRESH_SECONDS:
            raise AntechamberError(
                "the lease was lost while the run was under way",
                where=what,
                remedy="look at `antechamber runs`: another run may have taken its place",
            )

    def stop(self) -> None:
        self._ended.set()
        self.join()
        if not self._lost:
            obstore.delete(self._store, NAME)
