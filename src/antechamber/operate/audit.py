"""The audit log: who turned protected values back, when, of which column and how many; one small object an event.

Never a value, never a token. An event is written before what it tells of is done: when it cannot be written, nothing
is done.
"""

from __future__ import annotations

import getpass
import json
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import obstore
from obstore.exceptions import BaseError

from antechamber.errors import AntechamberError
from antechamber.store import Location


def note(location: Location, event: str, facts: Mapping[str, object]) -> str:
    """Write one event; gives its name. location: the tenant's audit folder. Raises AntechamberError."""
    now = datetime.now(UTC)
    user = "unknown"
    with suppress(OSError, KeyError, ImportError):
        user = getpass.getuser()
    entry = {"event": event, "at": now.isoformat(timespec="seconds"), "user": user, "host": socket.gethostname()}
    name = f"{now:%Y%m%dt%H%M%S%fz}-{secrets.token_hex(3)}.json"
    try:
        obstore.put(location.open(), name, json.dumps({**entry, **facts}).encode())
    except (BaseError, OSError) as error:
        raise AntechamberError(
            f"the audit log cannot be written ({type(error).__name__}), so nothing was done",
            where=location.url,
            remedy="see that the store can be reached and has room, and that this user may write there",
        ) from error
    return name
