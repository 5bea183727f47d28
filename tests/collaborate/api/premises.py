"""A workspace of three tenants with published tables, its server, and clients with credentials of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.session import Session as Botocore
from tests.collaborate.api.judge import judge

from antechamber.catalog import open_catalog
from antechamber.collaborate import Limits
from antechamber.collaborate.api import Server, open_server
from antechamber.declare import Declarations, load_workspace

TENANTS = {"acme": "111111111111", "streamly": "222222222222", "shopwell": "333333333333"}

ROLE = "arn:aws:iam::111111111111:role/antechamber"

_WORKSPACE = "workspace: demo\ntenants:\n" + "".join(
    f'  {name}: {{key: "env:KEY", account: "{account}"}}\n' for name, account in TENANTS.items()
)

Given = dict[str, Any]


LOADER = create_loader()
"""Reads each model of botocore once, not once a client."""


def session_of(tenant: str, credentials: str) -> boto3.Session:
    """A session with the profile of a tenant in a credentials file."""
    core = Botocore(profile=tenant)
    core.register_component("data_loader", LOADER)
    core.set_config_variable("credentials_file", credentials)
    return boto3.Session(botocore_session=core)


@dataclass
class Premises:
    """A served workspace."""

    root: Path
    server: Server
    called: set[str] = field(default_factory=set)

    def client(self, tenant: str, **settings: Any) -> Any:
        """boto3's client with the credentials of a tenant; every response is judged."""
        made = session_of(tenant, str(self.server.credentials)).client(
            "cleanrooms",
            endpoint_url=self.server.endpoint,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False, **settings),
        )
        made.meta.events.register("after-call.cleanrooms.*", self._look)
        return made

    def _look(self, http_response: Any, model: Any, **_: Any) -> None:
        judge(model.name, http_response.status_code, dict(http_response.headers), http_response.content)
        self.called.add(model.name)


def lay_out(root: Path) -> Declarations:
    """A workspace in a folder: members of acme, viewers of streamly, buyers of shopwell; 60 people in common."""
    (root / "antechamber.yaml").write_text(_WORKSPACE)
    for folder in ("connectors", "collaborations"):
        (root / folder).mkdir()
    declared = load_workspace(root)
    catalog = open_catalog(declared.workspace, root)
    people = [f"e{number:03}" for number in range(100)]
    publish(catalog, "acme", "members", {"email": people[:80], "tier": ["gold", "silver"] * 40})
    publish(
        catalog, "streamly", "viewers", {"email": people[20:], "plan": ["basic", "max"] * 40, "secret": people[20:]}
    )
    publish(catalog, "shopwell", "buyers", {"email": people[10:90], "spent": list(range(80))})
    publish(catalog, "acme", "pairs", {"source_id": people[:9], "target_id": people[10:19]})
    return declared


def publish(catalog: Any, tenant: str, name: str, columns: dict[str, list[Any]]) -> None:
    """A table as a run would have published it."""
    rows = pa.table(columns)
    catalog.create_namespace_if_not_exists(tenant)
    catalog.create_table(f"{tenant}.{name}", schema=rows.schema).append(rows)


@contextmanager
def serving(declared: Declarations, **settings: Any) -> Iterator[Premises]:
    """A server in a thread, until the block ends."""
    settings.setdefault("limits", Limits(seconds=30, memory=256 * 2**20, threads=1))
    server = open_server(declared, **settings)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Premises(declared.root, server)
    finally:
        server.stop()
        thread.join()


def collaboration_of(*others: str, **changes: Any) -> Given:
    """The input of CreateCollaboration by acme, who queries and receives, with other tenants."""
    return {
        "name": "spring",
        "description": "whom we have in common",
        "creatorDisplayName": "Acme",
        "creatorMemberAbilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        "members": [
            {"accountId": TENANTS[name], "displayName": name.title(), "memberAbilities": []} for name in others
        ],
        "queryLogStatus": "DISABLED",
        **changes,
    }


def table_of(tenant: str, table: str, *columns: str, **changes: Any) -> Given:
    """The input of CreateConfiguredTable for a published table."""
    return {
        "name": f"{tenant} {table}",
        "tableReference": {"glue": {"databaseName": tenant, "tableName": table}},
        "allowedColumns": list(columns),
        "analysisMethod": "DIRECT_QUERY",
        **changes,
    }


def aggregation(*dimensions: str, minimum: int = 2, **changes: Any) -> Given:
    """An aggregation policy: e-mails are counted and joined."""
    return {
        "v1": {
            "aggregation": {
                "aggregateColumns": [{"columnNames": ["email"], "function": "COUNT_DISTINCT"}],
                "joinColumns": ["email"],
                "dimensionColumns": list(dimensions),
                "scalarFunctions": [],
                "outputConstraints": [{"columnName": "email", "minimum": minimum, "type": "COUNT_DISTINCT"}],
                **changes,
            }
        }
    }


def custom(*analyses: str, **changes: Any) -> Given:
    """A custom policy."""
    return {"v1": {"custom": {"allowedAnalyses": list(analyses), **changes}}}


def share(client: Any, membership: str, table: Given, name: str, policy: Given) -> Given:
    """A configured table with its rule, associated: what a member does to share a table. Gives the association."""
    configured = client.create_configured_table(**table)["configuredTable"]["id"]
    (kind,) = policy["v1"]
    client.create_configured_table_analysis_rule(
        configuredTableIdentifier=configured, analysisRuleType=kind.upper(), analysisRulePolicy=policy
    )
    made: Given = client.create_configured_table_association(
        name=name, membershipIdentifier=membership, configuredTableIdentifier=configured, roleArn=ROLE
    )["configuredTableAssociation"]
    return made


def s3(bucket: str = "results-of-acme", **changes: Any) -> Given:
    """A result configuration that writes one CSV file."""
    return {
        "outputConfiguration": {
            "s3": {
                "resultFormat": "CSV",
                "bucket": bucket,
                "keyPrefix": "spring",
                "singleFileOutput": True,
                **changes,
            }
        }
    }


def finished(client: Any, membership: str, query: str) -> Given:
    """A protected query once it is over."""
    for _ in range(600):
        found: Given = client.get_protected_query(membershipIdentifier=membership, protectedQueryIdentifier=query)
        if found["protectedQuery"]["status"] not in ("SUBMITTED", "STARTED", "CANCELLING"):
            return dict(found["protectedQuery"])
        time.sleep(0.05)
    raise AssertionError("the query does not end")


@dataclass
class Pair:
    """A collaboration of acme, who asks, and streamly, both joined and sharing a table each."""

    acme: Any
    streamly: Any
    collaboration: str
    ours: str
    theirs: str
    members: Given
    viewers: Given


def paired(premises: Premises) -> Pair:
    """Make such a collaboration."""
    return pair_of(premises.client("acme"), premises.client("streamly"))


def pair_of(acme: Any, streamly: Any) -> Pair:
    """Make such a collaboration with these clients."""
    made = acme.create_collaboration(**collaboration_of("streamly"))["collaboration"]["id"]
    ours = acme.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
    theirs = streamly.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
    members = share(acme, ours, table_of("acme", "members", "email", "tier"), "members", aggregation("tier"))
    viewers = share(
        streamly, theirs, table_of("streamly", "viewers", "email", "plan"), "viewers", aggregation("plan")
    )
    return Pair(acme, streamly, made, ours, theirs, members, viewers)


OVERLAP = (
    "SELECT plan, COUNT(DISTINCT members.email) AS people FROM members "
    "JOIN viewers ON members.email = viewers.email GROUP BY plan ORDER BY plan"
)


@contextmanager
def in_a_process(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Given]]:
    """The server as the command line starts it: its process, and what it said of itself."""
    command = [Path(sys.executable).parent / "antechamber", "serve", "cleanroom", "--port", "0", "--json", *options]
    process = subprocess.Popen(
        [str(each) for each in command], cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def client_of(said: Given, tenant: str) -> Any:
    """boto3's client of a server in a process, with no setting but endpoint and credentials."""
    return session_of(tenant, said["credentials"]).client(
        "cleanrooms", endpoint_url=said["endpoint"], config=Config(retries={"max_attempts": 0})
    )


def publish_heavy(declared: Declarations, rows: int = 40_000) -> None:
    """Two tables whose join has so many rows that a query over it takes its time."""
    catalog = open_catalog(declared.workspace, declared.root)
    publish(catalog, "acme", "crowd", {"email": ["one"] * rows, "tier": ["gold"] * rows})
    publish(catalog, "streamly", "throng", {"email": ["one"] * rows, "plan": ["max"] * rows})


HEAVY = (
    "SELECT tier, plan, COUNT(DISTINCT crowd.email) AS people FROM crowd JOIN throng ON crowd.email = throng.email "
    "GROUP BY tier, plan"
)
