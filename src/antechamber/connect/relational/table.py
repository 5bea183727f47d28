"""A table or query of any database as a source of record batches: one snapshot, one or several connections."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through the dialect)

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pyarrow as pa

from antechamber.connect.deleted import FLAG, changes_in, refuse, tells, with_changes
from antechamber.connect.relational import ranges, watermark
from antechamber.connect.relational.database import Database, Session, Snapshot
from antechamber.connect.relational.relation import Column, Relation
from antechamber.connect.relational.seen import CAP, Remembered, signature
from antechamber.connect.relational.watermark import Mark
from antechamber.connect.source import BatchSource
from antechamber.declare.source import DatabaseSource
from antechamber.errors import ConnectionLost, SourceError
from antechamber.records import Listing, Partition, Progress, Skipped, Window

LOOKS = 3
"""How often a run looks again a second later, when more is above the horizon than can be remembered and nothing but
the present second keeps the horizon back."""

PAUSE_S = 1.0


@dataclass(frozen=True)
class _Plan:
    """What `list` fixed for the readers. queries: partition id → SQL. schema: with the watermark column.

    columns: how many of its columns are given on; the last of them is FLAG where the source marks deleted records.
    seen: the records that are left out.
    """

    snapshot: Snapshot
    schema: pa.Schema
    columns: int
    queries: dict[str, str]
    watermark: str = ""
    seen: Remembered | None = None


@dataclass(frozen=True)
class _Window:
    """What of the relation is read. where: over alias `t`. mark: what the commit is to record."""

    where: str
    mark: Mark | None = None
    seen: Remembered | None = None
    notes: tuple[str, ...] = field(default=())


class RelationalTable(BatchSource):
    """A table, view or query, read in transactions that only read.

    `list` opens a connection whose state all partitions show; `read` may be called from several threads, each on a
    connection of its own where the database lets several see one state, one after the other where not. `schema`,
    `list` and `read` raise SourceError, SecretError or MissingExtra.
    """

    def __init__(self, declared: DatabaseSource, database: Database, columns: Sequence[str] | None = None) -> None:
        self._declared = declared
        self._database = database
        self._columns = columns
        self._name = declared.table or "query"
        self._plan: _Plan | None = None
        self._guard = threading.Condition()
        self._idle: list[Session] = []
        self._busy: set[Session] = set()

    def schema(self) -> pa.Schema:
        if self._plan is not None:
            return changes_in(pa.schema(list(self._plan.schema)[: self._plan.columns]))
        relation = self._relation()
        return changes_in(relation.schema(self._taken(relation)))

    def columns(self) -> Mapping[str, str]:
        relation = self._relation()
        found = {column.name: column.declared for column in relation.columns}
        for name in self._columns or ():
            alike = [known for known in found if known.lower() == name.lower()]
            if name not in found and len(alike) == 1:
                found[name] = found.pop(alike[0])
        return found

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        return self._listed(progress, full=full, asked=None)

    def backfill(self, window: Window) -> Listing:
        return self._listed(Progress(), full=True, asked=window)

    def _listed(self, progress: Progress, *, full: bool, asked: Window | None) -> Listing:
        self.close()
        session = self._database.connect()
        try:
            return self._list(session, progress, full=full, asked=asked)
        except BaseException:
            session.close()
            self.close()
            raise

    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        plan = self._plan
        if plan is None or partition.id not in plan.queries:
            raise SourceError("the partition is not of the last listing", where=partition.id, remedy="list again")
        return self._read(partition, plan)

    def close(self) -> None:
        with self._guard:
            self._plan = None
            sessions = [*self._busy, *self._idle]
            self._idle = []
            self._guard.notify_all()
        for session in sessions:
            session.close()

    def _taken(self, relation: Relation) -> tuple[Column, ...]:
        """The columns that are read, FLAG behind them where the source marks deleted records."""
        taken = relation.only(self._columns)
        if self._declared.deleted is None:
            return taken
        marks = relation.column(self._declared.deleted, declared_as="deleted")
        if not tells(marks.arrow, marks.declared):
            raise refuse(marks.name, marks.declared, where=relation.name)
        return (*taken, replace(marks, asked=FLAG))

    def _relation(self) -> Relation:
        session = self._database.connect()
        try:
            return self._database.relation(session)
        finally:
            session.close()

    def _read(self, partition: Partition, plan: _Plan) -> Iterator[pa.RecordBatch]:
        session = self._borrow(plan)
        whole = False
        names = plan.schema.names[: plan.columns]
        try:
            for batch in session.batches(
                plan.queries[partition.id], plan.schema, self._declared.batch_rows, where=partition.id
            ):
                if plan.seen is not None:
                    batch = plan.seen.without(batch, plan.schema, plan.watermark)
                if batch.num_rows:
                    batch = batch if len(names) == batch.num_columns else batch.select(names)
                    yield with_changes(batch, where=self._name) if self._declared.deleted else batch
            whole = True
        finally:
            self._give_back(session, plan, reuse=whole)

    def _borrow(self, plan: _Plan) -> Session:
        """A connection that sees the snapshot; waits for one when there can be no more."""
        with self._guard:
            while True:
                if self._plan is not plan:
                    raise SourceError("the source was closed while it was read", where=self._name)
                if self._idle:
                    session = self._idle.pop()
                    break
                more = plan.snapshot.another
                if more is not None and len(self._busy) < self._declared.max_connections:
                    session = more()
                    break
                if not self._busy:
                    raise ConnectionLost(
                        "the connection to the server was lost while reading: nothing of this run is published",
                        where=self._name,
                        remedy="run again; if it happens again, look into the server's log",
                    )
                self._guard.wait()
            self._busy.add(session)
            return session

    def _give_back(self, session: Session, plan: _Plan, *, reuse: bool) -> None:
        with self._guard:
            self._busy.discard(session)
            reuse = reuse and self._plan is plan
            if reuse:
                self._idle.append(session)
            self._guard.notify_all()
        if not reuse:
            session.close()

    def _list(self, session: Session, progress: Progress, *, full: bool, asked: Window | None) -> Listing:
        declared, database = self._declared, self._database
        relation = database.relation(session)
        taken = self._taken(relation)
        key = None if database.one_reader else ranges.key_of(relation, declared.partition_on)
        column = relation.column(declared.watermark, declared_as="watermark") if declared.watermark else None
        last = None
        if column is not None:
            watermark.check(column, relation)
            if progress.watermark is not None and not full:
                last = watermark.read_mark(progress.watermark, column, relation)
        begin = "1 = 1" if column is None or last is None else watermark.since(last.value, column, database.dialect)
        expected = database.estimate(session, relation, begin) if key else None
        readers = ranges.wanted(expected, declared.max_connections)
        if column is None or asked is not None:
            within = "1 = 1" if asked is None else watermark.within(asked, column, relation, database.dialect)
            snapshot = database.snapshot(session, relation, readers)
            window = _Window(within)
        else:
            snapshot, window = self._window(session, relation, taken, column, last, readers)
        self._idle = [session, *snapshot.sessions]
        relation = snapshot.relation
        conditions: tuple[str, ...] = ranges.EVERYTHING
        if key and readers > 1 and (snapshot.another or snapshot.sessions):
            conditions = ranges.cut(
                database, session, relation, window.where, key, expected=expected or 0, parts=readers
            )
        also = (
            [column] if window.seen is not None and column and column.name not in {one.name for one in taken} else []
        )
        select = ", ".join(database.dialect.select(one) for one in (*taken, *also))
        queries = {
            f"{relation.name}#{number}/{len(conditions)}": (
                f"SELECT {select} FROM {relation.source} t WHERE {window.where}"
                + ("" if conditions == ranges.EVERYTHING else f" AND {condition}")
            )
            for number, condition in enumerate(conditions, start=1)
        }
        self._plan = _Plan(
            snapshot,
            relation.schema((*taken, *also)),
            len(taken),
            queries,
            _output(column, (*taken, *also)) if column and window.seen is not None else "",
            window.seen,
        )
        notes = dict.fromkeys((*relation.notes, *snapshot.notes, *window.notes))
        return Listing(
            partitions=tuple(Partition(id=name, fingerprint={"snapshot": snapshot.text}) for name in queries),
            skipped=tuple(Skipped(relation.name, note) for note in notes),
            watermark=window.mark.as_json() if window.mark else None,
        )

    def _window(
        self,
        session: Session,
        relation: Relation,
        taken: tuple[Column, ...],
        column: Column,
        last: Mark | None,
        readers: int,
    ) -> tuple[Snapshot, _Window]:
        """The snapshot, and from where to where it is read."""
        database, dialect = self._database, self._database.dialect
        looked: tuple[Column, ...] = taken if column.name in {one.name for one in taken} else (*taken, column)
        schema = relation.schema(looked)
        for attempt in count(1):
            horizon = database.look(session, relation, column)
            snapshot = database.snapshot(session, relation, readers)
            seeing = snapshot.relation
            mark, notes = watermark.advance(
                seeing, column, horizon, last=last, lateness=self._declared.lateness,
                largest=lambda seeing=seeing: self._largest(session, seeing, column),  # type: ignore[misc]
            )  # fmt: skip
            select = ", ".join(dialect.select(one) for one in looked)
            above = list(
                session.batches(
                    dialect.first(
                        f"SELECT {select} FROM {seeing.source} t",
                        watermark.since(mark.value, column, dialect),
                        CAP + 1,
                    ),
                    schema,
                    CAP + 1,
                    where=relation.name,
                )
            )
            too_many = sum(batch.num_rows for batch in above) > CAP
            at = horizon.drawn if column.moment == "number" else horizon.at
            recent = at is not None and horizon.clock - at < timedelta(seconds=2)
            if not too_many or attempt == LOOKS or not recent:
                break
            for other in snapshot.sessions:
                other.close()
            time.sleep(PAUSE_S)
        seen = last.remembered if last else None
        where = "1 = 1" if last is None else watermark.since(last.value, column, dialect)
        if seen is not None and seen.columns != signature(schema):
            seen, notes = (
                None,
                (*notes, "the columns that are read have changed: records at the watermark are read again"),
            )
        if too_many:
            remembered = seen.as_json() if seen else {}
            below = watermark.before(mark.value, column, dialect, nulls=last is None and not column.required)
            where = below if last is None else f"{where} AND {below}"
            notes = (*notes, _waiting(mark, horizon.settled or horizon.at is None))
        else:
            remembered = Remembered.of(above, schema, _output(column, looked)).as_json()
        if last is not None:
            notes = (*notes, *self._without_watermark(session, seeing, column))
        return snapshot, _Window(where, replace(mark, seen=remembered), seen, notes)

    def _largest(self, session: Session, relation: Relation, column: Column) -> str | None:
        dialect = self._database.dialect
        largest = dialect.largest(f"t.{dialect.identifier(column.name)}", column)
        value = session.rows(f"SELECT {largest} FROM {relation.source} t")[0][0]
        return None if value is None else dialect.recorded(value)

    def _without_watermark(self, session: Session, relation: Relation, column: Column) -> tuple[str, ...]:
        """The records that no incremental run can find, as their watermark is null."""
        if column.required:
            return ()
        name = f"t.{self._database.dialect.identifier(column.name)}"
        found = int(session.rows(f"SELECT COUNT(*) FROM {relation.source} t WHERE {name} IS NULL")[0][0])
        if not found:
            return ()
        said = f"{found:,} record{'s have' if found != 1 else ' has'}"
        return (f"{said} no {column.name}: read only in a full run (--full)",)


def _output(column: Column, among: Sequence[Column]) -> str:
    """The name under which a column arrives."""
    return next(one.output for one in among if one.name == column.name)


def _waiting(mark: Mark, at_the_end: bool) -> str:
    why = f"share or follow the largest {mark.column}" if at_the_end else "are newer than the oldest open transaction"
    return f"more than {CAP:,} records {why}, too many to remember which were read: they wait for the next run"
