"""Oracle Database: a table or a query, in full or what changed since the last run.

Client: python-oracledb (thin mode), its chapters "Fetching Data Frames" and "Connecting to Oracle Database"; what a
data frame cannot hold is written as text by the database. The past: "Using Oracle Flashback Query (SELECT AS OF)".
The views: V$TRANSACTION, V$SESSION and DBA_2PC_PENDING of the Database Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Horizon, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.faults import unreached
from antechamber.connect.relational.hosts import is_local
from antechamber.connect.relational.relation import check_names
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, column_of, now_text
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra, SourceError
from antechamber.secrets import Secrets

FORM = "oracle://user:password@host:2484/service"
CONNECT_TIMEOUT_S = 15.0
SUMMER_TIME = timedelta(hours=1)
HIDDEN = "the user may not see open transactions (gv$transaction, gv$session, dba_2pc_pending: SELECT_CATALOG_ROLE)"
UTC_TEXT = "'YYYY-MM-DD HH24:MI:SS.FF6'"

SCN = (
    "SELECT TO_CHAR(DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER) AS scn FROM dual",
    "SELECT TO_CHAR(current_scn) AS scn FROM v$database",
)
"""The two ways to ask for the system change number, by privilege."""

CLOCK = f"""SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), {UTC_TEXT}) AS clock,
 TO_CHAR(SYSTIMESTAMP, 'TZH:TZM') AS zone, TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI:SS') AS wall FROM dual"""  # noqa: S608 - nothing of it is given

OPEN = """SELECT TO_CHAR(MIN(began), 'YYYY-MM-DD HH24:MI:SS') AS began FROM (
 SELECT start_date AS began FROM gv$transaction
 UNION ALL SELECT SYSDATE - (last_call_et + 1) / 86400 FROM gv$session
 WHERE type = 'USER' AND status = 'ACTIVE' AND audsid <> SYS_CONTEXT('USERENV', 'SESSIONID'))"""
"""The start of the oldest open transaction, or of the oldest call under way: its times are fixed before it writes."""

IN_DOUBT = "SELECT COUNT(*) AS waiting FROM dba_2pc_pending"

EXACT = {
    "DB_TYPE_BINARY_DOUBLE": pa.float64(),
    "DB_TYPE_BINARY_FLOAT": pa.float32(),
    "DB_TYPE_BINARY_INTEGER": pa.int64(),
    "DB_TYPE_BOOLEAN": pa.bool_(),
    "DB_TYPE_CHAR": pa.string(),
    "DB_TYPE_DATE": pa.timestamp("us"),
    "DB_TYPE_NCHAR": pa.string(),
    "DB_TYPE_NVARCHAR": pa.string(),
    "DB_TYPE_TIMESTAMP": pa.timestamp("us"),
    "DB_TYPE_VARCHAR": pa.string(),
}
"""What arrives as it is. DATE has a time of day."""

AS_TEXT = {
    "DB_TYPE_INTERVAL_DS": "TO_CHAR({})",
    "DB_TYPE_INTERVAL_YM": "TO_CHAR({})",
    "DB_TYPE_JSON": "JSON_SERIALIZE({} RETURNING CLOB)",
    "DB_TYPE_ROWID": "ROWIDTOCHAR({})",
    "DB_TYPE_VECTOR": "VECTOR_SERIALIZE({} RETURNING CLOB)",
    "DB_TYPE_XMLTYPE": "XMLSERIALIZE(CONTENT {} AS CLOB)",
}
DIGITS = r"REGEXP_REPLACE(TO_CHAR({}, 'TM9'), '^(-?)\.', '\10.')"
"""All digits of a number without a declared precision, with one before the point."""


class OracleSource(DatabaseSource):
    """A table or query of Oracle Database."""

    dialect: ClassVar[str] = "oracle"

    type: Literal["oracle"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `oracle://user:password@host:2484/service`, by TLS off this machine."""


class OracleDialect(Dialect):
    """Oracle's SQL. Its DATE has a time of day."""

    product = "Oracle"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "instant":
            return f"TIMESTAMP {self.text(value + ' +00:00')}"
        return super().constant(value, column)

    def shown(self, value: str, column: Column) -> str:
        if column.moment == "instant":
            return f"TO_CHAR(SYS_EXTRACT_UTC({value}), {UTC_TEXT})"
        if column.moment == "clock":
            return f"TO_CHAR(CAST({value} AS TIMESTAMP), {UTC_TEXT})"
        return value

    def first(self, select: str, where: str, count: int) -> str:
        return f"{select} WHERE {where} FETCH FIRST {count} ROWS ONLY"


class OracleSession(RemoteSession):
    """A connection in thin mode, in one read-only transaction."""

    def __init__(self, connection: Any, where: str) -> None:
        super().__init__(where)
        self._connection = connection

    def tried(self, query: str) -> list[tuple[Any, ...]] | None:
        """A query's few rows; None: the user may not ask for them."""
        try:
            return self.rows(query)
        except SourceError:
            return None

    def execute(self, statement: str) -> None:
        """Run a statement that returns nothing."""
        with self.told(self.where), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        frames = self._connection.fetch_df_batches(statement=query, size=rows, fetch_decimals=True)
        return pa.schema([]), (batch for frame in frames for batch in pa.table(frame).to_batches())

    def columns(self, query: str) -> tuple[Column, ...]:
        """A query's columns, in the database's own types."""
        with self.told(self.where), self._connection.cursor() as cursor:
            cursor.execute(query)
            return tuple(_column(described) for described in cursor.description)

    def schema(self, query: str) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow) for column in self.columns(query)])

    def end(self) -> None:
        self._connection.close()


class Oracle(RemoteDatabase):
    """A declared Oracle database."""

    chance = "DBMS_RANDOM.VALUE"

    def __init__(self, declared: OracleSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = OracleDialect()
        self._reference, self._secrets = declared.url, secrets

    def connect(self) -> OracleSession:
        session = OracleSession(self._client(), self.where)
        session.execute("ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'")
        session.execute("ALTER SESSION SET TIME_ZONE = 'UTC'")
        return session

    def relation(self, session: Session) -> Relation:
        assert isinstance(session, OracleSession)  # noqa: S101 - one of `connect`
        source, name, kind = self.source()
        columns = session.columns(self.dialect.nothing(source))
        check_names([column.name for column in columns], name)
        return Relation(source, name, kind, columns)

    def _client(self) -> Any:
        """A connection of the vendor's client."""
        try:
            import oracledb
        except ImportError:
            raise MissingExtra("oracle", needed_for="an oracle source") from None
        url = take_apart(
            self._secrets.text(self._reference),
            scheme="oracle",
            reference=self._reference,
            form=FORM,
            known=("wallet",),
        )
        local = is_local(url.host)
        try:
            connection = oracledb.connect(
                user=url.user,
                password=url.password,
                host=url.host,
                port=url.port or (1521 if local else 2484),
                service_name=url.path[0] if url.path else "",
                protocol="tcp" if local else "tcps",
                ssl_server_dn_match=True,
                wallet_location=url.parameters.get("wallet"),
                tcp_connect_timeout=CONNECT_TIMEOUT_S,
            )
        except oracledb.Error as error:
            raise unreached(error, url.reference, url.host) from None
        if self.declared.statement_timeout is not None:
            connection.call_timeout = max(1, round(self.declared.statement_timeout * 1000))
        return connection

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        assert isinstance(session, OracleSession)  # noqa: S101 - one of `connect`
        session.execute("ROLLBACK")
        scn = next((rows[0][0] for rows in (session.tried(query) for query in SCN) if rows), None)
        if scn is not None:
            then = self.then(session, relation, lambda table: f"AS OF SCN {int(scn)}")
            if then is not None:
                return Snapshot(then, str(scn), another=self.connect)
        session.execute("ROLLBACK")
        session.execute("SET TRANSACTION READ ONLY")
        notes = () if readers == 1 else ("one connection reads all of it, as the user may not read AS OF SCN",)
        return Snapshot(relation, now_text(), notes=notes)

    def look(self, session: Session, relation: Relation, column: Column) -> Horizon:
        assert isinstance(session, OracleSession)  # noqa: S101 - one of `connect`
        session.execute("ROLLBACK")  # the last look's transaction would show the last look's records
        largest = self.largest(session, relation, column)
        shown, zone, wall = session.rows(CLOCK)[0]
        clock, ahead = _moment(shown), _offset(str(zone))
        began, doubts = session.tried(OPEN), session.tried(IN_DOUBT)
        if began is None or doubts is None:
            return Horizon(clock, because=HIDDEN, largest=largest)
        if int(doubts[0][0]):
            return Horizon(clock, unbounded=True, largest=largest)
        oldest = None
        if began[0][0] is not None:
            # The views and SYSDATE show the server's own wall clock, in seconds.
            oldest = _moment(began[0][0]) - (_moment(wall) - clock.replace(microsecond=0)) - timedelta(seconds=1)
            oldest -= SUMMER_TIME if ahead else timedelta(0)
        return Horizon(
            clock, at=min([clock, *([oldest] if oldest else [])]), wall=ahead, zone="UTC" if not ahead else str(zone),
            largest=largest, drawn=oldest,
        )  # fmt: skip


def _column(described: Any) -> Column:
    """A result's column by its description (PEP 249; the type is one of the client's)."""
    name, kind, _, _, precision, scale, nullable = tuple(described)[:7]
    word, declared = str(kind.name), str(kind.name).removeprefix("DB_TYPE_")
    required = nullable is False
    if word == "DB_TYPE_NUMBER":
        precision, scale = int(precision or 0), int(scale or 0)
        if not 0 < precision <= 38 or not 0 <= scale <= precision:
            return Column(name, "NUMBER", pa.string(), DIGITS, cut=True, numeric=True, required=required)
        found = pa.field(name, pa.decimal128(precision, scale))
        return column_of(found, declared=f"NUMBER({precision},{scale})", required=required)
    if word in ("DB_TYPE_TIMESTAMP_TZ", "DB_TYPE_TIMESTAMP_LTZ"):
        stamp = pa.timestamp("us", "UTC")
        return Column(name, declared, stamp, "SYS_EXTRACT_UTC({})", "instant", cut=True, required=required)
    if word in EXACT:
        return column_of(pa.field(name, EXACT[word]), declared=declared, required=required)
    return Column(name, declared, pa.string(), AS_TEXT.get(word, "{}"), required=required)


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))


def _offset(zone: str) -> timedelta:
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", zone)
    if not found:
        return timedelta(0)
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -ahead if found[1] == "-" else ahead


SOURCE = SourceType(
    OracleSource,
    lambda declared, opening: RelationalTable(declared, Oracle(declared, opening.secrets), opening.columns),
    summary="an Oracle table or query, in full or what changed",
    needs="a user that may SELECT; FLASHBACK to read in parallel, SELECT_CATALOG_ROLE for an exact watermark",
    extra="oracle",
    modules=("oracledb",),
    run_against="",
)
