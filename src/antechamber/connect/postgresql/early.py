"""A run's first connection, opened while the run is still busy with its own table, and the server's clock then.

What waits for the clock to be past (see `horizon`) has waited in the meantime.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from antechamber.connect.postgresql.horizon import Clock, read_clock
from antechamber.connect.postgresql.session import Session
from antechamber.errors import AntechamberError


class Early:
    """Connects at once, on a thread of its own; not connecting is no error here."""

    def __init__(self, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._session: Session | None = None
        self._clock: Clock | None = None
        self._thread = threading.Thread(target=self._begin, name="early", daemon=True)
        self._thread.start()

    def take(self) -> tuple[Session, Clock] | None:
        """The connection, which is the caller's from now on, and the clock; None when it did not come about."""
        self._thread.join()
        session, self._session = self._session, None
        if session is None or self._clock is None:
            if session is not None:
                session.close()
            return None
        return session, self._clock

    def give_back(self, session: Session) -> None:
        """Keep a connection that was taken, for who takes it next."""
        self._session = session

    def close(self) -> None:
        """End a connection that nobody took."""
        taken = self.take()
        if taken is not None:
            taken[0].close()

    def _begin(self) -> None:
        # Who connects again is told what is wrong.
        with contextlib.suppress(AntechamberError):
            self._session = self._connect()
            self._clock = read_clock(self._session)
