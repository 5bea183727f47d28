"""The records of a result as the server sends them, turned into Arrow arrays without a Python object for a value.

A row of the text protocol is a packet: three bytes of length, one of sequence, then each value as its length and its
bytes, 0xFB for null (MySQL's and MariaDB's documentation: Protocol::ResultsetRow, length-encoded integers). The
rows of a block are found by their lengths; then all values of a column are found at once, column after column.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BLOCK = 4 << 20
CHUNK = 1 << 18
LONGEST = 0xFFFFFF
"""A packet of this length goes on in the next one."""

HEADER = struct.Struct("<I")
Numbers = npt.NDArray[np.int64]


class Stream(Protocol):
    """What packets are read from."""

    def read1(self, size: int, /) -> bytes:
        """What has come already, or else what comes next; never waits for more than there is."""
        ...


class Refused(Exception):
    """The server sent an error in place of a row. args: (number, message)."""


def blocks(stream: Stream, rows: int) -> Iterator[tuple[bytearray, list[int]]]:
    """(bytes, where each row in them begins) up to the result's end; at most `rows` rows each.

    Raises Refused, and OSError when the stream ends before the result does.
    """
    buffer, filled = bytearray(BLOCK), 0
    while True:
        starts: list[int] = []
        at = 0
        while True:
            at, filled, ended = _rows(buffer, filled, at, starts, rows)
            if ended or len(starts) >= rows or (starts and filled > len(buffer) * 7 // 8):
                break
            if filled == len(buffer):
                buffer.extend(bytes(len(buffer)))  # one row that is larger than all that is held
            got = stream.read1(min(len(buffer) - filled, CHUNK))
            if not got:
                raise ConnectionResetError("the stream ended within a result")
            buffer[filled : filled + len(got)] = got
            filled += len(got)
        if starts:
            yield buffer, starts
        if ended:
            return
        rest = filled - at
        following = bytearray(max(BLOCK, 2 * rest))
        following[:rest] = memoryview(buffer)[at:filled]
        buffer, filled = following, rest


def _rows(buffer: bytearray, filled: int, at: int, starts: list[int], most: int) -> tuple[int, int, bool]:
    """Find the whole rows from `at`; gives (where the next begins, bytes filled, whether the result has ended)."""
    header = HEADER.unpack_from
    room = most - len(starts)
    while room and at + 4 < filled:
        length = header(buffer, at)[0] & LONGEST
        behind = at + 4 + length
        if length == LONGEST:
            if (joined := _joined(buffer, filled, at)) is None:
                break
            behind, removed = joined
            filled -= removed
        elif behind > filled:
            break
        first = buffer[at + 4]
        if first == 0xFE and length < 9:
            return behind, filled, True
        if first == 0xFF:
            raise _refusal(bytes(buffer[at + 5 : behind]))
        starts.append(at + 4)
        room -= 1
        at = behind
    return at, filled, False


def _joined(buffer: bytearray, filled: int, at: int) -> tuple[int, int] | None:
    """Take out the headers within a row of several packets, once all are there: (the row's end, bytes taken out)."""
    inner: list[int] = []
    position = at
    while True:
        if position + 4 > filled:
            return None
        length = HEADER.unpack_from(buffer, position)[0] & LONGEST
        if position > at:
            inner.append(position)
        position += 4 + length
        if position > filled:
            return None
        if length < LONGEST:
            break
    for header in reversed(inner):
        del buffer[header : header + 4]
    buffer.extend(bytes(4 * len(inner)))
    return position - 4 * len(inner), 4 * len(inner)


def _refusal(said: bytes) -> Refused:
    number = int.from_bytes(said[:2], "little")
    message = said[2:]
    if message.startswith(b"#"):
        message = message[6:]
    return Refused(number, message.decode("utf-8", "replace"))


def values(buffer: bytearray, starts: list[int], columns: int) -> Iterator[pa.Array[Any]]:
    """The columns of a block's rows, as binary arrays."""
    data = np.frombuffer(buffer, np.uint8)
    at = np.array(starts, np.int64)
    shared = pa.py_buffer(buffer)
    every_other = np.arange(0, 2 * len(starts), 2, dtype=np.int32)
    for _ in range(columns):
        start, end, valid = _spans(data, at)
        at = end
        # Values and what lies between them take turns in the buffer, so these offsets are an array as it stands.
        offsets = np.empty(2 * len(start), np.int64)
        offsets[0::2], offsets[1::2] = start, end
        bits = None
        if valid is not None:
            both = np.ones(2 * len(start), np.bool_)
            both[0::2] = valid
            bits = pa.py_buffer(np.packbits(both, bitorder="little").data)
        small = len(buffer) < 1 << 31
        found = pa.Array.from_buffers(
            pa.binary() if small else pa.large_binary(),
            2 * len(start) - 1,
            [bits, pa.py_buffer((offsets.astype(np.int32) if small else offsets).data), shared],
        )
        yield found.take(every_other)


def _spans(data: npt.NDArray[np.uint8], at: Numbers) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_] | None]:
    """Where the values at `at` begin and end, and which of them there are (None: all)."""
    first = data[at]
    start = at + 1
    if int(first.max()) < 0xFB:
        return start, start + first, None
    length = first.astype(np.int64)
    null = first == 0xFB
    length[null] = 0
    for code, size in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
        long = np.flatnonzero(first == code)
        if len(long):
            digits = [data[at[long] + 1 + byte].astype(np.int64) << (8 * byte) for byte in range(size)]
            length[long] = np.bitwise_or.reduce(digits)
            start[long] += size
    return start, start + length, ~null if null.any() else None
