"""Accounts: every tenant of the workspace is one, with an access key in a file that AWS's clients read."""

from __future__ import annotations

import base64
import configparser
import hashlib
import io
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from antechamber.collaborate.api.signature import AccessKey
from antechamber.declare import Workspace
from antechamber.errors import AntechamberError


@dataclass(frozen=True)
class Accounts:
    """Who may call.

    tenants: account → tenant of the workspace.
    keys: by the identifier of the access key.
    """

    tenants: Mapping[str, str]
    keys: Mapping[str, AccessKey]

    def of(self, tenant: str) -> str:
        """The account of a tenant."""
        return next(account for account, each in self.tenants.items() if each == tenant)


def account_of(workspace: Workspace, tenant: str) -> str:
    """A tenant's account id: `account:` of the workspace file, or twelve digits made from the two names."""
    declared = workspace.tenants[tenant].account
    if declared is not None:
        return declared
    digest = hashlib.sha256(f"{workspace.workspace}/{tenant}".encode()).digest()
    # Never with a leading zero, which spreadsheets and YAML lose.
    return str(10**11 + int.from_bytes(digest[:8]) % (9 * 10**11))


def open_accounts(workspace: Workspace, path: Path, region: str) -> Accounts:
    """The accounts, with the access keys of the file; keys that are not there yet are made.

    path: in the format of AWS's shared credentials file, a profile a tenant; only its owner may read it.
    Raises AntechamberError when two tenants have one account, or when the file cannot be read.
    """
    tenants: dict[str, str] = {}
    for tenant in workspace.tenants:
        account = account_of(workspace, tenant)
        if account in tenants:
            raise AntechamberError(
                f"tenants '{tenants[account]}' and '{tenant}' have the same account",
                where=f"antechamber.yaml: tenants.{tenant}.account",
                remedy="give each an account of its own",
            )
        tenants[account] = tenant
    profiles = configparser.RawConfigParser(interpolation=None)
    try:
        profiles.read(path)
        made = [_make(profiles, tenant, region) for tenant in tenants.values()]
        if any(made):
            _write(profiles, path)
        keys = [
            AccessKey(profiles[tenant]["aws_access_key_id"], profiles[tenant]["aws_secret_access_key"], account)
            for account, tenant in tenants.items()
        ]
    except (configparser.Error, KeyError, UnicodeDecodeError):
        raise AntechamberError(
            "this is not a shared credentials file", where=str(path), remedy="remove it: new keys are made"
        ) from None
    return Accounts(tenants, {key.identifier: key for key in keys})


def _make(profiles: configparser.RawConfigParser, tenant: str, region: str) -> bool:
    """Whether something had to be made for a tenant."""
    if tenant in profiles and profiles[tenant].get("region") == region:
        return False
    if tenant not in profiles:
        profiles[tenant] = {
            "aws_access_key_id": f"AKIA{base64.b32encode(secrets.token_bytes(10)).decode()}",
            "aws_secret_access_key": secrets.token_urlsafe(30),
        }
    profiles[tenant]["region"] = region
    return True


def _write(profiles: configparser.RawConfigParser, path: Path) -> None:
    text = io.StringIO()
    profiles.write(text)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text.getvalue())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
