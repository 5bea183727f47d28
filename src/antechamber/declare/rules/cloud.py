"""Rules of the `aws:` block: within the workspace's file, and against the connectors that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from antechamber.declare.cloud import Cloud, SftpSender
from antechamber.declare.connector import Connector
from antechamber.declare.mistake import Mistake, choose
from antechamber.declare.model import show
from antechamber.declare.source import FileSource
from antechamber.declare.workspace import Workspace

_SSH_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}( \S.*)?")


def cloud_rules(workspace: Workspace) -> Iterator[Mistake]:
    """What is wrong within the workspace's file."""
    cloud = workspace.__dict__.get("aws")
    if not isinstance(cloud, Cloud):
        return
    for name in cloud.__dict__.get("budgets", {}):
        if name not in workspace.tenants:
            remedy = choose(name, workspace.tenants) or "add it to tenants"
            yield Mistake(("aws", "budgets", name), f"{show(name)} is not a tenant of the workspace", remedy)
    for name, sender in cloud.__dict__.get("senders", {}).items():
        key = sender.__dict__.get("public_key") if isinstance(sender, SftpSender) else None
        if key is not None and not _SSH_KEY.fullmatch(key):
            # What was pasted may be a private key: it is not repeated.
            yield Mistake(
                ("aws", "senders", name, "public_key"), "not a public SSH key", "write it as ssh-ed25519 AAAA…"
            )
    network = cloud.__dict__.get("network")
    block = network.__dict__.get("cidr") if network is not None else None
    if block is not None and not 16 <= IPv4Network(block).prefixlen <= 24:
        yield Mistake(("aws", "network", "cidr"), f"{show(block)} is no size for a VPC here", "use /16 to /24")


def known_senders(workspace: Workspace, connectors: list[Connector], sure: bool) -> Iterator[Mistake]:
    """Senders of connectors that read no landing zone. sure: whether all connectors could be read."""
    cloud = workspace.__dict__.get("aws")
    if not isinstance(cloud, Cloud) or not sure:
        return
    named = {each.connector: each for each in connectors if "connector" in each.__dict__}
    landing = [
        name
        for name, each in named.items()
        if isinstance(source := each.__dict__.get("source"), FileSource)
        and source.type == "landing"
        and "://" not in source.__dict__.get("path", "")
    ]
    for name in cloud.__dict__.get("senders", {}):
        if name not in named:
            remedy = choose(name, landing) or "declare it in connectors/"
            yield Mistake(("aws", "senders", name), f"there is no connector {show(name)}", remedy)
        elif name not in landing and "source" in named[name].__dict__:
            yield Mistake(
                ("aws", "senders", name),
                f"the connector {show(name)} reads no folder of the landing zone",
                "remove it, or give the connector's path relative to the store",
            )
