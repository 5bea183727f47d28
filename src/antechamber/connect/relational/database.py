"""What a database has to be able to do so that `RelationalTable` can read from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from antechamber.connect.relational.dialect import Dialect
from antechamber.connect.relational.relation import Column, Relation


class Session(ABC):
    """A connection that only reads, for one thread at a time. Methods raise SourceError; `close` never does."""

    @abstractmethod
    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's few rows."""

    @abstractmethod
    def batches(self, query: str, schema: pa.Schema, rows: int, *, where: str) -> Iterator[pa.RecordBatch]:
        """A query's records as they arrive, about `rows` in a batch, in the types of `schema`.

        A batch with a value that a column's type does not have has this column as text. where: what errors name.
        """

    @abstractmethod
    def close(self) -> None:
        """End it, from any thread, also while it reads."""


@dataclass(frozen=True)
class Horizon:
    """How far back a transaction that has not committed yet may still write; looked up before the snapshot.

    clock: the server's time before the look, UTC, without tzinfo. at: no transaction that the snapshot does not see
    writes a time before it; None when that is not known. because: why `at` is None, one clause.
    settled: nobody else writes, and whoever does later has a later clock: the largest value seen is the horizon.
    wall: what writers' clocks without zone are ahead of UTC, if they keep to the server's zone; zone: its name.
    unbounded: a transaction of unknown age waits. largest: a number column's largest value at `clock`.
    drawn: no transaction that the snapshot does not see drew a number before it; None: none can have.
    """

    clock: datetime
    at: datetime | None = None
    because: str = ""
    settled: bool = False
    wall: timedelta = timedelta(0)
    zone: str = "UTC"
    unbounded: bool = False
    largest: int | None = None
    drawn: datetime | None = None


@dataclass(frozen=True)
class Snapshot:
    """One state of the database.

    relation: what to read, as of it. text: names it in partitions' fingerprints. sessions: more connections that see
    it, besides the one that took it. another: makes a further one; None when there can be no more.
    notes: what a run should say about it.
    """

    relation: Relation
    text: str
    sessions: tuple[Session, ...] = ()
    another: Callable[[], Session] | None = None
    notes: tuple[str, ...] = ()


class Database(ABC):
    """One declared database. Methods raise SourceError, SecretError or MissingExtra."""

    dialect: Dialect
    one_reader = False
    """No other connection can see the same moment: what says how to read in parallel changes nothing."""

    @abstractmethod
    def connect(self) -> Session:
        """A new connection that can only read."""

    @abstractmethod
    def relation(self, session: Session) -> Relation:
        """The declared table or query, with its columns, found without reading a record."""

    @abstractmethod
    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        """Fix what this session sees, and as many others as there can be, up to `readers` in all."""

    @abstractmethod
    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        """The horizon as of now, for a watermark column."""

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        """About how many records meet a condition; None: there is no cheap way to know."""
        return None

    def weights(
        self, session: Session, relation: Relation, where: str, key: Column, expected: int
    ) -> Sequence[tuple[str, float]]:
        """A picture of a key: (value as `Dialect.constant` takes it, its share), ascending as the database sorts."""
        return ()
