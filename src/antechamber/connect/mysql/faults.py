"""What the driver and the server say, turned into errors that hold no value of a record and no secret.

A message of the server may quote a value (`Incorrect DATE value: '…'`) or the statement, so messages are passed on
only for the error numbers whose text is made of identifiers.
"""

from __future__ import annotations

import ssl
from typing import Any

from antechamber.connect.mysql.address import Address
from antechamber.errors import ConnectionLost, SourceError

LOST = frozenset((1053, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 2003, 2006, 2013, 2014, 2055, 4031))
BUSY = frozenset((1040, 1203))
"""All connections of the server, or of the user, are taken for the moment."""

QUOTABLE = {
    1044: "GRANT SELECT on the database to the user of the connection URL",
    1046: "name the database in the connection URL, or write database.table",
    1049: "check the database's name",
    1054: "check the column's name",
    1060: "give it another name with AS in `query:`",
    1142: "GRANT SELECT on it to the user of the connection URL",
    1143: "GRANT SELECT on the column, or read only permitted columns with `query:`",
    1146: "check the name, and the database in the connection URL",
    1227: "GRANT it to the user of the connection URL",
    1305: "check the function's name and that the user may EXECUTE it",
    1356: "the view's definer lacks a privilege or a table of it is gone",
    1370: "GRANT EXECUTE on it to the user of the connection URL",
}
"""Error numbers whose message names objects, never a record's value, and what to do."""

SAID: dict[int, tuple[str, str]] = {
    1040: ("the server has no free connection", "free connections on the server, or lower `max_connections:`"),
    1064: ("the query is not SQL that the server reads", "write one SELECT, and try it in the server's own client"),
    1203: ("the user has no free connection", "raise the user's max_user_connections, or lower `max_connections:`"),
    1226: ("the user has used up what it may use in an hour", "raise the user's limits, or run again later"),
    1205: ("the database gave up: a lock was not to be had", "another session locks the table: run again after it"),
    1213: ("the database gave up: a lock was not to be had", "another session locks the table: run again after it"),
    1267: ("the query compares texts of different collations", "add COLLATE to one of them in `query:`"),
    1317: ("the statement was ended by an administrator", "run again"),
    1412: ("the table was changed while it was read", "run again: the next run reads it as it is then"),
    1792: ("the query writes, and runs in a read-only transaction", "remove what writes from `query:`"),
    1969: ("the database gave up: statement timeout", "raise `statement_timeout:`, or read fewer records at once"),
    3024: ("the database gave up: statement timeout", "raise `statement_timeout:`, or read fewer records at once"),
}


def number_of(error: BaseException) -> int:
    """The error's number, or 0."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def connecting(error: BaseException, address: Address) -> SourceError:
    """Why a connection could not be made."""
    number, reference = number_of(error), address.reference
    cause: Any = getattr(error, "original_exception", error)
    host = address.socket or f"{address.host}:{address.port}"
    if isinstance(cause, ssl.SSLError) or number == 2026:
        offered = number != 2026
        return SourceError(
            f"the server's certificate could not be verified ({host})" if offered else f"{host} offers no encryption",
            where=reference,
            remedy="give ca=<the authority's file>, and the host's name as the certificate has it"
            if offered
            else "enable TLS on the server, or reach it on the loopback",
        )
    known = {
        1045: ("the server refused the user's name or password", f"correct the URL in {reference}"),
        1698: ("the server refused the user's name or password", f"correct the URL in {reference}"),
        1049: (f"there is no database {address.database} on {host}", f"correct the URL in {reference}"),
        1044: (f"the user may not use the database {address.database}", "GRANT SELECT on it"),
        1130: ("the server admits no such user from this machine", "CREATE USER … for this machine's address"),
        1251: ("the server asks for a way to log in that is not known here", "use another authentication plugin"),
        3118: ("the user's account is locked", "ALTER USER … ACCOUNT UNLOCK"),
        3159: ("the server admits encrypted connections only", "leave tls=disable out"),
        4151: ("the user's account is locked", "ALTER USER … ACCOUNT UNLOCK"),
        1040: SAID[1040],
        1203: SAID[1203],
    }
    if number in known:
        what, remedy = known[number]
        kind = ConnectionLost if number in BUSY else SourceError
        return kind(what, where=reference, remedy=remedy)
    said = str(cause)
    if "Name or service not known" in said or "nodename nor servname" in said or "getaddrinfo" in said:
        return SourceError(
            f"the host {address.host} is not known", where=reference, remedy=f"correct the host in {reference}"
        )
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError):
        return ConnectionLost(
            f"nothing answers at {host}", where=reference, remedy="check the port and that the server runs"
        )
    if isinstance(cause, TimeoutError):
        return ConnectionLost(f"{host} does not answer", where=reference, remedy="check the network and the firewall")
    kind = ConnectionLost if number in LOST or isinstance(cause, ConnectionError) else SourceError
    return kind(
        f"could not connect to {host}" + (f" (error {number})" if number else ""),
        where=reference,
        remedy="look into the server's log for the reason",
    )


def running(error: BaseException, *, where: str) -> SourceError:
    """Why a statement failed."""
    number = number_of(error)
    if number in LOST or isinstance(error, OSError) or not number:
        return ConnectionLost(
            "the connection to the server was lost while reading: nothing of this run is published",
            where=where,
            remedy="run again; if it happens again, look into the server's log",
        )
    if number in QUOTABLE and len(error.args) > 1:
        return SourceError(str(error.args[1]), where=where, remedy=QUOTABLE[number])
    if number in SAID:
        what, remedy = SAID[number]
        return SourceError(what, where=where, remedy=remedy)
    return SourceError(
        f"the database reported error {number}",
        where=where,
        remedy="look the number up; the message is not repeated here as it may quote a record",
    )
