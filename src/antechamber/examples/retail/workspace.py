"""The retail workspace: the files of `templates/`, the editors' schemas, and keys made for it alone."""

from __future__ import annotations

import json
import secrets
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from antechamber.declare import json_schema
from antechamber.declare.load import Kind
from antechamber.errors import AntechamberError
from antechamber.examples.retail.sealing import make_key_pair, write_secret

TENANTS = ("acme", "streamly")
PRIVATE_KEY = Path("keys/acme.pgp.asc")
PUBLIC_KEY = Path("keys/acme.public.asc")
ORDERS_URL = Path("keys/orders.url")
"""Where the orders' database is: written by whoever starts it, mode 0600."""
SCHEMAS = Path(".antechamber/schema")
KINDS: tuple[Kind, ...] = ("workspace", "connector", "collaboration", "policy")


def write_workspace(folder: Path) -> None:
    """Write the workspace into a folder.

    Raises AntechamberError when a file of it is there already, UnsealError without GnuPG.
    """
    templates = dict(_files(files("antechamber.examples.retail") / "templates", Path()))
    for path in (*templates, *(Path(f"keys/{tenant}.key") for tenant in TENANTS), PRIVATE_KEY, PUBLIC_KEY):
        if (folder / path).exists():
            raise AntechamberError(
                "a workspace is there already", where=str(folder / path), remedy="name a new folder"
            )
    keys = folder / PRIVATE_KEY.parent
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_key_pair("acme loyalty exports <loyalty@acme.example>", folder / PRIVATE_KEY, folder / PUBLIC_KEY)
    for tenant in TENANTS:
        write_secret(keys / f"{tenant}.key", f"{secrets.token_hex(32)}\n".encode())
    for path, content in templates.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / SCHEMAS).mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        (folder / SCHEMAS / f"{kind}.json").write_text(json.dumps(json_schema(kind), indent=1) + "\n")


def _files(folder: Traversable, at: Path) -> list[tuple[Path, bytes]]:
    """The templates with their paths in the workspace."""
    found: list[tuple[Path, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files(entry, at / entry.name)
        else:
            # Under its own name it would hide the templates beside it from version control.
            name = ".gitignore" if entry.name == "gitignore" else entry.name
            found.append((at / name, entry.read_bytes()))
    return found
