"""Where a workspace keeps things, and its Iceberg catalog: the same for those who publish and those who query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from antechamber.declare import Tenant, Workspace
from antechamber.deployed import Area, Names
from antechamber.errors import CatalogError, MissingExtra
from antechamber.object_io import KEY_OF, ObjectIO
from antechamber.placed import names_of
from antechamber.store import Location


@dataclass(frozen=True)
class Layout:
    """Where a workspace keeps things. All of a tenant is below `tenants/<tenant>/` of the store; deployed, it is in
    buckets of its own.

    keys: tenant → KMS key that S3 encrypts what is written for it with. names: of a workspace that is deployed.
    """

    root: Path
    store: Location
    keys: Mapping[str, str] = field(default_factory=dict)
    names: Names | None = None

    @classmethod
    def of(cls, workspace: Workspace, root: Path) -> Layout:
        """The layout of a workspace whose file lies in `root`."""
        keys = {name: tenant.kms_key for name, tenant in workspace.tenants.items() if tenant.kms_key is not None}
        return cls(root, Location.of(workspace.store, relative_to=root), keys, names_of(workspace))

    def landing(self, tenant: str) -> Location:
        """What the relative paths of the tenant's sources are below."""
        return self.store if self.names is None else Location(f"s3://{self.names.bucket(tenant, 'landing')}")

    def tenant(self, tenant: str, area: Area = "store") -> Location:
        """The tenant's part of the store. area: the bucket that is meant where each area has its own."""
        if self.names is not None:
            return Location(f"s3://{self.names.bucket(tenant, area)}")
        folder = self.store / f"tenants/{tenant}"
        key = self.keys.get(tenant)
        return folder if key is None else folder.sealed_with(key)

    def table(self, tenant: str, table: str) -> Location:
        """An Iceberg table's folder (it holds `data/` and `metadata/`)."""
        return self.tenant(tenant) / f"tables/{table}"

    def archive(self, tenant: str, connector: str) -> Location:
        """Where a connector's published files go."""
        return self.tenant(tenant, "archive") / f"archive/{connector}"

    def quarantine(self, tenant: str, connector: str) -> Location:
        """Where a connector's encrypted quarantine lies."""
        return self.tenant(tenant, "quarantine") / f"quarantine/{connector}"

    def runs(self, tenant: str, connector: str) -> Location:
        """Where a connector's run records and its lease lie."""
        return self.tenant(tenant) / f"runs/{connector}"

    def audit(self, tenant: str) -> Location:
        """Where it is told who turned protected values back."""
        return self.tenant(tenant) / "audit"

    @property
    def scratch(self) -> Path:
        """Local space for a run's unpublished, already protected data; emptied by the run."""
        return self.root / ".antechamber" / "scratch"


def namespace(name: str, tenant: Tenant) -> str:
    """The catalog's namespace of a tenant's tables."""
    return tenant.database or name.replace("-", "_")


def open_catalog(workspace: Workspace, root: Path) -> Catalog:
    """The workspace's catalog; a SQLite file is made when absent. Raises CatalogError, MissingExtra."""
    layout = Layout.of(workspace, root)
    files = file_properties(layout)
    if workspace.catalog.type == "glue":
        return _glue(workspace, layout, files)
    path = (root / workspace.catalog.path).resolve()
    # Built from parts: a folder's name may hold '?' or '%', which mean something in a URL's text.
    uri = URL.create("sqlite", database=str(path)).render_as_string()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqlCatalog(workspace.workspace, uri=uri, warehouse=layout.store.url, **files)
    except (SQLAlchemyError, OSError) as error:
        # SQLite's words ("file is not a database", "disk I/O error") are in the exception that this one wraps.
        said = error.strerror if isinstance(error, OSError) else getattr(error, "orig", None)
        raise CatalogError(
            f"the catalog cannot be opened ({said or type(error).__name__})",
            where=str(path),
            remedy="see that its folder has room and may be written; restore a damaged file from a backup",
        ) from error


def file_properties(layout: Layout) -> dict[str, str]:
    """The catalog's properties that say how tables' files are read and written: through obstore in a remote store."""
    if layout.store.local is not None:
        return {}
    keys = {KEY_OF + layout.tenant(tenant).url: key for tenant, key in layout.keys.items() if layout.names is None}
    return {"py-io-impl": f"{ObjectIO.__module__}.{ObjectIO.__name__}", **keys}


def _glue(workspace: Workspace, layout: Layout, files: Mapping[str, str]) -> Catalog:
    """The AWS Glue Data Catalog; nothing is asked of it yet."""
    try:
        from botocore.exceptions import BotoCoreError
        from pyiceberg.catalog.glue import GlueCatalog
    except ImportError:
        raise MissingExtra("aws", needed_for="the Glue catalog") from None
    settings = {"glue.region": workspace.catalog.region, "glue.endpoint": workspace.catalog.endpoint}
    told = {name: value for name, value in settings.items() if value is not None}
    try:
        return GlueCatalog(workspace.workspace, warehouse=layout.store.url, **told, **files)
    except (BotoCoreError, ValueError) as error:
        raise CatalogError(
            f"the Glue catalog cannot be opened ({type(error).__name__})",
            where=workspace.catalog.endpoint or workspace.catalog.region or "glue",
            remedy="write catalog.region, or set AWS_REGION; check AWS_PROFILE and the credentials",
        ) from error
