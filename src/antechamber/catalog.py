"""The Iceberg catalog of a workspace: opened the same way by those who publish and those who query."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from antechamber.declare import Tenant, Workspace
from antechamber.errors import CatalogError
from antechamber.store import Location


@dataclass(frozen=True)
class Layout:
    """Where a workspace keeps things. All of a tenant is below `tenants/<tenant>/` of the store."""

    root: Path
    store: Location

    @classmethod
    def of(cls, workspace: Workspace, root: Path) -> Layout:
        """The layout of a workspace whose file lies in `root`."""
        return cls(root, Location.of(workspace.store, relative_to=root))

    def tenant(self, tenant: str) -> Location:
        """The tenant's part of the store."""
        return self.store / f"tenants/{tenant}"

    def table(self, tenant: str, table: str) -> Location:
        """An Iceberg table's folder (it holds `data/` and `metadata/`)."""
        return self.tenant(tenant) / f"tables/{table}"

    def archive(self, tenant: str, connector: str) -> Location:
        """Where a connector's published files go."""
        return self.tenant(tenant) / f"archive/{connector}"

    def quarantine(self, tenant: str, connector: str) -> Location:
        """Where a connector's encrypted quarantine lies."""
        return self.tenant(tenant) / f"quarantine/{connector}"

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
    """The workspace's catalog; a SQLite file is made when absent. Raises CatalogError."""
    path = (root / workspace.catalog.path).resolve()
    # Built from parts: a folder's name may hold '?' or '%', which mean something in a URL's text.
    uri = URL.create("sqlite", database=str(path)).render_as_string()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqlCatalog(workspace.workspace, uri=uri, warehouse=Layout.of(workspace, root).store.url)
    except (SQLAlchemyError, OSError) as error:
        # SQLite's words ("file is not a database", "disk I/O error") are in the exception that this one wraps.
        said = error.strerror if isinstance(error, OSError) else getattr(error, "orig", None)
        raise CatalogError(
            f"the catalog cannot be opened ({said or type(error).__name__})",
            where=str(path),
            remedy="see that its folder has room and may be written; restore a damaged file from a backup",
        ) from error
