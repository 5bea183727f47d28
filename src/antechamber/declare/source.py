"""What the `source:` blocks of a connector file have in common; each type of source adds its own keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from antechamber.declare.format import Format
from antechamber.declare.model import Model, Name, SecretRef, Text
from antechamber.declare.seal import Seal

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector
    from antechamber.declare.mistake import Mistake


class SourceModel(Model):
    """A `source:` block. A subclass has `type: Literal["its name"]` and a docstring of one line."""

    type: str
    """Which source this is."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        """What is wrong with values that are good each on its own; asks for as few fields as it can."""
        return iter(())


class Decrypt(Model):
    """How encrypted files are opened."""

    pgp: SecretRef | tuple[SecretRef, ...] | None = None
    """PGP: one or more private keys (armored or binary): any of them may open a message."""
    passphrase: SecretRef | None = None
    """PGP: the keys' passphrase."""
    signer: SecretRef | tuple[SecretRef, ...] | None = None
    """PGP: public keys: when given, every message must bear a good signature of one of them."""

    kms: Text | tuple[Text, ...] | None = None
    """AWS Encryption SDK: the ARNs of one or more KMS keys: any of them may open a message."""
    context: dict[Text, str] | None = None
    """AWS Encryption SDK: what a message's encryption context must say."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The private keys' references."""
        return (self.pgp,) if isinstance(self.pgp, str) else self.pgp or ()

    @property
    def kms_keys(self) -> tuple[str, ...]:
        """The KMS keys' ARNs."""
        return (self.kms,) if isinstance(self.kms, str) else self.kms or ()

    @property
    def signers(self) -> tuple[str, ...]:
        """The signers' public keys' references."""
        if self.signer is None:
            return ()
        return (self.signer,) if isinstance(self.signer, str) else self.signer


class FileSource(SourceModel):
    """A source whose partitions are files."""

    rooted: ClassVar[bool] = False
    """Whether a path may begin with /, at the top of a file system of the source's own."""

    preset: str | None = None
    """A SaaS and a kind of its exports, such as `shopify/customers`: gives what the other keys and the columns leave
    out. `antechamber sources` lists them."""
    path: Annotated[str, Field(min_length=1)]
    """A glob: `*`, `?`, `[…]`, `**` across folders."""
    decrypt: Decrypt | None = None
    """How encrypted files are opened: needed where a file's ending or `unseal` says pgp or kms."""
    unseal: tuple[Seal, ...] | None = None
    """Outermost first. When absent it follows from the file's endings: `.csv.gz.pgp` is pgp, then gzip."""
    format: Format | None = None
    """When absent it follows from the file's ending: .csv .tsv .txt .jsonl .ndjson .json .parquet .avro .orc .xlsx"""
    members: str | None = None
    """A glob of the files in an archive that are read, such as `**/Opens.csv`: others are left alone and reported."""
    marker: str | None = None
    """A file that says 'complete': `{name}.done` beside each file (`{name}` is the file's name), or one name such as
    `_SUCCESS` for the whole folder. Files without theirs are left alone."""
    manifest: str | None = None
    """A file in the folder that lists what is complete (one name a line, or a JSON array, or an object with a
    `files` array of names or of objects with `name` and optional `size`): only those are read. With `*` in it, such
    as `manifest-*.json`, there may be several, each complete for itself."""
    settle: Annotated[float, Field(ge=0, le=86400)] = 2.0
    """Seconds since its last change after which a file no longer counts as still growing."""
    after: Literal["archive", "leave", "delete"] = "archive"
    """What becomes of a file once its records are committed."""


class DatabaseSource(SourceModel):
    """A source that answers SQL: a table or a query, in full or what changed."""

    dialect: ClassVar[str] = "postgres"
    """Whose SQL a query is in, in sqlglot's words; "" when only the database knows."""

    url: SecretRef
    """A reference to the connection URL."""
    table: str | None = None
    """`schema.table`, or `table` in the default schema. Either this or `query`."""
    query: str | None = None
    """One SELECT that only reads."""
    watermark: Name | None = None
    """A column that grows: a run reads only records that may have changed since the last."""
    lateness: Annotated[float, Field(ge=0)] | None = None
    """How much the watermark trails behind what was seen: seconds for a time, units for a number. When absent the
    database's oldest open transaction decides, where the reader may see it."""
    deleted: Name | None = None
    """A column that marks deleted records (a boolean, a number other than 0, a time that is there): the table loses
    their keys. Needs `mode: upsert`."""
    partition_on: Name | None = None
    """A column whose ranges are read in parallel."""
    max_connections: Annotated[int, Field(ge=1, le=64)] = 4
    """How many ranges are read at a time."""
    statement_timeout: Annotated[float, Field(gt=0)] | None = None
    """Seconds after which the database gives up on a statement."""
    patience: Annotated[float, Field(ge=0, le=86400)] = 30.0
    """Seconds that a run waits in all for a connection that was lost or is not to be had, before it fails. What it
    has read by then is read again, from one new snapshot; nothing is visible before the commit."""
    batch_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 65_536
    """Rows that are fetched together."""
