"""What the driver and the server say, turned into errors that hold no value of a record and no secret.

A message of the server may quote a value (`invalid input syntax for type date: "…"`), and the driver appends the
statement, so neither is passed on: only the messages of classes whose text is made of identifiers are.
"""

from __future__ import annotations

import re

from antechamber.errors import ConnectionLost, SourceError

QUOTABLE = ("42", "3D", "3F", "53", "55", "57", "25", "40", "0A", "28")
"""SQLSTATE classes whose primary message names objects and conditions, never a record's value."""

REMEDIES = {
    "42501": "GRANT SELECT on it (and USAGE on its schema) to the role of the connection URL, or read only permitted "
    "columns with `query:`",
    "42P01": "check the name, its schema and the database in the connection URL",
    "42703": "check the column's name; names with capitals need double quotes in SQL",
    "42601": "write one SELECT",
    "57014": "raise `statement_timeout:`, or read fewer records at once with `watermark:`",
    "55P03": "another session locks the table or queues to (TRUNCATE, ALTER TABLE, VACUUM FULL): run again after it",
    "40001": "the standby's recovery came in between: raise max_standby_streaming_delay there, or read the primary",
    "25006": "a source is read in read-only transactions: remove what writes from `query:`",
    "55006": "a slot is for one reader: end that session, or give this connector a slot of its own",
    "53300": "free connections on the server, or lower `max_connections:`",
}

REFUSED = r"[Cc]onnection refused|No such file or directory"
SILENT = r"timeout expired|timed out|unreachable"
FULL = r"too many|remaining connection slots"
STOPPED = r"starting up|shutting down|recovery|closed the connection unexpectedly|[Cc]onnection reset"
MAY_PASS = (REFUSED, SILENT, FULL, STOPPED)
"""What a server says, or does not say, that is busy, being restarted or out of reach for the moment."""

CONNECTING: tuple[tuple[str, str, str], ...] = (
    (r"password authentication failed|no password supplied|authentication failed",
     "the server refused the user's name or password", "correct the URL in {reference}"),
    (r"could not translate host name", "the host {host} is not known", "correct the host in {reference}"),
    (r'database "[^"]*" does not exist', "there is no database {database} on {host}",
     "correct the URL in {reference}"),
    (r'role "[^"]*" does not exist', "the server does not know the user", "correct the URL in {reference}"),
    (REFUSED, "nothing answers at {host}",
     "check the port in {reference} and that the server runs"),
    (SILENT, "{host} does not answer", "check the network and the firewall"),
    (r"root certificate file .* does not exist", "the file of sslrootcert is not there",
     "correct the URL in {reference}"),
    (r"certificate|tlsv1|SSL error|weak sslmode", "the server's certificate could not be verified ({host})",
     "give sslrootcert=<the authority's file> in {reference}, and the host's name as the certificate has it"),
    (r"does not support SSL", "{host} offers no encryption", "enable ssl on the server, or reach it on the loopback"),
    (r"pg_hba\.conf", "the server admits no such connection (pg_hba.conf)",
     "allow this host, user and database there"),
    (FULL, "the server has no free connection",
     "free connections on the server, or lower `max_connections:`"),
    (STOPPED, "the server is starting or stopping", "run again when it is up"),
    (r"not permitted to log in", "the user may not log in", "ALTER ROLE … LOGIN, or use another user"),
    (r"invalid (URI|connection option|port|sslmode|percent)|URI query parameter|unexpected spaces",
     "the connection URL has a parameter that the driver does not accept", "correct the URL in {reference}"),

)  # fmt: skip


STREAMED = (
    ("due to statement timeout", "57014", "the database gave up: statement timeout"),
    ("due to lock timeout", "55P03", "the database gave up: a lock on the table was not to be had"),
    ("in a read-only transaction", "25006", "the query writes, and runs in a read-only transaction"),
    ("is active for PID", "55006", "another session reads the replication slot"),
    (
        "can no longer (get|access)|been invalidated",
        "55000",
        "the server gave the replication slot up: drop it, then run --full",
    ),
    (
        'publication "[^"]*" does not exist',
        "42704",
        "the slot is older than the publication: drop it, then run --full",
    ),
    ("conflict with recovery", "40001", "the standby cancelled the query: conflict with recovery"),
)
"""Errors that the driver passes on without their SQLSTATE when records are already streaming, by what they say."""


def connecting(error: BaseException, *, reference: str, host: str, database: str) -> SourceError:
    """Why a connection could not be made."""
    said = str(error)
    names = {"reference": reference, "host": host or "the local socket", "database": database or "(default)"}
    for pattern, what, remedy in CONNECTING:
        if re.search(pattern, said):
            kind = ConnectionLost if pattern in MAY_PASS else SourceError
            return kind(what.format(**names), where=reference, remedy=remedy.format(**names))
    return SourceError(
        f"could not connect to {names['host']}", where=reference, remedy="look into the server's log for the reason"
    )


def running(error: BaseException, *, where: str, lost: bool = False) -> SourceError:
    """Why a statement failed. lost: whether the connection is known to be gone."""
    said = str(error)
    state = _state(error)
    gone = re.search(r"invalid snapshot identifier|snapshot \S+ does not exist", said)
    if lost or gone or state.startswith("08") or state in ("57P01", "57P02", "57P03"):
        return ConnectionLost(
            "the connection to the server was lost while reading: nothing of this run is published",
            where=where,
            remedy="run again; if it happens again, look into the server's log",
        )
    phrase = ""
    for pattern, streamed, told in STREAMED:
        if re.search(pattern, said) and state in ("", streamed):
            state, phrase = streamed, told
    remedy = REMEDIES.get(state, "")
    details = {_text(key): _text(value) for key, value in getattr(error, "details", None) or []}
    primary = phrase or details.get("PG_DIAG_MESSAGE_PRIMARY", "")
    if primary and state.startswith(QUOTABLE):
        hint = details.get("PG_DIAG_MESSAGE_HINT", "") if state in ("42P01", "42703") else ""
        return SourceError(primary, where=where, remedy=hint or remedy)
    if state.startswith("22"):
        return SourceError(
            f"the database could not compute a value of the query or of a view (SQLSTATE {state})",
            where=where,
            remedy="run the query in psql to see which; the message is not repeated here as it may quote a record",
        )
    return SourceError(
        f"the database reported an error (SQLSTATE {state})" if state else "the database failed while reading",
        where=where,
        remedy=remedy or "look into the server's log; the message is not repeated here as it may quote a record",
    )


def _state(error: BaseException) -> str:
    """The error's SQLSTATE, or "" when the driver did not keep it (as while records stream)."""
    known = getattr(error, "sqlstate", None)
    if isinstance(known, str) and re.fullmatch(r"[0-9A-Z]{5}", known):
        return known
    found = re.search(r"SQLSTATE: ([0-9A-Z]{5})\b", str(error))
    return found[1] if found else ""


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
