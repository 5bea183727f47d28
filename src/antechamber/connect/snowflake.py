"""Snowflake: a table or a query, in full or what changed since the last run.

Client: the page "Snowflake Driver" of the ADBC documentation. Time travel: "AT | BEFORE" of Snowflake's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, streamed
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra
from antechamber.secrets import Secrets

FORM = "snowflake://user:password@account/database/schema?warehouse=W&role=R"
LOGIN_TIMEOUT_S = 30
NO_PAST = "each of a run's statements sees the state of its own moment, as not all that it reads has time travel"


class SnowflakeSource(DatabaseSource):
    """A table or query of Snowflake."""

    dialect: ClassVar[str] = "snowflake"

    type: Literal["snowflake"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `snowflake://user:password@account/database/schema?warehouse=W&role=R`."""
    private_key: SecretRef | None = None
    """A reference to the user's private key (PKCS 8, PEM), in place of a password."""


class SnowflakeDialect(Dialect):
    """Snowflake's SQL."""

    product = "Snowflake"

    def text(self, value: str) -> str:
        return super().text(value.replace("\\", "\\\\"))

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "clock":
            return f"{self.text(value)}::TIMESTAMP_NTZ"
        if column.moment == "instant":
            return f"{self.text(value + ' +00:00')}::TIMESTAMP_TZ"
        return super().constant(value, column)


class SnowflakeSession(RemoteSession):
    """A session of the ADBC driver."""

    def __init__(self, connection: Any, where: str, timeout: float | None) -> None:
        super().__init__(where)
        self._connection = connection
        self.statement("ALTER SESSION SET TIMEZONE = 'UTC'")
        if timeout is not None:
            self.statement(f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {max(1, round(timeout))}")

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        return reader.schema, streamed(cursor, reader)

    def end(self) -> None:
        self._connection.close()


class Snowflake(RemoteDatabase):
    """A declared Snowflake account."""

    chance = "UNIFORM(0::FLOAT, 1::FLOAT, RANDOM())"

    def __init__(self, declared: SnowflakeSource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = SnowflakeDialect()
        self._snowflake, self._secrets = declared, secrets

    def connect(self) -> SnowflakeSession:
        return SnowflakeSession(self.client(), self.where, self.declared.statement_timeout)

    def client(self) -> Any:
        """A connection of the vendor's client."""
        try:
            import adbc_driver_snowflake.dbapi as adbc
        except ImportError:
            raise MissingExtra("snowflake", needed_for="a snowflake source") from None
        url = take_apart(
            self._secrets.text(self._snowflake.url),
            scheme="snowflake",
            reference=self._snowflake.url,
            form=FORM,
            known=("warehouse", "role"),
        )
        database, schema = (*url.path, "", "")[:2]
        options = {
            "username": url.user,
            "password": url.password,
            "adbc.snowflake.sql.account": url.host,
            "adbc.snowflake.sql.db": database,
            "adbc.snowflake.sql.schema": schema,
            "adbc.snowflake.sql.warehouse": url.parameters.get("warehouse", ""),
            "adbc.snowflake.sql.role": url.parameters.get("role", ""),
            # Otherwise numbers become floats, and years outside 1677 … 2262 cannot be told.
            "adbc.snowflake.sql.client_option.use_high_precision": "true",
            "adbc.snowflake.sql.client_option.max_timestamp_precision": "microseconds",
            "adbc.snowflake.sql.client_option.login_timeout": f"{LOGIN_TIMEOUT_S}s",
            "adbc.snowflake.sql.client_option.app_name": "antechamber",
            "adbc.snowflake.sql.client_option.disable_telemetry": "true",
        }
        if self._snowflake.private_key is not None:
            options["adbc.snowflake.sql.auth_type"] = "auth_jwt"
            options["adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_value"] = self._secrets.text(
                self._snowflake.private_key
            )
        from antechamber.connect.relational.faults import unreached

        try:
            return adbc.connect(db_kwargs={key: value for key, value in options.items() if value})
        except adbc.Error as error:
            raise unreached(error, url.reference, url.host) from None

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        (moment,) = session.rows("SELECT TO_VARCHAR(CURRENT_TIMESTAMP(), 'YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM') AS m")[
            0
        ]
        at = f"AT(TIMESTAMP => {self.dialect.text(str(moment))}::TIMESTAMP_TZ)"
        then = self.then(session, relation, lambda table: at)
        if then is None:
            return Snapshot(relation, str(moment), notes=(NO_PAST,))
        return Snapshot(then, str(moment), another=self.connect)


SOURCE = SourceType(
    SnowflakeSource,
    lambda declared, opening: RelationalTable(declared, Snowflake(declared, opening.secrets), opening.columns),
    summary="a Snowflake table or query, in full or what changed",
    needs="a user that may SELECT, and use a warehouse",
    extra="snowflake",
    modules=("adbc_driver_snowflake",),
    run_against="",
)
