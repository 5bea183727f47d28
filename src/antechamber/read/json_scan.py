"""Where the brackets, commas and colons of a JSON text are, found in whole blocks and without reading strings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from antechamber.read.bits import Positions

OPENING, CLOSING, COMMA, COLON = 1, -1, 2, 3

_KIND = np.zeros(256, np.int8)
_KIND[list(b"{[")], _KIND[list(b"}]")], _KIND[ord(",")], _KIND[ord(":")] = OPENING, CLOSING, COMMA, COLON
_QUOTE, _BACKSLASH, _NEWLINE = (ord(each) for each in '"\\\n')
_SPACE, _NO_JSON = ord(" "), 0x0B


@dataclass(frozen=True)
class Scanned:
    """One block.

    text: the block in which line ends are spaces; one inside a string, where none may be, is another character that
    may not be there. places, kinds: of every bracket, comma and colon outside of strings. depths: how many brackets
    are open behind each.
    """

    text: npt.NDArray[np.uint8]
    places: Positions
    kinds: npt.NDArray[np.int8]
    depths: Positions


class Scan:
    """Goes through a text block by block."""

    def __init__(self) -> None:
        self.depth = 0
        """How many brackets are open."""
        self.in_string = False
        self._escaping = False

    def take(self, block: bytes) -> Scanned:
        """The next bytes, at least one."""
        data = np.frombuffer(block, np.uint8)
        quotes = data == _QUOTE
        if self._escaping or b"\\" in block:
            quotes[self._escaped(data)] = False
        parity = np.cumsum(quotes, dtype=np.uint8)
        inside = ((parity + np.uint8(self.in_string)) & 1).view(np.bool_)
        self.in_string = bool(inside[-1])
        kinds = _KIND[data]
        kinds[inside] = 0
        places = np.flatnonzero(kinds)
        kinds = kinds[places]
        depths = np.cumsum(np.where(np.abs(kinds) == 1, kinds, 0), dtype=np.int64) + self.depth
        self.depth = int(depths[-1]) if len(depths) else self.depth
        text = data.copy()
        if b"\n" in block:
            ends = np.flatnonzero(data == _NEWLINE)
            text[ends] = np.where(inside[ends], _NO_JSON, _SPACE)
        return Scanned(text, places, kinds, depths)

    def _escaped(self, data: npt.NDArray[np.uint8]) -> Positions:
        """The places of characters that a backslash stands before which is not escaped itself."""
        backslashes = np.flatnonzero(data == _BACKSLASH)
        carried, self._escaping = self._escaping, False
        first = [0] if carried and (not len(backslashes) or backslashes[0]) else []
        if not len(backslashes):
            return np.array(first, np.int64)
        new = np.flatnonzero(np.diff(backslashes, prepend=-2) != 1)
        starts = backslashes[new]
        ends = backslashes[np.append(new[1:], len(backslashes)) - 1] + 1
        lengths = ends - starts
        if carried and starts[0] == 0:
            lengths[0] += 1
        escaped = ends[lengths % 2 == 1]
        if len(escaped) and escaped[-1] == len(data):
            self._escaping, escaped = True, escaped[:-1]
        return np.concatenate([np.array(first, np.int64), escaped])
