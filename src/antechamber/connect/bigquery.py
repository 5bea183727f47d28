"""Google BigQuery: a table or a query, in full or what changed since the last run.

Client: google-cloud-bigquery (`Client.query`, `RowIterator.to_arrow_iterable`) and its page "Download query results
using the BigQuery Storage API". The past: "FOR SYSTEM_TIME AS OF" of GoogleSQL's query syntax. A query's columns are
told by a dry run, which costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.faults import unreached
from antechamber.connect.relational.relation import check_names
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession, column_of
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra
from antechamber.secrets import Secrets

FORM = "bigquery://project/dataset?location=EU"
NO_PAST = (
    "each of a run's statements sees the state of its own moment, as not all that it reads are tables with a past"
)

TYPES: dict[str, pa.DataType] = {
    "INTEGER": pa.int64(),
    "INT64": pa.int64(),
    "FLOAT": pa.float64(),
    "FLOAT64": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "BOOL": pa.bool_(),
    "NUMERIC": pa.decimal128(38, 9),
    "BIGNUMERIC": pa.decimal256(76, 38),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
    "STRING": pa.string(),
    "BYTES": pa.binary(),
}
"""What arrives as it is; everything else as text."""


class BigquerySource(DatabaseSource):
    """A table or query of Google BigQuery."""

    dialect: ClassVar[str] = "bigquery"

    type: Literal["bigquery"]
    """This source."""
    url: SecretRef
    """A reference to `bigquery://project/dataset?location=EU`: the project that pays, and the default dataset."""
    credentials: SecretRef | None = None
    """A reference to a service account's key (JSON). When absent, the environment's default credentials."""


class BigqueryDialect(Dialect):
    """BigQuery's SQL."""

    product = "BigQuery"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        for sign, written in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
            value = value.replace(sign, written)
        return f"'{value}'"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "clock":
            return f"DATETIME {self.text(value)}"
        return super().constant(value, column)


class BigquerySession(RemoteSession):
    """The vendor's clients: each statement is a job; large results come by the Storage Read API."""

    def __init__(self, client: Any, storage: Any, where: str, *, timeout: float | None, streams: int) -> None:
        """timeout: seconds. streams: how many the results of one statement come by."""
        super().__init__(where)
        self._client, self._storage, self._streams = client, storage, streams
        self._milliseconds = None if timeout is None else max(1, round(timeout * 1000))

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(use_legacy_sql=False)
        if self._milliseconds is not None:
            config.job_timeout_ms = self._milliseconds
        found = self._client.query(query, job_config=config).result(page_size=rows)
        if not found.total_rows:
            return pa.schema([]), iter(())
        return pa.schema([]), iter(
            found.to_arrow_iterable(
                bqstorage_client=self._storage, max_queue_size=self._streams, max_stream_count=self._streams
            )
        )

    def columns(self, query: str) -> tuple[Column, ...]:
        """A query's columns, without running it."""
        from google.cloud.bigquery import QueryJobConfig

        with self.told(self.where):
            job = self._client.query(query, job_config=QueryJobConfig(use_legacy_sql=False, dry_run=True))
            return tuple(_column(field) for field in job.schema)

    def schema(self, query: str) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow) for column in self.columns(query)])

    def end(self) -> None:
        self._client.close()


class Bigquery(RemoteDatabase):
    """A declared BigQuery project."""

    chance = "RAND()"

    def __init__(self, declared: BigquerySource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = BigqueryDialect()
        self._bigquery, self._secrets = declared, secrets

    def connect(self) -> BigquerySession:
        client, storage = self._clients()
        declared = self._bigquery
        streams = declared.max_connections if declared.partition_on is None else 1
        return BigquerySession(client, storage, self.where, timeout=declared.statement_timeout, streams=streams)

    def relation(self, session: Session) -> Relation:
        assert isinstance(session, BigquerySession)  # noqa: S101 - one of `connect`
        source, name, kind = self.source()
        columns = session.columns(self.dialect.nothing(source))
        check_names([column.name for column in columns], name)
        return Relation(source, name, kind, columns)

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        (moment,) = session.rows("SELECT FORMAT_TIMESTAMP('%F %H:%M:%E6S+00:00', CURRENT_TIMESTAMP()) AS m")[0]
        at = f"FOR SYSTEM_TIME AS OF TIMESTAMP {self.dialect.text(str(moment))}"
        then = self.then(session, relation, lambda table: at)
        if then is None:
            return Snapshot(relation, str(moment), notes=(NO_PAST,))
        return Snapshot(then, str(moment), another=self.connect)

    def _clients(self) -> tuple[Any, Any]:
        """The vendor's two clients: of jobs, and of their results."""
        try:
            from google.cloud import bigquery, bigquery_storage
            from google.oauth2 import service_account
        except ImportError:
            raise MissingExtra("bigquery", needed_for="a bigquery source") from None
        text, reference = self._secrets.text(self._bigquery.url), self._bigquery.url
        url = take_apart(text, scheme="bigquery", reference=reference, form=FORM, known=("location",))
        try:
            credentials: Any = None
            if self._bigquery.credentials is not None:
                key = json.loads(self._secrets.text(self._bigquery.credentials))
                credentials = service_account.Credentials.from_service_account_info(key)  # type: ignore[no-untyped-call]
            config = bigquery.QueryJobConfig()
            if url.path:
                config.default_dataset = f"{url.host}.{url.path[0]}"
            client = bigquery.Client(
                project=url.host,
                credentials=credentials,
                location=url.parameters.get("location"),
                default_query_job_config=config,
            )
            storage = bigquery_storage.BigQueryReadClient(credentials=credentials)  # type: ignore[no-untyped-call]
            return client, storage
        except Exception as error:
            raise unreached(error, reference, "BigQuery") from None


def _column(field: Any) -> Column:
    """A result's column by its field of the job's schema."""
    name, declared = str(field.name), str(field.field_type)
    nested = field.mode == "REPEATED" or declared in ("RECORD", "STRUCT")
    if not nested and declared in TYPES:
        return column_of(pa.field(name, TYPES[declared]), declared=declared, required=field.mode == "REQUIRED")
    written = f"ARRAY<{declared}>" if field.mode == "REPEATED" else declared
    select = "ST_ASTEXT({})" if declared == "GEOGRAPHY" else "CAST({} AS STRING)"
    if nested or declared == "JSON":
        select = "IF({} IS NULL, NULL, TO_JSON_STRING({}))"  # a null is not to become the text 'null'
    return Column(name, written, pa.string(), select)


SOURCE = SourceType(
    BigquerySource,
    lambda declared, opening: RelationalTable(declared, Bigquery(declared, opening.secrets), opening.columns),
    summary="a Google BigQuery table or query, in full or what changed",
    needs="the roles BigQuery Data Viewer, Job User and Read Session User",
    extra="bigquery",
    modules=("google.cloud.bigquery", "google.cloud.bigquery_storage"),
    run_against="",
)
