"""What a client of a database says went wrong, turned into errors that hold no value of a record and no secret."""

from __future__ import annotations

import re

from antechamber.errors import ConnectionLost, SourceError

NOT_THERE = "there is no such table or column"
KNOWN: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("42S02", "42P01", "02000"), r"(?i)no such table|does not exist|not.found|unknown table|invalid object",
     NOT_THERE, "check the names, and what the connection's user may see"),
    (("42501",), r"(?i)permission|access denied|not authorized|privilege",
     "the connection's user may not read it", "GRANT SELECT on it"),
    (("42S22", "42703"),
     r"(?i)no such column|unknown column|invalid column|invalid identifier|unresolved_column|unrecognized name",
     NOT_THERE, "check the column's name"),
    (("42601", "42000", "37000"), r"(?i)syntax|ORA-009[0-3]\d",
     "the query is not SQL that the database reads", "write one SELECT"),
    ((), r"ORA-01555|ORA-08181|ORA-01466",
     "the state that the run began with is no longer kept", "run again, or keep the past longer (undo retention)"),
    (("57014", "HY008"), r"(?i)time-?out|cancel",
     "the database gave up: statement timeout", "raise `statement_timeout:`"),
    (("22001", "01004"), r"(?i)truncat|too large",
     "a value is longer than `longest_value:`", "raise `longest_value:`"),
)  # fmt: skip
"""(SQLSTATEs, phrases, what is said, remedy): what a driver says is never repeated, as it may quote a record."""


def fault(error: BaseException, where: str) -> SourceError:
    """Why a statement failed: by its SQLSTATE, or by the phrases that name no value."""
    said = str(error)
    state = (
        str(getattr(error, "sqlstate", None) or "") or (re.search(r"State: ?'?([0-9A-Z]{5})", said) or ["", ""])[1]
    )
    lost = ("08", "HYT00", "HYT01", "57P0")
    if state.startswith(lost) or re.search(r"(?i)connection (was )?(lost|reset|closed)|broken pipe|gone away", said):
        return ConnectionLost(
            "the connection to the server was lost while reading: nothing of this run is published",
            where=where,
            remedy="run again; if it happens again, look into the server's log",
        )
    for states, phrases, what, remedy in KNOWN:
        if state in states or re.search(phrases, said):
            return SourceError(what, where=where, remedy=remedy)
    return SourceError(
        f"the database reported an error ({state or type(error).__name__})",
        where=where,
        remedy="run it in the database's own client; the message is not repeated here as it may quote a record",
    )


def unreached(error: BaseException, reference: str, host: str) -> SourceError:
    """Why a connection could not be made."""
    if re.search(
        r"(?i)password|authenticat|credential|login failed|token|28000|ORA-01017|unauthorized|JWT", str(error)
    ):
        return SourceError(
            "the server refused the user's name or password",
            where=reference,
            remedy=f"correct the URL in {reference}",
        )
    return SourceError(
        f"could not connect to {host}",
        where=reference,
        remedy="check the host, the network and what the client needs; its message is not repeated here as it may "
        "quote the connection's secrets",
    )
