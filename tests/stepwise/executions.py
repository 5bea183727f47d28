"""A deployed workspace on moto, and executions of its steps in processes of their own, which may be killed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.aws import ACCOUNT, REGION, Aws

from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.deployed import AREAS, Area, Names, references_of
from antechamber.placed import placed

TENANT_KEY = "00112233445566778899aabbccddeeff" * 2

WORKSPACE = """
workspace: small
tenants:
  acme: {key: "file:keys/acme.key"}
"""

LOYALTY = """
connector: loyalty
tenant: acme
source:
  type: landing
  path: landing/loyalty/*
  settle: 0
  decrypt: {pgp: "file:keys/acme.asc"}
columns:
  id: {type: id}
  email: {type: email, protect: sha256, on_invalid: quarantine}
  points: {type: integer}
table: {name: loyalty, mode: upsert, key: id}
"""

EXECUTION = """
import os, signal, sys
from antechamber.deploy import handlers
from tests.stepwise.executions import die, kill_at

execution, kill = sys.argv[1], sys.argv[2]
kill_at(kill)
event = {"connector": "loyalty", "execution": execution}
found = handlers.plan(event)
if found["status"] == "work":
    if kill == "planned":
        die()
    run = {"connector": "loyalty", "run": found["run"]}
    for lot in found["lots"]:
        handlers.work({**run, **lot})
    handlers.commit(run)
    if kill == "the commit is told":
        die()
    handlers.archive(run)
    handlers.notify(run)
"""

KILLS = (
    "the lease is taken",
    "the plan is written",
    "planned",
    "parts are under way",
    "parts are left",
    "work",
    "resolve",
    "encode",
    "commit",
    "committed",
    "the commit is told",
    "the archive has some",
    "the parts are removed",
)
"""Where an execution may be killed, in order."""


def die(*_: object, **__: object) -> None:
    """As a process dies that nobody asked."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(kill: str) -> None:
    """Let this process die there; one of KILLS that is within a step."""
    from antechamber.stepwise import desk, ending, steps, worked

    def dying(module: Any, name: str, *, after: bool = False) -> None:
        plain = getattr(module, name)

        def call(*given: Any, **named: Any) -> Any:
            answer = plain(*given, **named) if after else None
            die()
            return answer

        setattr(module, name, call)

    within: dict[str, Callable[[], None]] = {
        "the lease is taken": lambda: dying(desk.Desk, "clear"),
        "the plan is written": lambda: dying(desk.Desk, "keep", after=True),
        "parts are under way": lambda: dying(worked, "write_lot", after=True),
        "parts are left": lambda: dying(worked, "_leave", after=True),
        "the archive has some": lambda: dying(ending, "put_away", after=True),
        "the parts are removed": lambda: dying(ending, "give_back"),
    }
    if kill in within:
        within[kill]()
    elif kill in ("work", "resolve", "encode", "commit", "committed"):
        plain = steps._Kept.stage

        def stage(self: Any, name: str) -> None:
            plain(self, name)
            if name == kill:
                die()

        steps._Kept.stage = stage  # type: ignore[method-assign]


@dataclass
class Deployed:
    """The workspace's folder, the server, and what a function's environment says."""

    root: Path
    server: Aws
    names: Names
    environment: dict[str, str]

    def bucket(self, area: Area) -> str:
        return self.names.bucket("acme", area)

    def drop(self, name: str, body: bytes) -> None:
        key = f"landing/loyalty/{name}"
        self.server.client("s3").put_object(Bucket=self.bucket("landing"), Key=key, Body=body)

    def execute(self, execution: str, kill: str = "") -> subprocess.CompletedProcess[str]:
        """All steps of an execution, one after the other, killed where `kill` says."""
        return subprocess.run(
            [sys.executable, "-c", EXECUTION, execution, kill],
            env={**os.environ, **self.environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )

    def points(self) -> dict[str, int]:
        """What the table holds."""
        declared = placed(load_workspace(self.root), self.environment)
        table = open_catalog(declared.workspace, declared.root).load_table((self.names.database("acme"), "loyalty"))
        rows = table.scan().to_arrow().to_pylist()
        found = {row["id"]: row["points"] for row in rows}
        assert len(found) == len(rows), "a key is there twice"
        return found

    def snapshots(self) -> int:
        declared = placed(load_workspace(self.root), self.environment)
        table = open_catalog(declared.workspace, declared.root).load_table((self.names.database("acme"), "loyalty"))
        return len(table.metadata.snapshots)

    def keys(self, area: Area) -> list[str]:
        return self.server.keys(self.bucket(area))

    def records(self) -> list[dict[str, Any]]:
        """The records of all runs, oldest first."""
        client = self.server.client("s3")
        names = [key for key in self.keys("store") if key.startswith("runs/loyalty/2") and key.endswith(".json")]
        found = (client.get_object(Bucket=self.bucket("store"), Key=key)["Body"].read() for key in sorted(names))
        return [json.loads(each) for each in found]


def deploy(root: Path, server: Aws, secrets: dict[str, bytes], connector: str = LOYALTY) -> Deployed:
    """Buckets, secrets and the bundle of a workspace. Each call is a deployment of its own, by the folder's name."""
    (root / "connectors").mkdir(parents=True)
    (root / "antechamber.yaml").write_text(WORKSPACE.lstrip())
    (root / "connectors/loyalty.yaml").write_text(connector.lstrip())
    stage = hashlib.sha256(str(root).encode()).hexdigest()[:8]
    declared = load_workspace(root)
    names = Names.of(declared.workspace, ACCOUNT, REGION, stage)
    client = server.client("s3")
    here = {"LocationConstraint": REGION}
    for bucket in (*(names.bucket("acme", area) for area in AREAS), names.bucket_shared("code")):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    keeper = server.client("secretsmanager")
    for reference in references_of(declared, "acme"):
        keeper.create_secret(Name=names.secret("acme", reference), SecretBinary=secrets[reference])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for path in sorted(root.rglob("*.yaml")):
            bundle.write(path, path.relative_to(root))
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    code = names.bucket_shared("code")
    client.put_object(Bucket=code, Key=f"workspace/{digest}.zip", Body=packed.getvalue())
    environment = {
        **server.environment,
        "ANTECHAMBER_WORKSPACE": f"s3://{code}/workspace/{digest}.zip",
        "ANTECHAMBER_ENVIRONMENT": stage,
        "ANTECHAMBER_TENANT": "acme",
        "ANTECHAMBER_ACCOUNT": ACCOUNT,
    }
    return Deployed(root, server, names, environment)
