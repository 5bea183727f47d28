"""Marks: up to which value a part was read, and which of the records there, so that none is read twice."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from antechamber.connect.http.document import Columns, Record
from antechamber.connect.http.scale import Scale
from antechamber.errors import SourceError

_SPARE = 8
"""How many times that number a tally holds before it gives the oldest up."""
_WIDTH = 8


@dataclass(frozen=True)
class Part:
    """How far one part (one combination of `for_each`) was read. seen: digest → count; None: not remembered."""

    value: Decimal
    seen: Mapping[bytes, int] | None


@dataclass(frozen=True)
class Mark:
    """What a commit records. of: what the source was then. fields: what digests are made of."""

    of: str
    salt: str
    fields: tuple[str, ...]
    parts: Mapping[str, Part]

    def as_json(self) -> dict[str, object]:
        """The form that a commit keeps."""
        return {
            "of": self.of,
            "salt": self.salt,
            "fields": list(self.fields),
            "parts": {
                name: {
                    "value": format(part.value, "f"),
                    "seen": None if part.seen is None else _packed(part.seen),
                }
                for name, part in self.parts.items()
            },
        }


def read_mark(recorded: Mapping[str, Any], of: str, where: str) -> Mark:
    """The mark that the last commit recorded. Raises SourceError when it is not of this source."""
    try:
        parts = {
            str(name): Part(
                Decimal(str(part["value"])), None if part["seen"] is None else _unpacked(str(part["seen"]))
            )
            for name, part in recorded["parts"].items()
        }
        mark = Mark(str(recorded["of"]), str(recorded["salt"]), tuple(map(str, recorded["fields"])), parts)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        mark = None
    if mark is None or mark.of != of:
        raise SourceError(
            "the recorded mark is of another source, or of this one before it was changed",
            where=where,
            remedy="read everything again with --full",
        )
    return mark


def digest(texts: Sequence[str | None], salt: str) -> bytes:
    """A record's digest; salted, so that it tells nothing about values that can be guessed in other tables."""
    text = "\x00".join("\x01" if each is None else each for each in texts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=salt.encode(), digest_size=_WIDTH).digest()


class Tally:
    """What of one part is read in this run. Safe to use from several threads.

    remember: how many records. strict: more are an error; else none are remembered then, and all are read again.
    """

    def __init__(
        self, name: str, scale: Scale, columns: Columns, last: Part | None, old: Mark | None, *,
        salt: str, remember: int, strict: bool, where: str,
    ) -> None:  # fmt: skip
        self._name, self._scale, self._columns, self._last = name, scale, columns, last
        self._salt, self._remember, self._strict, self._where = salt, remember, strict, where
        self._old = Columns(old.fields) if old is not None else columns
        self._old_salt = old.salt if old is not None else salt
        self._known: Counter[bytes] = Counter(last.seen) if last is not None and last.seen else Counter()
        self._lock = threading.Lock()
        self._largest: Decimal | None = None
        self._clock: Decimal | None = None
        self._read: list[tuple[Decimal, bytes]] = []
        self._given_up: Decimal | None = None

    def clock(self, now: Decimal) -> None:
        """The service's clock when it answered: what changes later may be missed, so the mark stays before it."""
        with self._lock:
            self._clock = now if self._clock is None else min(self._clock, now)

    def is_new(self, record: Record, value: Decimal | None) -> bool:
        """Whether a record was not read by an earlier run; notes that it is now."""
        if value is None:
            return True
        old = digest(self._old.texts(record), self._old_salt) if self._known else b""
        with self._lock:
            self._largest = value if self._largest is None else max(self._largest, value)
            bound = self._bound()
            if bound is None or value >= bound:
                self._read.append((value, digest(self._columns.texts(record), self._salt)))
                self._keep_small()
            if self._known[old] > 0:
                self._known[old] -= 1
                return False
        return True

    def part(self) -> Part | None:
        """How far the part is read now. Raises SourceError when there are too many records to remember."""
        with self._lock:
            value, bound = self._value(), self._bound()
            if self._largest is None or value is None or bound is None:
                return self._last
            seen = Counter(mark for at, mark in self._read if at >= bound)
            lost = self._given_up is not None and self._given_up >= bound
            if not lost and seen.total() <= self._remember:
                return Part(value, seen)
            if not self._strict:
                return Part(value, None)
        raise SourceError(
            f"more than {self._remember:,} records lie at the last value or within `lateness` of it",
            where=self._where,
            remedy="raise cursor.remember, declare a smaller `lateness`, or write mode: upsert",
        )

    def _value(self) -> Decimal | None:
        if self._largest is None:
            return self._last.value if self._last is not None else None
        value = self._largest if self._clock is None else min(self._largest, self._clock)
        return value if self._last is None else max(value, self._last.value)

    def _bound(self) -> Decimal | None:
        value = self._value()
        return None if value is None else value - self._scale.lateness

    def _keep_small(self) -> None:
        most = _SPARE * self._remember
        if len(self._read) <= most:
            return
        bound = self._bound()
        self._read = [each for each in self._read if bound is None or each[0] >= bound]
        if len(self._read) > most // 2:
            self._given_up = self._largest
            self._read = []


def new_salt() -> str:
    """For the digests of one mark."""
    return secrets.token_hex(8)


def _packed(seen: Mapping[bytes, int]) -> str:
    return base64.b64encode(b"".join(mark * count for mark, count in sorted(seen.items()))).decode()


def _unpacked(text: str) -> Counter[bytes]:
    packed = base64.b64decode(text, validate=True)
    if len(packed) % _WIDTH:
        raise ValueError("cut off")
    return Counter(packed[start : start + _WIDTH] for start in range(0, len(packed), _WIDTH))
