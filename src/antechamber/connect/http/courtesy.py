"""Courtesy: no more requests than were declared, waits that the service asks for, and tries again after a fault."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from antechamber.connect.http.send import Answer, Broken
from antechamber.errors import SourceError

MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may do better. Source: RFC 9110, RFC 6585, RFC 8470."""


@dataclass(frozen=True)
class Backoff:
    """Seconds to wait before the nth try: at random up to `first` · 2ⁿ, at most `most`."""

    first: float = 0.5
    most: float = 60.0

    def before(self, attempt: int) -> float:
        """attempt: 1 for the first repetition."""
        return random.uniform(0, min(self.most, self.first * 2.0 ** min(attempt, 30)))  # noqa: S311 - not a secret


class Courtesy:
    """What all requests of one source share. Safe to use from several threads.

    rate: requests a second. retries: repetitions of one request. patience: seconds that the service may ask to wait.
    """

    def __init__(self, *, rate: float | None, retries: int, patience: float, backoff: Backoff) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._retries, self._patience, self._backoff = retries, patience, backoff
        self._lock = threading.Lock()
        self._next = 0.0
        self._closed = threading.Event()

    def close(self) -> None:
        """End all waits."""
        self._closed.set()

    def persist(self, attempt: Callable[[], Answer], where: str) -> Answer:
        """The answer of an attempt, repeated while faults may pass; one of any other status is returned as it is.

        Raises SourceError when they do not pass.
        """
        tried = 0
        while True:
            self._take_turn(where)
            fault: SourceError
            asked: float | None = None
            try:
                answer = attempt()
                if answer.status not in MAY_PASS:
                    return answer
                asked = retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
                fault = refused(answer, where)
            except Broken as broken:
                fault = broken
            if tried >= self._retries:
                times = f", {tried + 1} times" if tried else ""
                raise SourceError(f"{fault.what}{times}", where=where, remedy=fault.remedy)
            if asked is not None and asked > self._patience:
                raise SourceError(
                    f"the service asks to wait {asked:,.0f} seconds, and `patience` is {self._patience:,.0f}",
                    where=where,
                    remedy="run again later, raise `patience`, or lower `rate`",
                )
            tried += 1
            pause = self._backoff.before(tried)
            if asked is not None:
                # All parts wait: the limit is the service's, not this request's. The jitter keeps them apart after.
                with self._lock:
                    self._next = max(self._next, time.monotonic() + asked)
                pause = min(pause, self._backoff.first)
            self._wait(pause, where)

    def _take_turn(self, where: str) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                left = self._next - now
                if left <= 0:
                    self._next = now + self._gap
                    return
            self._wait(left, where)

    def _wait(self, seconds: float, where: str) -> None:
        if self._closed.wait(max(0.0, seconds)):
            raise SourceError("the source was closed while it was read", where=where)


def retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110, 10.2.3), or None when it asks for nothing that can be read.

    A point in time is taken relative to the answer's own Date: clocks differ.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:12])
    until, now = moment(value), moment(date) or datetime.now(UTC)
    return None if until is None else max(0.0, (until - now).total_seconds())


def moment(value: str | None) -> datetime | None:
    """A date of a header (RFC 9110, 5.6.7), or None."""
    try:
        found = parsedate_to_datetime(value) if value else None
    except (TypeError, ValueError):
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def refused(answer: Answer, where: str) -> SourceError:
    """The error of an answer that is none. What the service wrote is not repeated: it may quote a record."""
    try:
        phrase = f"{answer.status} ({HTTPStatus(answer.status).phrase})"
    except ValueError:
        phrase = str(answer.status)
    remedies = {
        400: "check url, params, body, cursor and pages against the service's documentation",
        401: "check the credentials in `auth`",
        403: "check what the credentials in `auth` are allowed to read",
        404: "check url and for_each",
        429: "declare a lower `rate`",
    }
    remedy = remedies.get(answer.status, "run again later" if answer.status >= 500 else "check the source's keys")
    return SourceError(f"the service answered {phrase}", where=where, remedy=remedy)
