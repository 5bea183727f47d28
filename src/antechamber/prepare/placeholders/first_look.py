"""A first look at texts: which of them may be among some, or begin like some, told by their lengths and first bytes.

Arrow's view layout holds both beside each other for every text, in 8 bytes, so that no text itself is touched.
Source: Apache Arrow, "Arrow Columnar Format", variable-size binary view layout.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

_BITS = 16
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio's fraction in 64 bits: multiplied by it, close numbers lie far apart (Knuth, volume 3, 6.4)."""

_INLINE = 4
"""First bytes that a view holds of every text."""

Numbers = npt.NDArray[np.uint64]


class FirstLook:
    """Texts that are looked for. whole: texts themselves. begins: beginnings of texts, none of them empty."""

    def __init__(self, whole: Iterable[str], begins: Iterable[str]) -> None:
        self._whole = _marks(len(text := each.encode()) | _first(text) << 32 for each in whole)
        by_length: dict[int, list[int]] = {}
        for each in begins:
            first = each.encode()[:_INLINE]
            by_length.setdefault(len(first), []).append(_first(first))
        self._begins = [
            (np.uint64((1 << 8 * length) - 1), _marks(firsts)) for length, firsts in sorted(by_length.items())
        ]

    def rows(self, texts: pl.Series) -> pl.Series:
        """The rows (UInt32) of the texts that may be looked for: all that are, and few others."""
        array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
        views = array.buffers()[1]
        if views is None or not len(array):
            return pl.Series([], dtype=pl.UInt32)
        halves = np.frombuffer(memoryview(views), dtype="<u8", count=2 * (array.offset + len(array)))
        heads = halves[2 * array.offset :: 2]
        near = self._whole[_place(heads)]
        for mask, marks in self._begins:
            near |= marks[_place((heads >> np.uint64(32)) & mask)]
        return pl.Series(np.flatnonzero(near).astype(np.uint32))


def _first(text: bytes) -> int:
    """The first bytes as a view has them: shorter texts are filled with zeros."""
    return int.from_bytes(text[:_INLINE].ljust(_INLINE, b"\0"), "little")


def _marks(heads: Iterable[int]) -> npt.NDArray[np.bool_]:
    marks = np.zeros(1 << _BITS, dtype=np.bool_)
    marks[_place(np.array(list(heads), dtype=np.uint64))] = True
    return marks


def _place(heads: Numbers) -> Numbers:
    return (heads * _SPREAD) >> np.uint64(64 - _BITS)
