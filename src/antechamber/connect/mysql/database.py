"""A MySQL or MariaDB table, view or query: what it is, one snapshot of it, and a picture of its keys."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through the dialect)

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from antechamber.connect.mysql import horizon, types
from antechamber.connect.mysql.address import Address, parse
from antechamber.connect.mysql.session import MysqlSession
from antechamber.connect.relational import ranges
from antechamber.connect.relational.database import Database, Horizon, Session, Snapshot
from antechamber.connect.relational.dialect import Dialect
from antechamber.connect.relational.relation import Column, Relation, check_names, did_you_mean, parts, wrapped
from antechamber.connect.relational.table import RelationalTable
from antechamber.declare.mistake import Mistake
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import SourceError
from antechamber.secrets import Secrets

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector

SAMPLED_ROWS = 20_000
LOCK_WAIT_S = 5
"""How long a run waits for the lock under which readers share a snapshot; those who write wait behind it as long."""

VERSIONED = ("InnoDB", "ROCKSDB", "TokuDB")
"""Storage engines that keep old versions for those who read."""


class MysqlSource(DatabaseSource):
    """A table or query of a MySQL server."""

    dialect: ClassVar[str] = "mysql"

    type: Literal["mysql"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `mysql://user:password@host:3306/database`."""
    table: str | None = None
    """`database.table`, or `table` in the URL's database. Either this or `query`."""
    share_snapshot: Literal["lock-table", "lock-all"] | None = None
    """Lets several connections read one snapshot, which each opens while writers are held off for a moment:
    `lock-table` by LOCK TABLES … READ (the privilege LOCK TABLES), `lock-all` by FLUSH TABLES WITH READ LOCK
    (RELOAD). When absent, one connection reads."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        if self.share_snapshot == "lock-table" and self.query is not None:
            yield Mistake(
                ("source", "share_snapshot"), "a query's tables are not known", "write lock-all, or read a table"
            )


class MariadbSource(MysqlSource):
    """A table or query of a MariaDB server."""

    type: Literal["mariadb"]  # type: ignore[assignment]
    """This source."""


class MysqlDialect(Dialect):
    """SQL of MySQL and MariaDB, under whatever sql_mode the server has."""

    product = "MySQL"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        # Digits need no escaping, and a constant with an introducer takes the collation of what it is compared with.
        return f"_utf8mb4 x'{value.encode().hex()}'"

    def constant(self, value: str, column: Column) -> str:
        if column.binary:
            return f"x'{value}'"
        if column.moment in ("instant", "clock"):
            return f"TIMESTAMP '{value}'"
        if column.moment == "date":
            return f"DATE '{value}'"
        return super().constant(value, column)


class Mysql(Database):
    """A declared MySQL or MariaDB database."""

    def __init__(self, declared: MysqlSource, secrets: Secrets) -> None:
        self.dialect = MysqlDialect()
        self._declared = declared
        self._secrets = secrets

    def connect(self) -> MysqlSession:
        return MysqlSession(
            self._address(),
            where=self._declared.table or "query",
            statement_timeout=self._declared.statement_timeout,
        )

    def relation(self, session: Session) -> Relation:
        assert isinstance(session, MysqlSession)  # noqa: S101 - one of `connect`
        if self._declared.query is not None:
            source = wrapped(self._declared.query)
            return Relation(source, "query", "query", self._columns(session, source, "query", {}))
        declared = self._declared.table or ""
        named = parts(declared)
        space, table = (self._address().database, named[0]) if len(named) == 1 else (named[0], named[1])
        if not space:
            raise SourceError(
                "neither the table's name nor the connection URL names a database",
                where=declared,
                remedy="write database.table",
            )
        space, table, kind, engine = self._found(session, space, table)
        source = f"{self.dialect.identifier(space)}.{self.dialect.identifier(table)}"
        words = {
            str(name): str(declared)
            for name, declared in session.rows(
                "SELECT column_name, column_type FROM information_schema.columns "
                f"WHERE table_schema = {self._exact(space)} AND table_name = {self._exact(table)}"
            )
        }
        notes: tuple[str, ...] = ()
        if engine and engine not in VERSIONED:
            notes = (f"its engine {engine} has no snapshots: what is written while it is read is in it or is not",)
        name = f"{space}.{table}"
        return Relation(source, name, kind, self._columns(session, source, name, words), notes)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        notes: tuple[str, ...] = ()
        others: list[MysqlSession] = []
        shares = self._declared.share_snapshot
        if readers > 1 and shares is None:
            notes = ("one connection reads all of it, as a snapshot is one connection's; see `share_snapshot:`",)
        elif readers > 1:
            count = min(readers, self._declared.max_connections) - 1
            with contextlib.ExitStack() as locked:
                locker = self.connect()
                locked.callback(locker.close)
                if not self._lock(locker, relation, str(shares)):
                    notes = (f"one connection reads all of it: no lock was to be had within {LOCK_WAIT_S} s",)
                else:
                    try:
                        others.extend(self.connect() for _ in range(count))
                        for one in (session, *others):
                            _begin(one)
                    except BaseException:
                        for one in others:
                            one.close()
                        raise
        if not others:
            _begin(session)
        (clock,) = session.rows("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)")[0]
        return Snapshot(relation, str(clock), tuple(others), None, notes)

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        assert isinstance(session, MysqlSession)  # noqa: S101 - one of `connect`
        largest = None
        if column.moment == "number":
            largest = f"SELECT MAX(t.{self.dialect.identifier(column.name)}) FROM {relation.source} t"
        session.rows("COMMIT")  # the last look's snapshot would show the last look's records
        return horizon.look(session, largest)

    def estimate(self, session: Session, relation: Relation, where: str) -> int | None:
        rows = self._explained(session, f"SELECT 1 FROM {relation.source} t WHERE {where}")
        return max(rows, default=0)

    def weights(
        self, session: Session, relation: Relation, where: str, key: Column, expected: int
    ) -> Sequence[tuple[str, float]]:
        name = f"t.{self.dialect.identifier(key.name)}"
        is_text = not (key.numeric or key.moment or key.binary)
        shown = f"HEX(CONVERT({name} USING utf8mb4))" if is_text else f"HEX({name})" if key.binary else name
        share = min(1.0, SAMPLED_ROWS / max(1, expected))
        sampled = session.rows(
            f"SELECT {shown} FROM {relation.source} t WHERE {where} AND {name} IS NOT NULL AND RAND(1) < {share:.9f} "
            f"ORDER BY {name} LIMIT {4 * SAMPLED_ROWS}"
        )
        values = [str(row[0]) for row in sampled]
        return ranges.weighed([bytes.fromhex(value).decode() for value in values] if is_text else values)

    def _address(self) -> Address:
        return parse(self._secrets.text(self._declared.url), self._declared.url)

    def _exact(self, name: str) -> str:
        return f"CONVERT(x'{name.encode().hex()}' USING utf8mb4) COLLATE utf8mb4_bin"

    def _found(self, session: Session, space: str, table: str) -> tuple[str, str, str, str]:
        """(database, table, kind, engine) as the server spells them."""
        known = [
            tuple("" if value is None else str(value) for value in row)
            for row in session.rows(
                "SELECT table_schema, table_name, table_type, engine FROM information_schema.tables "
                f"WHERE table_schema = {self.dialect.text(space)}"
            )
        ]
        for same in (lambda row: (row[0], row[1]) == (space, table), lambda row: row[1].lower() == table.lower()):
            found = [row for row in known if same(row)]
            if len(found) == 1:
                schema, name, kind, engine = found[0]
                return schema, name, kind.lower(), engine
        raise SourceError(
            "there is no such table or view in the database, or the user may not see it",
            where=f"{space}.{table}",
            remedy=did_you_mean(f"{space}.{table}", [f"{row[0]}.{row[1]}" for row in known]),
        )

    def _columns(self, session: MysqlSession, source: str, name: str, words: dict[str, str]) -> tuple[Column, ...]:
        fields = session.fields(source)
        check_names([field[0] for field in fields], name)
        return tuple(types.column(*field, declared=words.get(field[0], "")) for field in fields)

    def _explained(self, session: Session, query: str) -> list[int]:
        """The planner's estimates of rows, of each table that the query reads."""
        assert isinstance(session, MysqlSession)  # noqa: S101 - one of `connect`
        return [int(row["rows"]) for row in session.named(f"EXPLAIN {query}") if row.get("rows") is not None]

    def _lock(self, locker: MysqlSession, relation: Relation, how: str) -> bool:
        """Hold writers off until the session ends; False when others hold locks for too long."""
        locker.rows(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
        try:
            if how == "lock-all":
                locker.rows("FLUSH TABLES WITH READ LOCK")
            else:
                locker.rows(f"LOCK TABLES {relation.source} READ")
        except SourceError as error:
            if "lock was not to be had" in error.what:
                return False
            raise
        return True


def _begin(session: Session) -> None:
    session.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _opened(declared: MysqlSource, opening: Any) -> RelationalTable:
    return RelationalTable(declared, Mysql(declared, opening.secrets), opening.columns)


_TYPE = partial(
    SourceType,
    open=_opened,
    needs="a user that may SELECT; PROCESS makes the watermark exact",
    extra="mysql",
    modules=("pymysql",),
)
SOURCE = _TYPE(
    MysqlSource,
    summary="a MySQL table or query, in full or what changed",
    run_against="MariaDB 10.11",
)
MARIADB = _TYPE(
    MariadbSource,
    summary="a MariaDB table or query, in full or what changed",
    run_against="MariaDB 10.11",
)
