"""The product's side: a fresh workspace for every execution, and where its table's files are afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from antechamber.catalog import namespace, open_catalog
from antechamber.declare import load_workspace
from antechamber.examples import write_example
from antechamber.examples.retail import ORDERS_URL

WORKSPACE = """workspace: bench
store: store
catalog: {type: sqlite, path: catalog.db}
cleanroom: {type: local}
tenants:
  acme: {key: "file:keys/acme.key"}
"""


def workspace(folder: Path, template: Path) -> Path:
    """A copy of the template workspace (see `template`) without any data."""
    shutil.copytree(template, folder)
    return folder


def template(folder: Path, *, sealed: bool) -> Path:
    """The retail workspace; its loyalty files are encrypted or plain CSV. Made once, then reused."""
    if not (folder / "antechamber.yaml").exists():
        write_example("retail", folder)
        if not sealed:
            declared = folder / "connectors" / "loyalty_members.yaml"
            lines = declared.read_text().replace("*.csv.pgp", "*.csv").splitlines(keepends=True)
            declared.write_text("".join(line for line in lines if not line.lstrip().startswith("decrypt:")))
    return folder


def write(folder: Path, connector: str, declared: str) -> Path:
    """A workspace with one tenant and this connector (its YAML without `connector:` and `tenant:`)."""
    for name in ("keys", "connectors"):
        (folder / name).mkdir(parents=True)
    key = folder / "keys" / "acme.key"
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(32))
    (folder / "antechamber.yaml").write_text(WORKSPACE)
    (folder / "connectors" / f"{connector}.yaml").write_text(f"connector: {connector}\ntenant: acme\n{declared}")
    return folder


def secret(folder: Path, name: str, text: str) -> None:
    """Put a secret into the workspace, where `file:keys/<name>` finds it."""
    path = folder / "keys" / name
    path.touch(mode=0o600)
    path.write_text(text)


def land(files: Path, folder: Path) -> None:
    """Put input files into a landing folder without copying their bytes."""
    folder.mkdir(parents=True)
    for file in sorted(files.iterdir()):
        os.link(file, folder / file.name)


def run(folder: Path, connector: str) -> list[str | Path]:
    """The command that runs a connector of the workspace."""
    return [sys.executable, "-m", "antechamber", "run", connector, "-w", folder, "--log", "warning"]


def orders_at(folder: Path, url: str) -> None:
    """Tell the workspace where the orders are."""
    secret(folder, ORDERS_URL.name, url)


def data_files(folder: Path, connector: str) -> list[Path]:
    """The Parquet files of the connector's table, as its current snapshot has them."""
    declared = load_workspace(folder)
    found = declared.connectors[connector]
    space = namespace(found.tenant, declared.workspace.tenants[found.tenant])
    table = open_catalog(declared.workspace, declared.root).load_table((space, found.table.name))
    return [Path(unquote(urlsplit(task.file.file_path).path)) for task in table.scan().plan_files()]
