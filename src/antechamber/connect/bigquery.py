"""Google BigQuery: a table or a query, in full or what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect, Relation, RelationalTable, Session, Snapshot
from antechamber.connect.relational.remote import RemoteDatabase, RemoteSession
from antechamber.connect.relational.url import take_apart
from antechamber.declare.model import SecretRef
from antechamber.declare.registry import SourceType
from antechamber.declare.source import DatabaseSource
from antechamber.errors import MissingExtra
from antechamber.secrets import Secrets

FORM = "bigquery://project/dataset?location=EU"


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
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "clock":
            return f"DATETIME {self.text(value)}"
        return super().constant(value, column)


class BigquerySession(RemoteSession):
    """A client: each statement is a job; large results come by the Storage Read API."""

    def __init__(self, client: Any, storage: Any, where: str, timeout: float | None) -> None:
        super().__init__(where)
        self._client, self._storage, self._timeout = client, storage, timeout

    def run(self, query: str, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        result = self._client.query(query).result(timeout=self._timeout)
        empty = result.schema and result.total_rows == 0
        batches = iter(()) if empty else iter(result.to_arrow_iterable(bqstorage_client=self._storage))
        if not empty:
            first = next(batches, None)
            if first is not None:
                return first.schema, _chained(first, batches)
        return result.to_arrow(bqstorage_client=self._storage).schema, iter(())

    def end(self) -> None:
        self._client.close()


class Bigquery(RemoteDatabase):
    """A declared BigQuery project."""

    def __init__(self, declared: BigquerySource, secrets: Secrets) -> None:
        super().__init__(declared)
        self.dialect = BigqueryDialect()
        self._bigquery, self._secrets = declared, secrets

    def connect(self) -> BigquerySession:
        client, storage = self.client()
        return BigquerySession(client, storage, self.where, self.declared.statement_timeout)

    def client(self) -> tuple[Any, Any]:
        """The vendor's two clients: of jobs, and of their results."""
        try:
            from google.cloud import bigquery, bigquery_storage
            from google.oauth2 import service_account
        except ImportError:
            raise MissingExtra("bigquery", needed_for="a bigquery source") from None
        import json

        from antechamber.connect.relational.faults import unreached

        url = take_apart(
            self._secrets.text(self._bigquery.url),
            scheme="bigquery",
            reference=self._bigquery.url,
            form=FORM,
            known=("location",),
        )
        try:
            credentials: Any = None
            if self._bigquery.credentials is not None:
                key = json.loads(self._secrets.text(self._bigquery.credentials))
                credentials = service_account.Credentials.from_service_account_info(key)
            config = bigquery.QueryJobConfig()
            if url.path:
                config.default_dataset = f"{url.host}.{url.path[0]}"
            client = bigquery.Client(
                project=url.host,
                credentials=credentials,
                location=url.parameters.get("location"),
                default_query_job_config=config,
            )
            return client, bigquery_storage.BigQueryReadClient(credentials=credentials)
        except Exception as error:
            raise unreached(error, url.reference, "BigQuery") from None

    def snapshot(self, session: Session, relation: Relation, readers: int) -> Snapshot:
        (moment,) = session.rows("SELECT FORMAT_TIMESTAMP('%F %H:%M:%E6S+00:00', CURRENT_TIMESTAMP())")[0]
        if relation.kind == "query":
            note = "a query has no time travel: each of a run's statements sees the state of its own moment"
            return Snapshot(relation, str(moment), notes=(note,))
        then = self.as_of(relation, f"FOR SYSTEM_TIME AS OF TIMESTAMP {self.dialect.text(str(moment))}")
        return Snapshot(then, str(moment), another=self.connect)


def _chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


SOURCE = SourceType(
    BigquerySource,
    lambda declared, opening: RelationalTable(declared, Bigquery(declared, opening.secrets), opening.columns),
    summary="a Google BigQuery table or query, in full or what changed",
    needs="the roles BigQuery Data Viewer, Job User and Read Session User",
    extra="bigquery",
    modules=("google.cloud.bigquery", "google.cloud.bigquery_storage"),
    run_against="",
)
