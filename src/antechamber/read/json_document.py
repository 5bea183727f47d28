"""A JSON document → the records of its array, each as a line of JSON, in constant memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from antechamber.errors import FormatError
from antechamber.read.encoding import RAW, Utf8Stream
from antechamber.read.json_scan import CLOSING, COLON, COMMA, OPENING, Scan, Scanned

_BLANK = b" \t\r\n"


class RecordLines:
    """What stands between two commas of the array, as lines; each is for `JsonRows` to judge.

    keys: the way to the array from the document's root, through objects; none when the root is the array.

    `read` raises FormatError when the document breaks off, has no array there, or goes on behind its end.
    """

    def __init__(self, stream: Utf8Stream, keys: Sequence[str], name: str) -> None:
        self._stream, self._keys, self._name = stream, tuple(keys), name
        self._scan = Scan()
        self._open = False
        """Whether the document has begun and not ended."""
        self._ended = self._found = self._inside = self._any = False
        """Whether the document, and the array, was seen to its end; whether we are in it; whether it has a record."""
        self._matched = 0
        """How many keys lead to the object that we are in."""
        self._awaited = False
        """Whether the value of the next key comes now."""
        self._key: bytes | None = None
        """What was seen of a key, in an object that we are in."""

    def read(self, size: int) -> bytes:
        """About `size` bytes of lines; b"" at the end only."""
        while block := self._stream.read(size):
            if lines := b"".join(self._turned(block)):
                return lines
        if not self._ended:
            self._refuse("the JSON document ends too early" if self._open else "the file is empty")
        return b""

    def _turned(self, block: bytes) -> list[bytes]:
        if self._ended:
            self._check_rest(block)
            return []
        scanned = self._scan.take(block)
        lines: list[bytes] = []
        at = token = 0
        while not self._ended and token < len(scanned.places) + 1:
            if self._inside:
                at, token = self._records(scanned, at, token, lines)
            else:
                at, token = self._outside(scanned, block, at, token)
        if self._ended:
            self._check_rest(block[at:])
        return lines

    def _records(self, scanned: Scanned, at: int, token: int, lines: list[bytes]) -> tuple[int, int]:
        """Records up to the array's end or the block's; gives where to go on."""
        within = len(self._keys) + 1
        depths, kinds = scanned.depths[token:], scanned.kinds[token:]
        closing = np.flatnonzero(depths < within)
        last = int(closing[0]) if len(closing) else len(depths)
        commas = np.flatnonzero((depths[:last] == within) & (kinds[:last] == COMMA))
        scanned.text[scanned.places[token:][commas]] = ord("\n")
        stop = int(scanned.places[token + last]) if len(closing) else len(scanned.text)
        text = scanned.text[at:stop].tobytes()
        if not self._any:
            text = text.lstrip(_BLANK) if not len(commas) else text
            self._any = bool(text)
        lines.append(text)
        if not len(closing):
            return stop, len(scanned.places) + 1
        if scanned.text[stop] != ord("]"):
            self._refuse("the array of records is closed by another bracket")
        if self._any:
            lines.append(b"\n")
        self._inside, self._found = False, True
        self._matched = len(self._keys) - 1
        self._ended = self._matched < 0
        return stop + 1, token + last + 1

    def _outside(self, scanned: Scanned, block: bytes, at: int, token: int) -> tuple[int, int]:
        """The document around the array, up to the array's begin or the block's end; gives where to go on."""
        while token < len(scanned.places):
            # Only what is in the object that we are in counts: its members' insides are passed over at once.
            near = np.flatnonzero(scanned.depths[token:] <= self._matched + 1 + self._awaited)
            if not len(near):
                break
            token += int(near[0])
            place, kind, depth = int(scanned.places[token]), scanned.kinds[token], int(scanned.depths[token])
            token += 1
            if not self._open:
                self._begin(block[:place], block[place : place + 1])
                at = place + 1
            elif kind == OPENING:
                self._enter(block[place : place + 1])
                at = place + 1
            elif kind == COLON and depth == self._matched + 1:
                self._named((self._key or b"") + block[at:place])
            elif kind == COMMA and depth == self._matched + 1:
                self._passed()
                self._key, at = b"", place + 1
            elif kind == CLOSING and depth == self._matched:
                self._leave(block[place : place + 1])
                at = place + 1
            if self._inside or self._ended:
                return at, token
        if not self._open and block.strip(_BLANK):
            self._refuse("this is not a JSON document")
        if self._key is not None:
            self._key += block[at : at + RAW]
        return len(block), len(scanned.places) + 1

    def _begin(self, before: bytes, bracket: bytes) -> None:
        if before.strip(_BLANK) or bracket not in (b"[", b"{"):
            self._refuse("this is not a JSON document")
        self._open = True
        if self._keys and bracket == b"{":
            self._key = b""
        elif self._keys:
            self._refuse("the document is an array, not an object with keys", "remove format.records")
        elif bracket == b"[":
            self._inside = True
        else:
            self._refuse(
                "the document is an object, not an array of records",
                "set format.records to the path of the array in it, or format.type: jsonl for an object a line",
            )

    def _enter(self, bracket: bytes) -> None:
        """A bracket opens; it matters when it is the value that is waited for."""
        if not self._awaited:
            return
        self._awaited = False
        last = self._matched + 1 == len(self._keys)
        if bracket != (b"[" if last else b"{"):
            self._no_array()
        if last:
            self._inside = True
        else:
            self._matched += 1
            self._key = b""

    def _named(self, key: bytes) -> None:
        self._key = None
        try:
            name = json.loads(key)
        except ValueError:
            name = None
        if not isinstance(name, str):
            self._refuse("the JSON document is damaged: something that is no key stands before a colon")
        if name == self._keys[self._matched]:
            if self._found:
                self._refuse(f"the key '{name}' occurs twice", "ask the sender for one array of records a file")
            self._awaited = True

    def _passed(self) -> None:
        if self._awaited:
            self._no_array()

    def _leave(self, bracket: bytes) -> None:
        self._passed()
        if bracket != b"}":
            self._refuse("the JSON document is damaged: its brackets do not fit")
        self._key = None
        self._matched -= 1
        if self._matched < 0:
            self._ended = True
            if not self._found:
                self._no_array()

    def _check_rest(self, rest: bytes) -> None:
        if rest := rest.strip(_BLANK):
            remedy = "set format.type: jsonl when every line is an object" if rest[:1] in (b"{", b"[") else ""
            self._refuse("the JSON document is followed by something else", remedy)

    def _no_array(self) -> NoReturn:
        path = ".".join(self._keys)
        self._refuse(f"there is no array at '{path}'", "set format.records to the path of the array of records")

    def _refuse(self, what: str, remedy: str = "") -> NoReturn:
        raise FormatError(what, where=self._name, remedy=remedy or "ask the sender to upload it again")
