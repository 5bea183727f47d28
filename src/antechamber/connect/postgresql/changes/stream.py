"""From the messages of the log to batches of records: what is there, what was deleted, in the order of commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from antechamber.connect.postgresql.changes import values
from antechamber.connect.postgresql.changes.pgoutput import (
    UNCHANGED,
    Begin,
    Delete,
    Insert,
    Published,
    Row,
    Truncate,
    Unchanged,
    Update,
    decode,
)
from antechamber.connect.postgresql.relation import Relation
from antechamber.errors import SourceError
from antechamber.records import CHANGE, DELETED, PUT, TRUNCATED

BATCH_BYTES = 16 << 20

SAME = (frozenset({"int2", "int4", "int8"}), frozenset({"text", "varchar", "bpchar", "name"}))
"""Types between which a column may have changed: the text of a value in the log is the same in each."""

Reread = Callable[[Sequence[str], Sequence[tuple[bytes, ...]]], dict[tuple[bytes, ...], list[bytes | None]]]
"""(identity's columns, identities) → identity → the row as it is now, in the order of the taken columns."""


class Changes:
    """The changes of one table between two places of the log, as batches.

    relation: the table with the columns that are taken. oids: the oid of each one's type now → the base type's name.
    key: the columns of which the published key is made. after, upto: transactions count whose commit record begins
    at `after` or later, and before `upto`. rows: at most so many in a batch.
    """

    def __init__(
        self,
        relation: Relation,
        *,
        types: dict[int, str],
        key: Sequence[str],
        after: int,
        upto: int,
        rows: int,
        reread: Reread,
        money: Callable[[list[str]], list[str]],
    ) -> None:
        self._relation = relation
        self._types = types
        self._names = [column.name for column in relation.columns]
        self._key = [self._names.index(name) for name in key]
        self._after, self._upto = after, upto
        self._rows = rows
        self._reread, self._money = reread, money
        self._taken: list[int] | None = None
        self._identity: list[int] = []
        self._counts = False
        self._clear()

    def batches(self, messages: Iterable[bytes]) -> Iterator[pa.RecordBatch]:
        """The records, with CHANGE. An update of a key is a deletion and a record. Raises SourceError."""
        for data in messages:
            try:
                message = decode(data)
            except ValueError as error:
                raise SourceError(
                    str(error), where=self._relation.name, remedy="see that the slot's plugin is pgoutput"
                ) from None
            if isinstance(message, Begin):
                self._counts = self._after <= message.commit < self._upto
            elif isinstance(message, Published):
                if message.oid == self._relation.oid:
                    yield from self._flush()  # what waits for a second look is identified by the columns of before
                    self._describe(message)
            elif message is not None and self._counts:
                self._take(message)
            if len(self._kinds) >= self._rows or self._bytes >= BATCH_BYTES:
                yield from self._flush()
        yield from self._flush()

    def _clear(self) -> None:
        self._kinds: list[int] = []
        self._columns: list[list[bytes | None]] = [[] for _ in self._names]
        self._again: dict[int, tuple[bytes, ...]] = {}
        self._bytes = 0

    def _take(self, message: Insert | Update | Delete | Truncate) -> None:
        oid = self._relation.oid
        if isinstance(message, Truncate):
            if oid in message.oids:
                self._add(TRUNCATED, [None] * len(self._names))
        elif message.oid != oid:
            return
        elif isinstance(message, Insert):
            self._put(message.new, None)
        elif isinstance(message, Delete):
            self._delete(message.old)
        else:
            if message.old is not None and self._moved(message.old, message.new):
                self._delete(message.old)
            self._put(message.new, message.old, whole=message.whole)

    def _put(self, new: Row, old: Row | None, *, whole: bool = False) -> None:
        if UNCHANGED in new and old is not None:
            new = [
                old[position] if value is UNCHANGED and (whole or position in self._identity) else value
                for position, value in enumerate(new)
            ]
        taken: list[bytes | None] = []
        complete = True
        for position in self._positions():
            value = new[position]
            if isinstance(value, Unchanged):
                complete = False
                value = None
            taken.append(value)
        if not complete:
            self._again[len(self._kinds)] = tuple(self._known(new[position]) for position in self._identity)
        self._add(PUT, taken)

    def _delete(self, old: Row) -> None:
        positions = self._positions()
        taken: list[bytes | None] = [None] * len(positions)
        for number in self._key:
            value = old[positions[number]]
            taken[number] = None if value is None else self._known(value)
        self._add(DELETED, taken)

    def _moved(self, old: Row, new: Row) -> bool:
        positions = self._positions()
        return any(
            new[positions[number]] is not UNCHANGED and old[positions[number]] != new[positions[number]]
            for number in self._key
        )

    def _add(self, kind: int, taken: Sequence[bytes | None]) -> None:
        self._kinds.append(kind)
        for column, value in zip(self._columns, taken, strict=True):
            column.append(value)
            if value is not None:
                self._bytes += len(value)
        self._bytes += 16 * len(taken)

    def _flush(self) -> Iterator[pa.RecordBatch]:
        if self._again:
            self._look_again()
        kinds, columns = self._kinds, self._columns
        self._clear()
        if not kinds:
            return
        for start, batch in values.batches(self._relation.columns, columns, money=self._money):
            yield batch.append_column(CHANGE, pa.array(kinds[start : start + batch.num_rows], pa.int8()))

    def _look_again(self) -> None:
        """Rows with a large value that the log leaves out are taken as they are now.

        Later changes of such a row are yet to come and lead to the same end; one that is not there any more has its
        deletion, or its new key, among them.
        """
        names = [self._published[position] for position in self._identity]
        found = self._reread(names, list(dict.fromkeys(self._again.values())))
        gone = set()
        for row, identity in self._again.items():
            now = found.get(identity)
            if now is None:
                gone.add(row)
                continue
            for column, value in zip(self._columns, now, strict=True):
                column[row] = value
        if gone:
            self._kinds = [kind for row, kind in enumerate(self._kinds) if row not in gone]
            self._columns = [
                [value for row, value in enumerate(column) if row not in gone] for column in self._columns
            ]

    def _positions(self) -> list[int]:
        if self._taken is None:
            raise SourceError("the log has a change of the table before its columns", where=self._relation.name)
        return self._taken

    def _known(self, value: bytes | Unchanged | None) -> bytes:
        if isinstance(value, bytes):
            return value
        raise SourceError(
            "a change in the log does not have its row's identity",
            where=self._relation.name,
            remedy="read everything again with --full",
        )

    def _describe(self, published: Published) -> None:
        """Find the taken columns in the table as it was when the coming changes were made."""
        self._published = [name for name, _, _ in published.columns]
        self._taken = []
        for column in self._relation.columns:
            if column.name not in self._published:
                raise self._drifted(published, f"the column '{column.name}' is not in the log, or was not then")
            position = self._published.index(column.name)
            was = self._types.get(published.columns[position][1], "")
            if was != column.type and not any({was, column.type} <= same for same in SAME):
                raise self._drifted(published, f"the column '{column.name}' changed its type")
            self._taken.append(position)
        self._identity = [number for number, (_, _, is_key) in enumerate(published.columns) if is_key]
        missing = [self._names[number] for number in self._key if self._taken[number] not in self._identity]
        if missing:
            raise SourceError(
                f"deletions do not tell {', '.join(missing)}, of which the key is made",
                where=self._relation.name,
                remedy=f"ALTER TABLE {self._relation.source} REPLICA IDENTITY FULL, then run --full",
            )

    def _drifted(self, published: Published, what: str) -> SourceError:
        then = ", ".join(f"{name} {self._types.get(oid, '?')}" for name, oid, _ in published.columns[:30])
        now = ", ".join(f"{column.name} {column.type or column.declared}" for column in self._relation.columns[:30])
        return SourceError(
            f"{what}; taken now: {now}; in the log: {then}",
            where=self._relation.name,
            remedy="when the change is meant: antechamber run --full",
        )
