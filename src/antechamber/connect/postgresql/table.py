"""A PostgreSQL table or query as a source of record batches: one snapshot, several connections."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from antechamber.connect.deleted import FLAG, changes_in, with_changes
from antechamber.connect.postgresql import horizon, ranges, relation, seen, watermark
from antechamber.connect.postgresql.address import Address, parse
from antechamber.connect.postgresql.beyond import beyond_arrow
from antechamber.connect.postgresql.declared import PostgresqlSource
from antechamber.connect.postgresql.early import Early
from antechamber.connect.postgresql.horizon import Clock
from antechamber.connect.postgresql.plan import Plan
from antechamber.connect.postgresql.relation import Relation
from antechamber.connect.postgresql.seen import Snapshot
from antechamber.connect.postgresql.session import Session, identifier
from antechamber.connect.source import BatchSource
from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress, Skipped, Window
from antechamber.secrets import Secrets

OLDEST_VERSION = 130000


@dataclass(frozen=True)
class _Server:
    version: int
    identity: str
    zone: str
    checks_text: bool


class PostgresqlTable(BatchSource):
    """A table, view or query of a PostgreSQL server (13 or later), read in read-only transactions.

    `list` opens a connection that holds one snapshot until `close`; `read` may be called from several threads, each
    on a connection of its own (at most `max_connections`, the one that holds the snapshot apart) that imports the
    snapshot: all partitions show the same state of the database. `schema` and `list` raise SourceError, SecretError
    or MissingExtra.
    """

    def __init__(
        self, declared: PostgresqlSource, *, secrets: Secrets, columns: tuple[str, ...] | None = None
    ) -> None:
        if (declared.table is None) == (declared.query is None):
            raise SourceError(
                "a postgresql source reads either a table or a query",
                where=declared.table or "source",
                remedy="give one of `table:` and `query:`",
            )
        self._declared = declared
        self._secrets = secrets
        self._columns = columns
        self._name = declared.table or "query"
        self._early: Early | None = None
        self._holder: Session | None = None
        self._plan: Plan | None = None
        self._guard = threading.Lock()
        self._places = threading.BoundedSemaphore(declared.max_connections)
        self._idle: list[Session] = []
        self._reading: set[Session] = set()

    def schema(self) -> pa.Schema:
        if self._plan is not None:
            return changes_in(self._plan.schema)
        session = self._connect()
        try:
            self._server(session)
            whole = self._describe(session)
            described = whole.only(self._columns)
            return changes_in(self._flagged(whole, described.schema(beyond_arrow(session, described, "true"))))
        finally:
            session.close()

    def columns(self) -> Mapping[str, str]:
        early, self._early = self._early, None
        taken = early.take() if early is not None else None
        session = taken[0] if taken is not None else self._connect()
        try:
            self._server(session)
            found = {column.name: column.declared for column in self._describe(session).columns}
            session.execute("ROLLBACK")
        except BaseException:
            session.close()
            raise
        if early is None or taken is None:
            session.close()
        else:
            early.give_back(session)
            self._early = early
        return found

    def each_once(self, columns: Sequence[str]) -> bool:
        return self._plan is not None and any(unique <= set(columns) for unique in self._plan.unique)

    def expect(self) -> None:
        if self._declared.watermark is not None and self._early is None:
            self._early = Early(self._connect)

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        return self._listed(progress, full=full, window=None)

    def backfill(self, window: Window) -> Listing:
        return self._listed(Progress(), full=True, window=window)

    def _listed(self, progress: Progress, *, full: bool, window: Window | None) -> Listing:
        early, self._early = self._early, None
        self.close()
        taken = early.take() if early is not None else None
        session, clock = taken if taken is not None else (self._connect(), None)
        try:
            listing = self._list(session, clock, progress, full=full, window=window)
        except BaseException:
            session.close()
            self.close()
            raise
        self._holder = session
        return listing

    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        plan = self._plan
        if plan is None or partition.id not in plan.queries:
            raise SourceError("the partition is not of the last listing", where=partition.id, remedy="list again")
        return self._read(partition, plan)

    def shared(self) -> str | None:
        """Our snapshot, which sessions of other processes import. Ours give their places on the server to theirs."""
        plan = self._plan
        if plan is None:
            return None
        with self._guard:
            given_up = [session for session in self._idle if session is not self._holder]
            self._idle = [session for session in self._idle if session is self._holder]
        for session in given_up:
            session.close()
        return plan.to_share()

    def join(self, shared: str) -> None:
        self._plan = Plan.shared(shared)

    def close(self) -> None:
        with self._guard:
            self._plan = None
            sessions = [*self._reading, *self._idle, *filter(None, [self._holder])]
            self._idle, self._holder = [], None
            early, self._early = self._early, None
        for session in sessions:
            session.close()
        if early is not None:
            early.close()

    def _read(self, partition: Partition, plan: Plan) -> Iterator[pa.RecordBatch]:
        with self._places:
            session = self._borrow(plan)
            whole = False
            try:
                batches = session.batches(
                    plan.queries[partition.id],
                    plan.schema,
                    self._declared.batch_rows,
                    where=partition.id,
                    validate=plan.validate,
                )
                if self._declared.deleted is None:
                    yield from batches
                else:
                    yield from (with_changes(batch, where=partition.id) for batch in batches)
                whole = True
            finally:
                self._give_back(session, plan, reuse=whole)

    def _borrow(self, plan: Plan) -> Session:
        with self._guard:
            if self._plan is not plan:
                raise SourceError("the source was closed while it was read", where=self._name)
            if self._idle:
                session = self._idle.pop()
                self._reading.add(session)
                return session
        session = self._open_reader(plan)
        with self._guard:
            self._reading.add(session)
        return session

    def _open_readers(self, described: Relation, plan: Plan) -> None:
        """Connect the readers now, and let each take its locks: a TRUNCATE that starts to wait for ours later would
        make theirs wait for it."""

        def open_one(_: int) -> None:
            session = self._open_reader(plan)
            self._idle.append(session)
            relation.names(session, described)

        count = min(self._declared.max_connections, len(plan.queries))
        if count:
            with ThreadPoolExecutor(count, thread_name_prefix="connect") as pool:
                deque(pool.map(open_one, range(count)), maxlen=0)

    def _open_reader(self, plan: Plan) -> Session:
        session = self._connect()
        try:
            session.begin(statement_timeout=self._declared.statement_timeout, snapshot=plan.snapshot)
            session.lift_limits()
        except BaseException:
            session.close()
            raise
        return session

    def _give_back(self, session: Session, plan: Plan, *, reuse: bool) -> None:
        with self._guard:
            self._reading.discard(session)
            if reuse and self._plan is plan:
                self._idle.append(session)
                return
        session.close()

    def _connect(self) -> Session:
        return Session(self._address(), where=self._name)

    def _address(self) -> Address:
        return parse(self._secrets.text(self._declared.url), self._declared.url)

    def _server(self, session: Session) -> _Server:
        version, zone, encoding, permitted = session.rows(
            "SELECT current_setting('server_version_num')::int, current_setting('TimeZone'), "
            "current_setting('server_encoding'), has_function_privilege('pg_catalog.pg_control_system()', 'execute') "
            "AND has_function_privilege('pg_catalog.pg_control_checkpoint()', 'execute')"
        )[0]
        if version < OLDEST_VERSION:
            raise SourceError(
                f"the server is PostgreSQL {version // 10000}, and 13 is the oldest that can be read",
                where=self._declared.url,
            )
        identity = ""
        if permitted:
            system, timeline = session.rows(
                "SELECT s.system_identifier::text, c.timeline_id::text "
                "FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c"
            )[0]
            identity = f"{system}/{timeline}"
        return _Server(version, identity, zone, encoding != "SQL_ASCII")

    def _describe(self, session: Session) -> Relation:
        """The relation with its columns, locked against being rewritten or dropped, in a transaction just begun."""
        found, lockable = (
            relation.lookup(session, self._declared.table)
            if self._declared.table is not None
            else (relation.wrap(self._declared.query or ""), False)
        )
        session.begin(statement_timeout=self._declared.statement_timeout)
        if lockable:
            # TRUNCATE and rewriting ALTER TABLE show through older snapshots: the lock comes before the snapshot.
            session.execute(f"LOCK TABLE {found.source} IN ACCESS SHARE MODE")
        return relation.describe(session, found)

    def _list(
        self, session: Session, clock: Clock | None, progress: Progress, *, full: bool, window: Window | None
    ) -> Listing:
        declared = self._declared
        server = self._server(session)
        ahead = self._look(session, clock) if declared.watermark and window is None else None
        described = self._describe(session)
        session.lift_limits()
        exported, text, before, after = session.rows(
            "SELECT pg_export_snapshot(), s::text, pg_snapshot_xmin(s)::text::bigint, "
            "pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s"
        )[0]
        snapshot = Snapshot(server.identity, before, after)
        source, where = described.source, "true"
        mark: dict[str, object] | None = None
        skipped: tuple[Skipped, ...] = ()
        incremental = False
        if window is not None:
            if declared.watermark is None:
                raise SourceError(
                    "without a watermark nothing tells which records belong to the window",
                    where=described.name,
                    remedy="declare `watermark:`, or run without --from",
                )
            where = watermark.within(window, described.column(declared.watermark, declared_as="watermark"), described)
        if declared.watermark and ahead:
            column = described.column(declared.watermark, declared_as="watermark")
            kind = watermark.kind_of(column, described)
            last = None
            if progress.watermark is not None and not full:
                incremental = True
                last = watermark.read_mark(progress.watermark, column, kind, described)
                source, where, warning = seen.exclude(described, watermark.since(last, column), last.seen, snapshot)
                skipped = watermark.without_watermark(session, described, column)
                if warning:
                    note = f"{warning}: records at the watermark are read again"
                    skipped = (*skipped, Skipped(described.name, note))
            coming = watermark.advance(
                session, described, column, ahead, snapshot,
                last=last, lateness=declared.lateness, zone=server.zone,
            )  # fmt: skip
            mark, skipped = coming.mark.as_json(), (*skipped, *coming.notes)
        read = relation.narrowed(described, source)
        if incremental and not session.rows(f"SELECT EXISTS (SELECT 1 FROM {source} AS t WHERE {where})")[0][0]:
            conditions: tuple[str, ...] = ()
        else:
            conditions = ranges.cut(
                session, read, where,
                partition_on=declared.partition_on, connections=declared.max_connections, version=server.version,
            )  # fmt: skip
        taken = described.only(self._columns)
        as_text = beyond_arrow(session, read.only(self._columns), where) if conditions else frozenset[str]()
        select = taken.select(as_text)
        if declared.deleted is not None:
            select += f", {relation.mark(described, declared.deleted)} AS {identifier(FLAG)}"
        count = len(conditions)
        queries = {
            f"{described.name}#{number}/{count}": f"SELECT {select} FROM {source} AS t WHERE {where} AND {condition}"
            for number, condition in enumerate(conditions, start=1)
        }
        self._plan = Plan(
            exported,
            self._flagged(described, taken.schema(as_text)),
            queries,
            not server.checks_text,
            relation.unique(session, described) if declared.deleted is None else (),
        )
        if len(queries) == 1:
            self._idle.append(session)  # one part needs no second connection
        else:
            self._open_readers(described, self._plan)
        fingerprint = {"server": server.identity, "snapshot": text}
        return Listing(
            partitions=tuple(Partition(id=name, fingerprint=fingerprint) for name in queries),
            skipped=skipped,
            watermark=mark,
        )

    def _flagged(self, whole: Relation, schema: pa.Schema) -> pa.Schema:
        """The schema with FLAG where the source marks deleted records. Raises SourceError when the mark is none."""
        if self._declared.deleted is None:
            return schema
        relation.mark(whole, self._declared.deleted)
        return schema.append(pa.field(FLAG, pa.int16()))

    def _look(self, session: Session, clock: Clock | None) -> horizon.Horizon:
        """The safe horizon; it is looked up before the snapshot is taken, outside any transaction."""
        name = self._declared.watermark or ""
        if self._declared.table is not None:
            found, _ = relation.lookup(session, self._declared.table)
        else:
            found = relation.wrap(self._declared.query or "")
        column = relation.describe(session, found).column(name, declared_as="watermark")
        number = watermark.kind_of(column, found) == "number"
        return horizon.look(session, watermark.largest(found, column) if number else None, clock)
