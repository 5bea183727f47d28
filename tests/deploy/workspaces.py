"""The retail example, deployed in two ways: as it is, and with everything that the `aws:` block knows."""

from __future__ import annotations

from pathlib import Path

from antechamber.declare import Declarations, load_workspace
from antechamber.examples.retail.workspace import write_workspace

ACCOUNT = "111122223333"
REGIONS = ("eu-west-1", "us-east-1")

PLAIN = "aws: {region: eu-west-1}\n"

EVERYTHING = """\
aws:
  region: us-east-1
  network: {reach: [10.0.0.0/16]}
  senders:
    loyalty_members: {type: role, account: "444455556666", external_id: agreed-1}
    viewers: {type: sftp, public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5Z"}
    crm: {type: user}
    leads: {type: appflow, profile: sales, connector: Salesforce, object: Lead}
  compute: {reserved: 20}
  alarms: {email: [ops@retail.example]}
  budgets: {acme: 400}
  administrators: [lake]
  data_events: true
"""

LANDED = """\
connector: {name}
tenant: streamly
source: {{type: landing, path: "landing/streamly/{name}/*.jsonl"}}
columns:
  person: {{type: id}}
  email: {{type: email, protect: sha256}}
table: {{name: {name}, mode: append}}
"""


def plain(folder: Path) -> Declarations:
    """The example with nothing but its region."""
    return _written(folder, PLAIN)


def everything(folder: Path) -> Declarations:
    """The example with every kind of sender, a network, Lake Formation, CloudTrail, e-mail."""
    write_workspace(folder)
    for name in ("crm", "leads"):
        (folder / "connectors" / f"{name}.yaml").write_text(LANDED.format(name=name))
    return _with(folder, EVERYTHING)


def _written(folder: Path, block: str) -> Declarations:
    write_workspace(folder)
    return _with(folder, block)


def _with(folder: Path, block: str) -> Declarations:
    path = folder / "antechamber.yaml"
    path.write_text(path.read_text() + block)
    return load_workspace(folder)
