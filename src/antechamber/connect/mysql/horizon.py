"""How far back a transaction that has not committed yet may still write: the safe horizon.

NOW() is fixed when a statement begins, and an open transaction may hold times as old as itself. So nothing that the
run's snapshot does not see can write a time before the oldest of: the clock's reading before the look, the start of
every open transaction that may write (information_schema.innodb_trx), the start of every statement under way
(information_schema.processlist). Both show others' only to a user with the PROCESS privilege.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from antechamber.connect.mysql.session import MysqlSession
from antechamber.connect.relational.database import Horizon
from antechamber.errors import SourceError

SETTLE_S = 0.25
"""A statement's time is fixed a moment before others can see that it runs, and the table of transactions is up to
0.1 s old; the look waits this long after reading the clock, so that what began before is shown by then."""

IDLE = "('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Connect', 'Slave_IO')"

TRANSACTIONS = """
SELECT COALESCE(MIN(IF(FROM_UNIXTIME(u - 3600) = s, u - 3600, u)), 0),
  COALESCE(MIN(IF(writes, IF(FROM_UNIXTIME(u - 3600) = s, u - 3600, u), NULL)), 0),
  COALESCE(SUM(orphan), 0)
FROM (SELECT x.trx_started AS s, UNIX_TIMESTAMP(x.trx_started) AS u, x.trx_mysql_thread_id = 0 AS orphan,
    x.trx_rows_modified > 0 OR COALESCE(p.command, 'Query') <> 'Sleep' AS writes
  FROM information_schema.innodb_trx x LEFT JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id
  WHERE x.trx_mysql_thread_id <> CONNECTION_ID() AND NOT x.trx_is_read_only AND NOT x.trx_autocommit_non_locking) AS o
"""
"""The start of the oldest open transaction, of the oldest that may have drawn numbers (seconds since 1970), and how
many belong to no session. The table shows the server's own wall clock; of an hour that occurs twice, the first."""

STATEMENTS = f"""
SELECT COALESCE(MAX(p.time + 1), 0), COALESCE(SUM(p.command IN ('Slave_SQL', 'Slave_worker')
    OR p.user = 'system user' AND p.command NOT IN ('Daemon', 'Connect')), 0)
FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = p.id
WHERE p.id <> CONNECTION_ID() AND p.command NOT IN {IDLE}
  AND NOT COALESCE(x.trx_is_read_only OR x.trx_autocommit_non_locking, 0)
"""  # noqa: S608
"""Seconds since the oldest statement under way began, at most; and how many apply another server's changes."""


def look(session: MysqlSession, largest: str | None) -> Horizon:
    """The horizon as of now. largest: a query for the largest value so far, when the column is a number."""
    found = session.rows(largest)[0][0] if largest else None
    number = None if found is None else int(found)
    clock, wall, zone, cluster = session.rows(
        "SELECT UTC_TIMESTAMP(6), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), "
        "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone)), "
        "IF(@@GLOBAL.time_zone = 'SYSTEM', @@system_time_zone, @@GLOBAL.time_zone), "
        + ("@@GLOBAL.wsrep_on" if _is_known(session, "wsrep_on") else "0")
    )[0]
    zone = "UTC" if str(zone) in ("UTC", "GMT", "+00:00", "Etc/UTC", "Etc/GMT") else str(zone)
    offset = timedelta(minutes=round(int(wall or 0) / 60))
    time.sleep(SETTLE_S)
    try:
        session.rows("SET SESSION time_zone = 'SYSTEM'")
        try:
            oldest, drawn, orphans = (int(value) for value in session.rows(TRANSACTIONS)[0])
        finally:
            session.rows("SET SESSION time_zone = '+00:00'")
        under_way, replicated = (int(value) for value in session.rows(STATEMENTS)[0])
    except SourceError as error:
        if "PROCESS" not in error.what:
            raise
        return Horizon(
            clock, because="the user may not see other sessions' transactions (GRANT PROCESS)", largest=number
        )
    if replicated:
        return Horizon(clock, because="the server is a replica, whose records carry another's clock", largest=number)
    if cluster:
        return Horizon(clock, because="the server is of a Galera cluster: others write too", largest=number)
    if orphans:
        return Horizon(clock, unbounded=True, largest=number)
    statement = [clock - timedelta(seconds=under_way)] if under_way else []
    return Horizon(
        clock=clock,
        at=min([clock, *_moments(oldest), *statement]),
        wall=offset,
        zone=zone,
        largest=number,
        drawn=min([*_moments(drawn), *statement], default=None),
    )


def _moments(seconds: int) -> list[datetime]:
    return [datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)] if seconds else []


def _is_known(session: MysqlSession, variable: str) -> bool:
    return bool(session.rows(f"SHOW GLOBAL VARIABLES LIKE '{variable}'"))
