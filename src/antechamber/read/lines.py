"""Text that is cut into lines at `\\n`, in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from antechamber.read.bits import Positions
from antechamber.read.encoding import RAW

_NEWLINE = ord("\n")


@dataclass(frozen=True)
class Lines:
    """Some lines of a file.

    first: the number of the first, from 1. text: all of them, each with its line end (the file's last may lack it).
    ends: where each ends, behind its line end. too_long: there is one line, of which `text` is only the begin.
    """

    first: int
    text: bytes
    ends: Positions
    too_long: bool = False


class Text(Protocol):
    """A text that can be read from front to back."""

    def read(self, size: int) -> bytes:
        """About `size` bytes of UTF-8; b"" at the end only."""


def lines_of(stream: Text, block: int, longest: int) -> Iterator[Lines]:
    """All lines, about `block` bytes at a time. Of a line that has more than `longest` bytes some may be left out."""
    line = 1
    held: list[bytes] = []
    size, overlong = 0, False
    while piece := stream.read(block):
        end = piece.rfind(b"\n") + 1
        if not end:
            size += len(piece)
            overlong = overlong or size > longest
            if not overlong or sum(map(len, held)) <= RAW:
                held.append(piece)
            continue
        first = piece.find(b"\n") + 1
        if overlong:
            yield _one(line, b"".join([*held, piece[: first - 1]]))
            line += 1
            text = piece[first:end]
        else:
            text = b"".join([*held, piece[:end]])
        if text:
            ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE) + 1
            yield Lines(line, text, ends)
            line += len(ends)
        held, size, overlong = [piece[end:]], len(piece) - end, len(piece) - end > longest
    if overlong:
        yield _one(line, b"".join(held))
    elif size:
        text = b"".join(held)
        yield Lines(line, text, np.array([len(text)]))


def as_series(text: bytes, ends: Positions, unfit: npt.NDArray[np.bool_]) -> pl.Series:
    """All lines but the unfit ones, each with its line end. A line that is not UTF-8 has to be unfit."""
    offsets = pa.py_buffer(np.concatenate([np.zeros(1, np.int64), ends]).tobytes())
    binary = pa.Array.from_buffers(pa.large_binary(), len(ends), [None, offsets, pa.py_buffer(text)])
    if unfit.any():
        binary = binary.filter(pa.array(~unfit))
    return pl.Series(binary.view(pa.large_string()), dtype=pl.String)


def _one(line: int, text: bytes) -> Lines:
    return Lines(line, text, np.array([len(text)]), too_long=True)
