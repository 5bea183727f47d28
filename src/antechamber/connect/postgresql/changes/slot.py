"""The replication slot: the server keeps its log from there on until it is told that a commit has taken it in."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from antechamber.connect.postgresql.session import Session, literal
from antechamber.errors import SourceError

PATIENCE_S = 60.0
"""How long a run waits for transactions to end, or for another reader of the slot."""

POLL_S = 0.1


@dataclass(frozen=True)
class Slot:
    """A logical slot as the server shows it. confirmed: the place from which on it still offers commits."""

    name: str
    plugin: str
    kind: str
    database: str
    confirmed: int
    lost: str
    two_phase: bool
    held_by: int | None


def statement(name: str) -> str:
    """The SQL that makes the slot."""
    return f"SELECT pg_catalog.pg_create_logical_replication_slot({literal(name)}, 'pgoutput')"


def find(session: Session, name: str) -> Slot | None:
    """The slot of that name, or None."""
    rows = session.rows(
        "SELECT to_jsonb(s)::text, (coalesce(confirmed_flush_lsn, '0/0') - '0/0'::pg_lsn)::bigint "
        f"FROM pg_catalog.pg_replication_slots s WHERE slot_name = {literal(name)}"
    )
    if not rows:
        return None
    shown = json.loads(rows[0][0])
    lost = ""
    if shown.get("wal_status") == "lost" or shown.get("invalidation_reason") or shown.get("conflicting"):
        lost = str(shown.get("invalidation_reason") or "the log that it needs was removed")
    return Slot(
        name=name,
        plugin=str(shown.get("plugin")),
        kind=str(shown.get("slot_type")),
        database=str(shown.get("database")),
        confirmed=int(rows[0][1]),
        lost=lost,
        two_phase=bool(shown.get("two_phase")),
        held_by=shown.get("active_pid"),
    )


def check(session: Session, slot: Slot) -> None:
    """Refuse a slot that is of something else, or that the server gave up. Raises SourceError."""
    database = str(session.rows("SELECT current_database()::text")[0][0])
    if slot.kind != "logical" or slot.plugin != "pgoutput":
        raise refused(slot.name, f"it is a {slot.kind} slot of the plugin {slot.plugin}", "name another as `slot:`")
    if slot.database != database:
        raise refused(slot.name, f"it is of the database {slot.database}, not {database}", "name another as `slot:`")
    if slot.two_phase:
        raise refused(slot.name, "it decodes prepared transactions early (two_phase)", "make it without two_phase")
    if slot.lost:
        raise refused(
            slot.name,
            f"the server gave it up ({slot.lost}): changes since the last run are gone",
            f"SELECT pg_drop_replication_slot({literal(slot.name)}), then antechamber run --full; "
            "look at max_slot_wal_keep_size and idle_replication_slot_timeout",
        )


def wait_until_free(session: Session, name: str) -> None:
    """Wait for another session to be done with the slot. Raises SourceError."""
    end = time.monotonic() + PATIENCE_S
    while (slot := find(session, name)) is not None and slot.held_by is not None:
        if time.monotonic() > end:
            raise refused(
                name,
                f"another session reads it (process {slot.held_by})",
                "a slot is for one reader: end that session, or give this connector a slot of its own",
            )
        time.sleep(POLL_S)


def create(session: Session, name: str) -> None:
    """Make the slot. The server waits for the transactions open now to end. Raises SourceError."""
    session.rows(f"SELECT set_config('statement_timeout', '{round(PATIENCE_S * 1000)}', false)")
    try:
        session.rows(
            f"SELECT slot_name::text FROM pg_catalog.pg_create_logical_replication_slot({literal(name)}, 'pgoutput')"
        )
    finally:
        session.execute("RESET statement_timeout")


def drop(session: Session, name: str) -> None:
    """Remove the slot."""
    session.rows(f"SELECT pg_catalog.pg_drop_replication_slot({literal(name)})::text")


def advance(session: Session, name: str, place: int) -> None:
    """Let the server forget what lies before the place; a slot that is there already is no error."""
    slot = find(session, name)
    if slot is not None and slot.confirmed < place:
        wait_until_free(session, name)
        session.rows(
            f"SELECT end_lsn::text FROM pg_catalog.pg_replication_slot_advance({literal(name)}, {as_lsn(place)})"
        )


def end_of_log(session: Session) -> int:
    """A place of the log behind all that is committed now, where a record ends that is safely on the server's disk.

    An empty message is put there: the end of what is on disk may lie within a record, and who reads up to it waits
    for the rest, 15 s on a server where nothing else happens.
    """
    rows = session.rows(
        "SELECT (pg_catalog.pg_logical_emit_message(true, 'antechamber', '') - '0/0'::pg_lsn)::bigint"
    )
    return int(rows[0][0])


def base(session: Session) -> int:
    """A place of the log such that every snapshot taken from now on sees all that was committed before it.

    A transaction's commit is in the log a moment before others see it: longer than a moment when it waits for a
    synchronous standby. So every one that was under way at the place is waited for, unless it is seen to be idle,
    which is to say that it has not come to its commit. Raises SourceError when it takes too long.
    """
    place = end_of_log(session)
    waiting: dict[str, int | None] | None = None
    end = time.monotonic() + PATIENCE_S
    while True:
        # Every transaction that writes locks its own number until others see what became of it. A snapshot's list
        # of those in progress would not do: it leaves out the latest.
        now = {
            str(number): (pid, idle)
            for number, pid, idle in session.rows(
                "SELECT l.transactionid::text, l.pid, coalesce(a.state LIKE 'idle in transaction%', false) FROM "
                "pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid "
                "WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted"
            )
        }
        before = now if waiting is None else waiting
        waiting = {number: now[number][0] for number in before if number in now and not now[number][1]}
        if not waiting:
            return place
        if time.monotonic() > end:
            who = ", ".join(sorted({str(pid) if pid else "prepared" for pid in waiting.values()})[:5])
            raise SourceError(
                f"{len(waiting)} transactions that write have not ended for {PATIENCE_S:.0f} s (process {who})",
                where="the first run",
                remedy="a first run waits for them, so that it misses none: run again when they are over; "
                "GRANT pg_read_all_stats lets it tell those that are idle",
            )
        time.sleep(POLL_S)


def as_lsn(place: int) -> str:
    """A place of the log as a constant of SQL."""
    return f"'{place >> 32:X}/{place & 0xFFFFFFFF:X}'::pg_lsn"


def refused(name: str, what: str, remedy: str) -> SourceError:
    """An error about the slot."""
    return SourceError(what, where=f"slot {name}", remedy=remedy)
