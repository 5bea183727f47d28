"""Numerals: the digits of many rows in one array, in which cutting off a prefix only moves a start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from antechamber.prepare.phones.automaton import Flags, Numbers, Symbols
from antechamber.prepare.phones.pattern import END

SPARE = 64
"""END behind the last digits: automata may look that far."""
ENDING = "\x7f"
"""Stands behind each text while its digits are taken; no text may have it."""
LEFT_OUT = 255


def _symbols_of_bytes() -> npt.NDArray[np.uint8]:
    symbols = np.full(256, LEFT_OUT, np.uint8)
    symbols[ord("0") : ord("9") + 1] = range(10)
    symbols[ord(ENDING)] = END
    return symbols


SYMBOLS_OF_BYTES = _symbols_of_bytes()


@dataclass(frozen=True)
class Numerals:
    """Digits, and where each row's are; what the steps of reading hand on.

    symbols: all digits, with END behind those of each text. start, length: of each row's number, in `symbols`.
    """

    symbols: Symbols
    start: Numbers
    length: Numbers

    def of(self, rows: Numbers | Flags) -> Numerals:
        """Of these rows only."""
        return replace(self, start=self.start[rows], length=self.length[rows])

    def without(self, first: Numbers | int) -> Numerals:
        """Some digits less in front."""
        return replace(self, start=self.start + first, length=self.length - first)

    def first_three(self) -> Numbers:
        """The first three digits as one number; 1000 where there are fewer."""
        first, second, third = (self.symbols[self.start + place].astype(np.intp) for place in range(3))
        return np.where(self.length < 3, 1000, first * 100 + second * 10 + third)

    def merged(self, rows: Numbers, changed: Numerals) -> Numerals:
        """With these rows as they were changed; `changed` may have more digits than these."""
        if not len(rows):
            return self
        start, length = self.start.copy(), self.length.copy()
        start[rows], length[rows] = changed.start, changed.length
        return Numerals(changed.symbols, start, length)

    def with_rows_of(self, before: Numerals, rows: Numbers) -> Numerals:
        """With these rows as they were before."""
        return self.merged(rows, replace(before.of(rows), symbols=self.symbols))

    def rewritten(self, written: pl.Series) -> Numerals:
        """With other digits instead."""
        added = numerals(written)
        return Numerals(np.concatenate([self.symbols, added.symbols]), added.start + len(self.symbols), added.length)

    def written(self) -> pl.Series:
        """The digits as text."""
        if not len(self.start):
            return pl.Series([], dtype=pl.String)
        # Each text is taken from where its number starts to where the next one's does, and cut to its length.
        order = None if (self.start[1:] > self.start[:-1]).all() else np.argsort(self.start)
        start = self.start if order is None else self.start[order]
        offsets = np.append(start, len(self.symbols))
        data = pa.py_buffer((self.symbols + np.uint8(ord("0"))).data)
        array = pa.LargeStringArray.from_buffers(len(start), pa.py_buffer(offsets.astype(np.int64).data), data)
        texts = pl.Series(array)
        if order is not None:
            back = np.empty(len(order), np.intp)
            back[order] = np.arange(len(order))
            texts = texts.gather(pl.Series(back))
        return texts.str.head(pl.Series(self.length))


def numerals(text: pl.Series) -> Numerals:
    """The ASCII digits of each text, of whatever else it has. No text may have an ENDING."""
    content = SYMBOLS_OF_BYTES[_bytes(text + ENDING)]
    content = content[content != LEFT_OUT]
    end = np.flatnonzero(content == END)
    start = np.append(0, end + 1)[:-1]
    return Numerals(np.concatenate([content, np.full(SPARE, END, np.uint8)]), start, end - start)


def _bytes(text: pl.Series) -> npt.NDArray[np.uint8]:
    """The UTF-8 of all texts, one behind the other."""
    array = text.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    if offsets is None or content is None:
        return np.zeros(0, np.uint8)
    bounds = np.frombuffer(memoryview(offsets), np.int64)[array.offset : array.offset + len(array) + 1]
    used: npt.NDArray[np.uint8] = np.frombuffer(memoryview(content), np.uint8)[bounds[0] : bounds[-1]]
    return used
