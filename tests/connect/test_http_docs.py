"""The example of docs/reference/sources/http.md, as printed but for its host, through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers.rest import Asked, Reply, rest

from antechamber.catalog import namespace, open_catalog
from antechamber.declare import load_workspace

PAGE = Path(__file__).parents[2] / "docs/reference/sources/http.md"


def cli(root: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-m", "antechamber", *arguments, "--json"],
        cwd=root, env={**os.environ, "CRM_TOKEN": "hunter2", "ACME_KEY": "00" * 32}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_the_example_is_checked_read_and_read_again_when_something_changed(tmp_path: Path) -> None:
    page = PAGE.read_text()
    declared, _ = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (printed,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    last = json.loads(printed)
    last["data"]["contacts"][0] |= {"id": 8, "email": "joe@example.com"}
    last["meta"]["next"] = None

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != "Bearer hunter2" or asked.params["archived"] != "false":
            return Reply(status=401)
        return Reply(last if asked.params.get("after") == "bmV4dA" else json.loads(printed))

    with rest(answer) as service:
        (tmp_path / "connectors").mkdir()
        (tmp_path / "connectors/contacts.yaml").write_text(declared.replace("https://api.example.com", service.url))
        (tmp_path / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "env:ACME_KEY"}\n')

        code, said, error = cli(tmp_path, "check", "contacts")
        assert code == 0, error
        assert said["connectors"][0]["sampled"] == 2
        assert said["connectors"][0]["unnamed_columns"] == ["updated_at"]
        code, said, error = cli(tmp_path, "run", "contacts")
        assert code == 0, error
        code, said, error = cli(tmp_path, "run", "contacts")
        assert code == 0, error
        assert service.asked[-1].params["updated_since"] == "2026-11-24T07:59:00Z"
        last["data"]["contacts"][0] |= {"address": {"city": "Bonn"}, "updated_at": "2026-11-24T08:00:01Z"}
        assert cli(tmp_path, "run", "contacts")[0] == 0
        service.faults = [None, Reply(status=403)]
        code, said, error = cli(tmp_path, "run", "contacts")
        assert code == 1 and "hunter2" not in error + json.dumps(said) and "jane@" not in error + json.dumps(said)

    workspace = load_workspace(tmp_path)
    catalog = open_catalog(workspace.workspace, workspace.root)
    table = catalog.load_table((namespace("acme", workspace.workspace.tenants["acme"]), "contacts"))
    assert {row["contact_id"]: row["city"] for row in table.scan().to_arrow().to_pylist()} == {
        "7": "ulm",
        "8": "bonn",
    }
    assert len(table.metadata.snapshots) <= 3
