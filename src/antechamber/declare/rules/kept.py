"""Where a workspace keeps things: its store, its catalog, the KMS keys of its tenants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import show
from antechamber.declare.rules.locations import flaw_of_location
from antechamber.declare.workspace import Tenant, Workspace

_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(?:key|alias)/[A-Za-z0-9/_-]+|alias/[A-Za-z0-9/_-]+")


def kept_rules(workspace: Workspace) -> list[Iterator[Mistake]]:
    """The rules of `store:`, `catalog:` and `tenants.*.kms_key`."""
    return [
        _store(workspace),
        _catalog(workspace),
        *(_kms_key(name, tenant) for name, tenant in workspace.__dict__.get("tenants", {}).items()),
    ]


def _store(workspace: Workspace) -> Iterator[Mistake]:
    flaw = flaw_of_location(workspace.store, absolute=True)
    if flaw is not None:
        yield Mistake(("store",), *flaw)


def _catalog(workspace: Workspace) -> Iterator[Mistake]:
    catalog = workspace.catalog
    if catalog.type == "glue":
        if "path" in catalog.model_fields_set:
            yield Mistake(("catalog", "path"), "a Glue catalog is no file", "remove path, or write type: sqlite")
        if not workspace.store.startswith("s3://"):
            yield Mistake(
                ("catalog", "type"),
                "tables in a Glue catalog lie in S3, and this store is elsewhere",
                "write store: s3://bucket/prefix",
            )
        return
    for key in ("region", "endpoint"):
        if key in catalog.model_fields_set:
            yield Mistake(("catalog", key), f"a SQLite catalog has no {key}", f"remove {key}, or write type: glue")
    path = catalog.path
    if "://" in path:
        yield Mistake(("catalog", "path"), "a SQLite catalog is a file on this machine", "write a path")
    elif not path.strip() or path.endswith("/") or not path.isprintable():
        yield Mistake(("catalog", "path"), "the path names no file", "write a path such as catalog.db")


def _kms_key(name: str, tenant: Tenant) -> Iterator[Mistake]:
    key = tenant.kms_key
    if key is not None and not _KMS_KEY.fullmatch(key):
        yield Mistake(("tenants", name, "kms_key"), f"{show(key)} is not a KMS key", "write its ARN, or alias/name")
