"""A lease that is held from one process to the next: the steps of one run take it up from each other.

Each step holds it for longer than a step may take. One that nobody took up for so long may be taken over: the run
that lost it finds out at its next step, and publishes nothing. Only in an object store, like the runs that need it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from antechamber.errors import AntechamberError
from antechamber.operate.lease import NAME, is_fresh, note_of, read_note, refusal
from antechamber.store import Location

HELD = timedelta(minutes=20)
"""A function of AWS Lambda ends after fifteen minutes (AWS Lambda Developer Guide, 'Lambda quotas')."""


def hold(location: Location, *, run_id: str, what: str) -> None:
    """Take the lease for a run, or hold on to it. Raises LeaseHeld when another run has it, AntechamberError."""
    note = note_of(run_id, until=(datetime.now(UTC) + HELD).isoformat(timespec="seconds"))
    try:
        store = location.open()
        try:
            obstore.put(store, NAME, note, mode="create")
            return
        except (AlreadyExistsError, PreconditionError):
            kept = obstore.get(store, NAME)
        held = read_note(bytes(kept.bytes()))
        if held.get("run") != run_id and is_fresh(held, kept.meta["last_modified"]):
            raise refusal(what, held)
        try:
            obstore.put(store, NAME, note, mode={"e_tag": kept.meta["e_tag"]})
        except PreconditionError:
            now = read_note(bytes(obstore.get(store, NAME).bytes()))
            if now.get("run") != run_id:
                raise refusal(what, now) from None
    except (BaseError, OSError) as error:
        raise _unusable(location, error) from error


@contextmanager
def kept_on(location: Location, *, run_id: str, what: str) -> Iterator[None]:
    """Hold on to the lease while the block runs, however long that is.

    A renewal that fails is no error here: the next step finds out whether the lease is still the run's.
    """
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(HELD.total_seconds() / 4):
            with suppress(AntechamberError):
                hold(location, run_id=run_id, what=what)

    keeper = threading.Thread(target=renew, name="lease-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def give_back(location: Location, *, run_id: str) -> None:
    """Let others have the lease; one that is not the run's is left alone. Raises AntechamberError."""
    try:
        store = location.open()
        kept = obstore.get(store, NAME)
        if read_note(bytes(kept.bytes())).get("run") == run_id:
            # Not deleted: between a look and a deletion it could have become another run's.
            past = note_of(run_id, until=datetime.fromtimestamp(0, UTC).isoformat())
            obstore.put(store, NAME, past, mode={"e_tag": kept.meta["e_tag"]})
    except (FileNotFoundError, PreconditionError):
        return
    except (BaseError, OSError) as error:
        raise _unusable(location, error) from error


def _unusable(location: Location, error: Exception) -> AntechamberError:
    return AntechamberError(
        f"the lease cannot be read or written ({type(error).__name__})",
        where=f"{location.url}/{NAME}",
        remedy="see that the store can be reached and written, then run again",
    )
