"""The `source:` block of a PostgreSQL table or query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Model, SecretRef
from antechamber.declare.source import DatabaseSource

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector

CREATED = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,63}$")]


class ChangeCapture(Model):
    """What change capture uses in the database."""

    slot: CREATED | None = None
    """The replication slot, of this connector alone: lower case letters, digits and `_`. By default
    `antechamber_<workspace>_<tenant>_<connector>`."""
    publication: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """The publication, which may have other tables too. Its default is named as the slot's is."""
    create: bool = False
    """Whether the first run may make the publication and the slot where they are not there. When false, `check`
    says what the table's owner has to run."""


class PostgresqlSource(DatabaseSource):
    """A PostgreSQL table or query."""

    type: Literal["postgresql"]
    """This source."""
    url: SecretRef
    """A reference to the connection URL: `postgresql://user:password@host:5432/database?sslmode=verify-full`."""
    table: str | None = None
    """`schema.table`, or `table` in `public`. Either this or `query`."""
    incremental: Literal["cdc"] | None = None
    """`cdc`: after a first run that reads the table, runs read its inserts, updates and deletes from the server's log
    (logical decoding). A watermark needs no word here."""
    cdc: ChangeCapture = ChangeCapture()
    """What change capture uses in the database."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        """Change capture needs a table here, and there one in which a record can be found again."""
        if self.incremental is None:
            if "cdc" in self.model_fields_set:
                yield Mistake(("source", "cdc"), "it means nothing alone", "add incremental: cdc")
            return
        if self.query is not None:
            yield Mistake(("source", "query"), "the server's log has tables, no queries", "name a table")
        for key in ("watermark", "lateness"):
            if getattr(self, key) is not None:
                yield Mistake(("source", key), "change capture needs no watermark", "remove it, or incremental: cdc")
        if self.deleted is not None:
            yield Mistake(
                ("source", "deleted"),
                "change capture takes what the database deletes, and reads no marks",
                "remove it, or read by watermark",
            )
        if connector.table.mode != "upsert":
            yield Mistake(
                ("table", "mode"),
                f"change capture deletes and replaces records, which mode {connector.table.mode} does not",
                "write mode: upsert with a key",
            )
