"""What PostgreSQL's output plugin `pgoutput` writes, byte by byte (protocol version 1), as Python values.

Source: PostgreSQL 18 documentation, "Logical Replication Message Formats".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_SHORT = struct.Struct(">H")
_LONG = struct.Struct(">I")
_LSN = struct.Struct(">Q")


class Unchanged:
    """Stands for a large value, kept apart from its row, that an update did not touch and the log does not repeat."""


UNCHANGED: Final = Unchanged()

Value = bytes | Unchanged | None
"""A column's text in the session's encoding; None for null."""

Row = list[Value]


@dataclass(frozen=True)
class Begin:
    """A transaction that committed. commit: where its commit record begins in the log."""

    commit: int


@dataclass(frozen=True)
class Published:
    """A table as it was when the changes that follow were made.

    identity: `d` primary key, `i` an index, `f` the whole row, `n` nothing. columns: (name, the type's oid, whether
    it is part of the identity).
    """

    oid: int
    name: str
    identity: str
    columns: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True)
class Insert:
    """A new row."""

    oid: int
    new: Row


@dataclass(frozen=True)
class Update:
    """A changed row. old: None, its former identity (all else null), or, when `whole`, all of it."""

    oid: int
    old: Row | None
    whole: bool
    new: Row


@dataclass(frozen=True)
class Delete:
    """A row that is gone. old: its identity (all else null), or, when `whole`, all of it."""

    oid: int
    old: Row
    whole: bool


@dataclass(frozen=True)
class Truncate:
    """Tables that were emptied."""

    oids: tuple[int, ...]


Message = Begin | Published | Insert | Update | Delete | Truncate


def decode(data: bytes) -> Message | None:
    """A message; None for those that say nothing about rows (Commit, Origin, Type, Message).

    Raises ValueError for bytes that are no message of the protocol.
    """
    try:
        return _decode(data)
    except (struct.error, IndexError) as error:
        raise ValueError("a message of pgoutput is cut short") from error


def _decode(data: bytes) -> Message | None:
    kind = data[:1]
    if kind == b"I":
        new, _ = _row(data, 6)
        return Insert(_LONG.unpack_from(data, 1)[0], new)
    if kind == b"U":
        old: Row | None = None
        at, whole = 5, data[5:6] == b"O"
        if whole or data[5:6] == b"K":
            old, at = _row(data, 6)
        new, _ = _row(data, at + 1)
        return Update(_LONG.unpack_from(data, 1)[0], old, whole, new)
    if kind == b"D":
        gone, _ = _row(data, 6)
        return Delete(_LONG.unpack_from(data, 1)[0], gone, data[5:6] == b"O")
    if kind == b"B":
        return Begin(_LSN.unpack_from(data, 1)[0])
    if kind == b"R":
        return _published(data)
    if kind == b"T":
        (count,) = _LONG.unpack_from(data, 1)
        return Truncate(struct.unpack_from(f">{count}I", data, 6))
    if kind in (b"C", b"O", b"Y", b"M"):
        return None
    raise ValueError("a message of pgoutput is of an unknown kind")


def _row(data: bytes, at: int) -> tuple[Row, int]:
    """The values of a row and where its bytes end."""
    (count,) = _SHORT.unpack_from(data, at)
    at += 2
    row: Row = []
    for _ in range(count):
        kind = data[at]
        at += 1
        if kind == 0x74:  # t: text
            (length,) = _LONG.unpack_from(data, at)
            at += 4
            if at + length > len(data):
                raise IndexError
            row.append(data[at : at + length])
            at += length
        elif kind == 0x6E:  # n: null
            row.append(None)
        elif kind == 0x75:  # u: unchanged
            row.append(UNCHANGED)
        else:
            raise ValueError("a value of pgoutput is of an unknown kind")
    return row, at


def _published(data: bytes) -> Published:
    (oid,) = _LONG.unpack_from(data, 1)
    space, at = _text(data, 5)
    name, at = _text(data, at)
    identity = chr(data[at])
    (count,) = _SHORT.unpack_from(data, at + 1)
    at += 3
    columns = []
    for _ in range(count):
        is_key = bool(data[at] & 1)
        column, at = _text(data, at + 1)
        columns.append((column, _LONG.unpack_from(data, at)[0], is_key))
        at += 8
    return Published(oid, f"{space or 'pg_catalog'}.{name}", identity, tuple(columns))


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 1
