"""How far back a transaction that has not committed yet may still write: the safe horizon.

Looked up before the run's snapshot is taken. Every transaction that the snapshot does not see and that was there at
the look began at the horizon or later; every one that came after the look did, too.
"""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import time
from dataclasses import dataclass

from antechamber.connect.postgresql.session import Session

SETTLE_S = 0.25
"""A server process computes its transaction's start a moment before it shows it to others; the look waits this long
after reading the clock, so that a start before the clock's reading is shown by then."""

CLOCK = "'YYYY-MM-DD HH24:MI:SS.US'"
"""Format of a moment in UTC as text: it sorts as the moment does."""


@dataclass(frozen=True)
class Horizon:
    """at: UTC text: no transaction that is invisible to the snapshot began before it; None when unknown.

    clock: the server's clock before the look. because: why `at` is None (one clause), else "".
    unbounded: a prepared transaction waits, whose start the server does not tell.
    largest: the watermark column's largest value at `clock`, as text, for numbers.
    """

    at: str | None
    clock: str
    because: str = ""
    unbounded: bool = False
    largest: str | None = None


@dataclass(frozen=True)
class Clock:
    """The server's clock. at: UTC text. read: when we had it, by `time.monotonic`."""

    at: str
    read: float


def read_clock(session: Session) -> Clock:
    """The server's clock as of now."""
    at = str(session.rows(f"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', {CLOCK})")[0][0])
    return Clock(at, time.monotonic())


def look(session: Session, largest: str | None, earlier: Clock | None = None) -> Horizon:
    """The horizon as of now.

    largest: a query for the largest value so far, when the column is a number. earlier: the clock as it was read
    before, which spares the wait; of no use for a number, whose largest value has to be read before the clock.
    """
    value = session.rows(largest)[0][0] if largest else None
    read = read_clock(session) if earlier is None or largest else earlier
    clock = read.at
    left = read.read + SETTLE_S - time.monotonic()
    if left > 0:
        session.rows(f"SELECT pg_catalog.pg_sleep({left:.6f})::text")
    standby, permitted, oldest, untracked, prepared = session.rows(
        "SELECT pg_catalog.pg_is_in_recovery(), "
        "pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), "
        f"to_char(min(xact_start) AT TIME ZONE 'UTC', {CLOCK}), "
        "coalesce(bool_or(state = 'disabled'), false), "
        "(SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()) "
        "FROM pg_catalog.pg_stat_activity WHERE (datid IS NULL OR datid = (SELECT oid FROM pg_catalog.pg_database "
        "WHERE datname = current_database())) AND pid <> pg_catalog.pg_backend_pid() "
        "AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'walsender')"
    )[0]
    because = ""
    if standby:
        because = "the server is a standby, which does not know the primary's open transactions"
    elif not permitted:
        because = "the role may not see other sessions' transactions (GRANT pg_read_all_stats)"
    elif untracked:
        because = "a session has track_activities off"
    if because:
        return Horizon(None, clock, because, largest=value)
    if prepared:
        return Horizon(None, clock, unbounded=True, largest=value)
    return Horizon(min(clock, str(oldest)) if oldest else clock, clock, largest=value)
