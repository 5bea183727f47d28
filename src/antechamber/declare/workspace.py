"""The workspace file, `antechamber.yaml`: where things are kept, and whose they are."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from antechamber.declare.aws import AccountId, Region
from antechamber.declare.cloud import Cloud
from antechamber.declare.engine import Engine
from antechamber.declare.model import Model, Name, SecretRef, Slug, Text


class Catalog(Model):
    """Which tables there are, and where each stands."""

    type: Literal["sqlite", "glue"] = "sqlite"
    """`sqlite`: an Iceberg catalog in a file. `glue`: the AWS Glue Data Catalog, as AWS Clean Rooms, Athena and Spark
    read it; the store must then be a bucket."""
    path: str = "catalog.db"
    """`sqlite`: the file, relative to the workspace."""
    region: Region | None = None
    """`glue`: the catalog's region; that of AWS's settings when absent."""
    endpoint: str | None = None
    """`glue`: the URL of the API where it is not the usual one, such as a VPC endpoint."""


class CleanRoom(Model):
    """Where collaborations live."""

    type: Literal["local", "aws"] = "local"
    """`local`: on this machine, in a server that speaks the API of AWS Clean Rooms. `aws`: AWS Clean Rooms."""
    region: Region = "us-east-1"
    """The AWS region; a local clean room only writes it into names."""
    endpoint: str | None = None
    """The URL of the API where it is not the usual one: of `antechamber serve cleanroom`, or of a VPC endpoint."""


class GlueTables(Model):
    """Tables of the AWS Glue Data Catalog that a tenant may share in a local clean room beside its published ones."""

    databases: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The databases: references to any other are refused. Who can reach the clean room's API as the tenant can share
    what is in them."""
    region: Region | None = None
    """The catalog's region; that of AWS's settings when absent."""
    endpoint: str | None = None
    """The URL of the API where it is not the usual one."""


class Tenant(Model):
    """An owner of data: everything of it is kept under `tenants/<name>/` of the store."""

    key: SecretRef
    """The tenant's key: 32 bytes as 64 hexadecimal digits. It encrypts the tenant's quarantine."""
    kms_key: Text | None = None
    """The KMS key (its ARN, or `alias/name`) under which S3 encrypts what is written for the tenant (SSE-KMS); the
    bucket's own setting counts when absent."""
    database: Name | None = None
    """The catalog's namespace for the tenant's tables; the tenant's name when absent."""
    account: AccountId | None = None
    """The tenant's AWS account id, twelve digits in quotes; `antechamber serve cleanroom` makes one when absent."""
    profile: str | None = None
    """The profile of AWS's configuration files by which the tenant's account is reached; the usual credentials of
    AWS's tools when absent. A local clean room has a profile for each tenant, of its name."""
    glue: GlueTables | None = None
    """Which tables of the AWS Glue Data Catalog the tenant may share in a local clean room; it reads them with the
    usual credentials of AWS's tools."""
    notify: tuple[str, ...] = ()
    """Where runs of all its connectors are announced: `log:`, `https://…` (a webhook), `smtp://host:port/address`."""


class Workspace(Model):
    """`antechamber.yaml`."""

    NOUNS: ClassVar[dict[str, str]] = {"engine": "an engine"}

    workspace: Slug
    """The workspace's name."""
    store: str = "store"
    """A folder relative to the workspace, or a URL: `s3://bucket/prefix`, `gs://…`, `az://…`."""
    catalog: Annotated[Catalog, Field(default_factory=Catalog)]
    """Which tables there are."""
    cleanroom: Annotated[CleanRoom, Field(default_factory=CleanRoom)]
    """Where collaborations live."""
    tenants: Annotated[dict[Slug, Tenant], Field(min_length=1)]
    """The owners of data, by name."""
    engine: Engine = "local"
    """What works a run's partitions: `local` (this machine), `spark`, or Spark with settings. `run --engine` says it
    for one run."""
    aws: Cloud | None = None
    """How it is deployed to AWS; absent, it runs only here."""
