"""A PostgreSQL table by change capture: once in full, then every insert, update and delete of its log."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from antechamber.connect.postgresql import relation
from antechamber.connect.postgresql.changes import identity, publication, slot
from antechamber.connect.postgresql.changes.mark import Mark, read_mark
from antechamber.connect.postgresql.changes.reread import Lookup
from antechamber.connect.postgresql.changes.stream import Changes
from antechamber.connect.postgresql.declared import PostgresqlSource
from antechamber.connect.postgresql.relation import Relation
from antechamber.connect.postgresql.session import Session, identifier, literal
from antechamber.connect.postgresql.table import PostgresqlTable
from antechamber.connect.source import Opening
from antechamber.errors import SourceError
from antechamber.records import CHANGE, Listing, Partition, Progress, Skipped, Window

LOOKED_AT = 2_000
"""How many messages a look (check, preview) asks for."""

WORTH_A_COMMIT = 16 << 20
"""Bytes of log after which a commit without records lets the server remove them: a segment of its log."""

LONGEST_NAME = 63

MAY_REPLICATE = (
    "SELECT 1 FROM pg_catalog.pg_roles r WHERE (r.rolname = current_user AND (r.rolsuper OR r.rolreplication)) "
    "OR (r.rolname = 'rds_replication' AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER'))"
)


@dataclass(frozen=True)
class _Plan:
    """What `list` fixed for reading the changes. whole: the table with all columns; taken: those that are wanted."""

    id: str
    whole: Relation
    taken: Relation
    types: dict[int, str]
    last: Mark
    next: Mark


class CapturedTable(PostgresqlTable):
    """A table whose changes are read from its server's log, by logical decoding (`pgoutput`).

    The first `list`, or a full one, makes the slot and the publication where the connector allows it, and lists the
    table as a PostgresqlTable does; later ones list one partition: the changes since the last commit, up to the end
    of the log at that moment. What was read is let go by `committed`, never before.
    """

    def __init__(self, declared: PostgresqlSource, opening: Opening) -> None:
        super().__init__(declared, secrets=opening.secrets, columns=opening.columns)
        self._key = opening.key
        self._look_only = opening.look_only
        self._slot = declared.cdc.slot or _name_for(opening.name)
        self._publication = declared.cdc.publication or _name_for(opening.name)
        self._may_create = declared.cdc.create
        self._changes: _Plan | None = None
        self._at_work: list[Session] = []

    def schema(self) -> pa.Schema:
        plan = self._changes
        if plan is None:
            return super().schema()
        return plan.taken.schema(frozenset()).append(pa.field(CHANGE, pa.int8()))

    def shared(self) -> str | None:
        return None  # what was read of the log decides what may be let go of it

    def each_once(self, columns: Sequence[str]) -> bool:
        return False  # a record may change more than once between two commits

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        self.close()
        with contextlib.closing(self._connect()) as session:
            whole, mark = self._look_at(session)
            if progress.watermark is None or full:
                notes = self._prepare(session, whole, full=full)
                # In this order: what becomes of the publication afterwards is seen by the next run.
                mark = replace(mark, published=publication.version(session, self._publication, whole))
                first = replace(mark, place=0 if self._look_only else slot.base(session))
            else:
                return self._list_changes(session, whole, mark, read_mark(progress.watermark, where=self._name))
        listing = super().list(Progress(), full=True)
        return replace(listing, watermark=first.as_json(), skipped=(*listing.skipped, *notes))

    def backfill(self, window: Window) -> Listing:
        raise SourceError(
            "change capture has every change, and no window of them to read again",
            where=self._name,
            remedy=f"run it without --from; {FULL}",
        )

    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        plan = self._changes
        if plan is None or partition.id != plan.id:
            return super().read(partition)
        return self._read_changes(plan)

    def worth_recording(self, listing: Listing) -> bool:
        plan = self._changes
        # An empty table's first run has the place from which its changes count.
        return plan is None or plan.next.place - plan.last.place >= WORTH_A_COMMIT

    def committed(self, watermark: Mapping[str, object]) -> None:
        mark = read_mark(watermark, where=self._name)
        with contextlib.closing(self._connect()) as session:
            slot.advance(session, mark.slot, mark.place)

    def close(self) -> None:
        with self._guard:
            self._changes = None
            sessions, self._at_work = self._at_work, []
        for session in sessions:
            session.close()
        super().close()

    def _look_at(self, session: Session) -> tuple[Relation, Mark]:
        """The table as it is now and a mark of it without a place. Raises SourceError when it cannot be captured."""
        server = self._server(session)
        standby, level, database = session.rows(
            "SELECT pg_catalog.pg_is_in_recovery(), current_setting('wal_level'), current_database()::text"
        )[0]
        if standby:
            raise SourceError(
                "the server is a standby", where=self._declared.url, remedy="change capture reads the primary"
            )
        if level != "logical":
            raise SourceError(
                f"the server's wal_level is {level}, and its log does not tell changes",
                where=self._declared.url,
                remedy="set wal_level = logical and restart the server (Amazon RDS: rds.logical_replication = 1)",
            )
        if not session.rows(MAY_REPLICATE):
            raise SourceError(
                "the role may not read the server's log",
                where=self._declared.url,
                remedy="ALTER ROLE … REPLICATION (Amazon RDS: GRANT rds_replication TO …)",
            )
        found, _ = relation.lookup(session, self._declared.table or "")
        whole = relation.describe(session, found)
        identity.check(session, whole, self._key)
        parts = identity.parts(session, whole)
        return whole, Mark(
            self._slot, self._publication, server.identity, str(database), whole.name, whole.oid, 0, parts
        )

    def _prepare(self, session: Session, whole: Relation, *, full: bool) -> tuple[Skipped, ...]:
        """See that there are a publication and a slot, in this order: the log knows no publication from later."""
        columns = self._columns or tuple(column.name for column in whole.columns)
        missing = []
        if publication.exists(session, self._publication):
            publication.check(session, self._publication, whole, columns)
        else:
            made = publication.statement(session, self._publication, whole, columns)
            missing.append(made)
            if self._may_create and not self._look_only:
                session.execute(made)
        there = slot.find(session, self._slot)
        if there is not None and there.lost and full and self._may_create and not self._look_only:
            slot.drop(session, self._slot)
            there = None
        if there is not None:
            slot.check(session, there)
        else:
            missing.append(slot.statement(self._slot))
            if self._may_create and not self._look_only:
                slot.create(session, self._slot)
        if missing and not self._may_create:
            raise SourceError(
                "change capture needs a publication and a slot that are not there",
                where=whole.name,
                remedy=f"the table's owner runs: {'; '.join(missing)}; or allow it with `cdc: {{create: true}}`",
            )
        if missing and self._look_only:
            return (Skipped(whole.name, f"the first run will make in the database: {'; '.join(missing)}"),)
        return ()

    def _list_changes(self, session: Session, whole: Relation, now: Mark, last: Mark) -> Listing:
        self._refuse_other(now, last)
        there = slot.find(session, self._slot)
        if there is None:
            raise slot.refused(self._slot, "it is not there any more: changes since the last run are gone", FULL)
        slot.check(session, there)
        if there.confirmed > last.place:
            raise slot.refused(
                self._slot, "it was made anew or read by someone else: changes since the last run are gone", FULL
            )
        columns = self._columns or tuple(column.name for column in whole.columns)
        if not publication.exists(session, self._publication):
            raise SourceError(
                "it is not there any more", where=f"publication {self._publication}", remedy=f"make it again, {FULL}"
            )
        publication.check(session, self._publication, whole, columns)
        now = replace(now, published=publication.version(session, self._publication, whole))
        if now.published != last.published:
            raise SourceError(
                "it was changed or made anew: what changed in the meantime may not be in it",
                where=f"publication {self._publication}",
                remedy=FULL,
            )
        if not self._look_only:
            # The commit that recorded this place stands: a run that died right after it left this to do.
            slot.advance(session, self._slot, last.place)
        end = slot.end_of_log(session)
        if end < last.place:
            raise SourceError("the server's log ends before what was read", where=whole.name, remedy=RESTORED)
        notes = identity.refuse_other_parts(whole, dict(last.parts), dict(now.parts))
        coming = replace(now, place=end)
        id = f"{whole.name}:changes"
        types = identity.types(session, whole)
        self._changes = _Plan(id, whole, whole.only(self._columns), types, last, coming)
        from_to = {"server": now.server, "slot": self._slot, "from": str(last.as_json()["lsn"])}
        return Listing(
            partitions=(Partition(id, from_to | {"to": str(coming.as_json()["lsn"])}),),
            skipped=tuple(Skipped(whole.name, note) for note in notes),
            watermark=coming.as_json(),
        )

    def _refuse_other(self, now: Mark, last: Mark) -> None:
        if (now.server and last.server and now.server != last.server) or now.database != last.database:
            raise SourceError("this is another server than the last run read", where=now.of, remedy=RESTORED)
        if (now.slot, now.publication) != (last.slot, last.publication):
            raise SourceError(
                "the slot or the publication is another than in the last run", where=now.of, remedy=FULL
            )
        if (now.of, now.oid) != (last.of, last.oid):
            raise SourceError(
                "the table is another than in the last run, or was made anew", where=now.of, remedy=FULL
            )

    def _read_changes(self, plan: _Plan) -> Iterator[pa.RecordBatch]:
        session = self._connect()
        lookup = Lookup(plan.whole, plan.taken, self._connect_too, self._declared.statement_timeout)
        with self._guard:
            self._at_work.append(session)
        try:
            slot.wait_until_free(session, self._slot)
            session.begin(statement_timeout=self._declared.statement_timeout)
            session.lift_limits()
            changes = Changes(
                plan.taken,
                types=plan.types,
                key=self._key,
                after=plan.last.place,
                upto=plan.next.place,
                rows=self._declared.batch_rows,
                reread=lookup.rows,
                money=lookup.money,
            )
            yield from changes.batches(self._messages(session, plan))
        finally:
            lookup.close()
            session.close()

    def _connect_too(self) -> Session:
        session = self._connect()
        with self._guard:
            self._at_work.append(session)
        return session

    def _messages(self, session: Session, plan: _Plan) -> Iterator[bytes]:
        """What the slot offers, without taking it: the rows of other tables stay on the server."""
        oid = plan.whole.oid.to_bytes(4, "big").hex()
        limit = str(LOOKED_AT) if self._look_only else "NULL"
        query = (
            f"SELECT data FROM pg_catalog.pg_logical_slot_peek_binary_changes({literal(self._slot)}, "
            f"{slot.as_lsn(plan.next.place)}, {limit}, 'proto_version', '1', 'publication_names', "
            f"{literal(identifier(self._publication))}) "
            f"WHERE get_byte(data, 0) NOT IN (73, 85, 68) OR substr(data, 2, 4) = '\\x{oid}'::bytea"
        )
        schema = pa.schema([pa.field("data", pa.binary())])
        for batch in session.batches(query, schema, self._declared.batch_rows, where=plan.id):
            yield from (data for data in batch.column(0).to_pylist() if data is not None)


FULL = "antechamber run --full starts over"
RESTORED = f"it was restored, failed over, or the URL was changed: {FULL}"


def _name_for(name: str) -> str:
    """A slot's name for a connector: lower case letters, digits and underscores, at most 63."""
    text = re.sub(r"[^a-z0-9_]", "_", f"antechamber_{name}".lower())
    if len(text) <= LONGEST_NAME and text == f"antechamber_{name}".lower().replace("/", "_").replace("-", "_"):
        return text
    return f"{text[: LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
