"""A workspace as it stands on AWS: the same declarations, with every place told by the rule of `deployed`.

| declared | there |
|---|---|
| a landing connector's relative `path:` | the same key of the tenant's landing bucket |
| `store:` | a bucket of each tenant for tables, runs and audit, one for its archive, one for its quarantine |
| `catalog:` | Glue, with a database of each tenant |
| `file:` and `env:` references | AWS Secrets Manager, a secret each |
| `cleanroom:` | AWS Clean Rooms |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from antechamber.declare import Declarations, Workspace
from antechamber.declare.workspace import Catalog, CleanRoom
from antechamber.deployed import Names
from antechamber.errors import AntechamberError
from antechamber.secrets import Secrets


class PlacedWorkspace(Workspace):
    """A workspace whose places follow from names. Made by `placed`, never read from a file."""

    names: Names
    """The names of its deployment."""


def placed(declared: Declarations, environment: Mapping[str, str]) -> Declarations:
    """The declarations as deployed, where the environment says so; else as they are.

    environment: `ANTECHAMBER_ENVIRONMENT` (which deployment), `ANTECHAMBER_ACCOUNT`, `AWS_REGION`. Raises
    AntechamberError when the first is there without the others.
    """
    which = environment.get("ANTECHAMBER_ENVIRONMENT", "")
    if not which or isinstance(declared.workspace, PlacedWorkspace):
        return declared
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    account = environment.get("ANTECHAMBER_ACCOUNT", "")
    if not (region and account):
        raise AntechamberError(
            "a deployed workspace is found by account and region, and they are not told",
            where="ANTECHAMBER_ENVIRONMENT",
            remedy="set ANTECHAMBER_ACCOUNT and AWS_REGION, or leave ANTECHAMBER_ENVIRONMENT unset to run here",
        )
    workspace = declared.workspace
    names = Names.of(workspace, account, region, which)
    tenants = {
        name: tenant.model_copy(update={"database": names.database(name), "account": tenant.account or account})
        for name, tenant in workspace.tenants.items()
    }
    endpoint = workspace.catalog.endpoint if workspace.catalog.type == "glue" else None
    there = {
        **dict(workspace),
        "store": f"s3://{names.bucket(next(iter(tenants)), 'store')}",
        "catalog": Catalog(type="glue", region=region, endpoint=endpoint),
        "cleanroom": CleanRoom(type="aws", region=region),
        "tenants": tenants,
        "names": names,
    }
    return replace(declared, workspace=PlacedWorkspace.model_construct(**there))


def names_of(workspace: Workspace) -> Names | None:
    """The names of a workspace that is read as deployed."""
    return workspace.names if isinstance(workspace, PlacedWorkspace) else None


def secrets_of(declared: Declarations, tenant: str) -> Secrets:
    """What the references of a tenant's connectors are read with."""
    names = names_of(declared.workspace)
    if names is None:
        return Secrets(declared.root)
    return Secrets(declared.root, lambda reference: f"aws-secretsmanager:{names.secret(tenant, reference)}")
