"""The workspace file, `antechamber.yaml`: where things are kept, and whose they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antechamber.declare.model import Model, Name, SecretRef, Slug


class SqliteCatalog(Model):
    """An Iceberg catalog in a SQLite file."""

    type: Literal["sqlite"] = "sqlite"
    """This catalog."""
    path: str = "catalog.db"
    """The file, relative to the workspace."""


class CleanRoom(Model):
    """Where collaborations live."""

    type: Literal["local"] = "local"
    """On this machine."""


class Tenant(Model):
    """An owner of data: everything of it is kept under `tenants/<name>/` of the store."""

    key: SecretRef
    """The tenant's key: 32 bytes as 64 hexadecimal digits. It encrypts the tenant's quarantine."""
    database: Name | None = None
    """The catalog's namespace for the tenant's tables; the tenant's name when absent."""
    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """The tenant's AWS account id, twelve digits in quotes; `antechamber serve cleanroom` makes one when absent."""
    notify: tuple[str, ...] = ()
    """Where runs of all its connectors are announced: `log:`, `https://…` (a webhook), `smtp://host:port/address`."""


class Workspace(Model):
    """`antechamber.yaml`."""

    workspace: Slug
    """The workspace's name."""
    store: str = "store"
    """A folder relative to the workspace, or a URL: `s3://bucket/prefix`, `gs://…`, `az://…`."""
    catalog: Annotated[SqliteCatalog, Field(default_factory=SqliteCatalog)]
    """Which tables there are."""
    cleanroom: Annotated[CleanRoom, Field(default_factory=CleanRoom)]
    """Where collaborations live."""
    tenants: Annotated[dict[Slug, Tenant], Field(min_length=1)]
    """The owners of data, by name."""
