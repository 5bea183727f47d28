"""Sets of byte positions as bitmaps: what a text holds where, at one bit a byte.

Finding quotes and line ends this way costs a small part of parsing and leaves the interpreter lock (the method of
Langdale and Lemire, 'Parsing Gigabytes of JSON per Second', 2019, in array operations).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
"""Bit `i % 64` of word `i // 64` stands for position i."""

Positions = npt.NDArray[np.int64]

_ONE = np.uint64(1)
_TOP = np.uint64(63)


def empty(size: int) -> Bits:
    """No position, of `size` possible ones."""
    return np.zeros((size + 63) // 64, np.dtype("<u8"))


def of_byte(text: npt.NDArray[np.uint8], byte: bytes, size: int) -> Bits:
    """The positions of a byte. size: how many positions the bitmap is to have, at least the text's length."""
    bits = empty(size)
    packed = np.packbits(text == byte[0], bitorder="little")
    bits.view(np.uint8)[: len(packed)] = packed
    return bits


def of_positions(positions: Positions, size: int) -> Bits:
    """These positions."""
    mask = np.zeros(size, np.bool_)
    mask[positions] = True
    bits = empty(size)
    packed = np.packbits(mask, bitorder="little")
    bits.view(np.uint8)[: len(packed)] = packed
    return bits


def positions(bits: Bits) -> Positions:
    """The positions that are set, ascending."""
    words = np.flatnonzero(bits)
    found = np.flatnonzero(np.unpackbits(bits[words].view(np.uint8), bitorder="little"))
    placed: Positions = (words[found >> 6] << 6) + (found & 63)
    return placed


def add(bits: Bits, position: int) -> None:
    """Set one position."""
    bits[position >> 6] |= _ONE << np.uint64(position & 63)


def has(bits: Bits, position: int) -> bool:
    """Whether a position is set."""
    return bool(bits[position >> 6] >> np.uint64(position & 63) & _ONE)


def first(bits: Bits, start: int) -> int:
    """The first position from `start` on that is set, or -1."""
    word = start >> 6
    if word >= len(bits):
        return -1
    rest = int(bits[word]) >> (start & 63)
    if rest:
        return start + (rest & -rest).bit_length() - 1
    width, word = 16, word + 1
    while word < len(bits):
        filled = np.flatnonzero(bits[word : word + width])
        if len(filled):
            found = int(bits[word + filled[0]])
            return (word + int(filled[0])) * 64 + (found & -found).bit_length() - 1
        word, width = word + width, width * 4
    return -1


def last(bits: Bits, stop: int) -> int:
    """The last position below `stop` that is set, or -1."""
    word = min(stop >> 6, len(bits))
    rest = int(bits[word]) & ((1 << (stop & 63)) - 1) if word < len(bits) else 0
    if rest:
        return word * 64 + rest.bit_length() - 1
    width = 16
    while word > 0:
        low = max(0, word - width)
        filled = np.flatnonzero(bits[low:word])
        if len(filled):
            found = low + int(filled[-1])
            return found * 64 + int(bits[found]).bit_length() - 1
        word, width = low, width * 4
    return -1


def rank(bits: Bits, positions: Positions) -> Positions:
    """How many positions below each of these are set."""
    padded = np.append(bits, np.zeros(1, bits.dtype))
    counts = np.bitwise_count(padded)
    before = np.cumsum(counts, dtype=np.int64) - counts
    words = positions >> 6
    below = (_ONE << (positions & 63).astype(np.uint64)) - _ONE
    ranks: Positions = before[words] + np.bitwise_count(padded[words] & below)
    return ranks


def select(bits: Bits, ranks: Positions) -> Positions:
    """The positions that are set with so many set ones before them."""
    upto = np.cumsum(np.bitwise_count(bits), dtype=np.int64)
    words = np.searchsorted(upto, ranks, "right")
    places = np.unpackbits(bits[words].view(np.uint8).reshape(-1, 8), axis=1, bitorder="little").cumsum(axis=1)
    within = ranks - upto[words] + places[:, -1]
    columns: Positions = (places <= within[:, np.newaxis]).sum(axis=1, dtype=np.int64)
    return words * 64 + columns


def followers(bits: Bits) -> Bits:
    """Each position's next one."""
    moved = bits << _ONE
    moved[1:] |= bits[:-1] >> _TOP
    return moved


def predecessors(bits: Bits) -> Bits:
    """Each position's previous one."""
    moved = bits >> _ONE
    moved[:-1] |= bits[1:] << _TOP
    return moved


def odd(bits: Bits) -> Bits:
    """The positions up to and with which an odd number is set."""
    parity = bits.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        parity ^= parity << np.uint64(shift)
    carry = np.bitwise_xor.accumulate(parity >> _TOP)
    parity[1:] ^= np.negative(carry[:-1])
    return parity
