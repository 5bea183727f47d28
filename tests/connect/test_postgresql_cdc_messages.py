"""The log's messages: whatever bytes come, they are understood or refused, never misread."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antechamber.connect.postgresql.changes.pgoutput import (
    UNCHANGED,
    Begin,
    Delete,
    Insert,
    Published,
    Row,
    Truncate,
    Update,
    decode,
)

VALUES = st.lists(st.none() | st.binary(max_size=40) | st.just(UNCHANGED), max_size=6)


def row(values: Row) -> bytes:
    parts = [struct.pack(">H", len(values))]
    for value in values:
        if isinstance(value, bytes):
            parts.append(b"t" + struct.pack(">I", len(value)) + value)
        else:
            parts.append(b"n" if value is None else b"u")
    return b"".join(parts)


@given(old=VALUES, new=VALUES, oid=st.integers(0, 2**32 - 1))
def test_rows_come_out_as_they_went_in(old: Row, new: Row, oid: int) -> None:
    number = struct.pack(">I", oid)
    assert decode(b"I" + number + b"N" + row(new)) == Insert(oid, new)
    assert decode(b"U" + number + b"N" + row(new)) == Update(oid, None, False, new)
    assert decode(b"U" + number + b"K" + row(old) + b"N" + row(new)) == Update(oid, old, False, new)
    assert decode(b"U" + number + b"O" + row(old) + b"N" + row(new)) == Update(oid, old, True, new)
    assert decode(b"D" + number + b"K" + row(old)) == Delete(oid, old, False)
    assert decode(b"D" + number + b"O" + row(old)) == Delete(oid, old, True)


def test_other_messages_are_understood_or_passed_over() -> None:
    assert decode(b"B" + struct.pack(">QQI", 7, 8, 9)) == Begin(7)
    assert decode(b"T" + struct.pack(">IBII", 2, 0, 5, 6)) == Truncate((5, 6))
    column = b"\x01id\0" + struct.pack(">Ii", 23, -1)
    assert decode(b"R" + struct.pack(">I", 5) + b"public\0t\0d" + struct.pack(">H", 1) + column) == Published(
        5, "public.t", "d", (("id", 23, True),)
    )
    assert [decode(kind + b"\0" * 30) for kind in (b"C", b"O", b"Y", b"M")] == [None] * 4


@given(data=st.binary(max_size=60), kind=st.sampled_from([b"I", b"U", b"D", b"B", b"R", b"T", b"X", b""]))
def test_bytes_that_are_no_message_are_refused(data: bytes, kind: bytes) -> None:
    try:
        decode(kind + data)
    except ValueError:
        return


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_message_that_is_cut_short_is_refused(cut: int) -> None:
    whole = b"I" + struct.pack(">I", 5) + b"N" + row([b"value", None, b"x"])
    with pytest.raises(ValueError, match="pgoutput"):
        decode(whole[:-cut])
