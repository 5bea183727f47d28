"""The example of docs/reference/sources/http.md, as printed but for its host, through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from tests.connect.http_service import cli, paged, published, workspace
from tests.servers.rest import Asked, Reply, rest

PAGE = Path(__file__).parents[2] / "docs/reference/sources/http.md"


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
        workspace(tmp_path, declared.replace("https://api.example.com", service.url))
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

    table = published(tmp_path, "contacts")
    assert {row["contact_id"]: row["city"] for row in table.scan().to_arrow().to_pylist()} == {
        "7": "ulm",
        "8": "bonn",
    }
    assert len(table.metadata.snapshots) <= 3


def test_a_run_killed_between_two_pages_is_run_again_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rows = [{"id": n, "updated_at": f"2026-11-{1 + n // 8:02}T00:00:00Z"} for n in range(200)]
    reached, go_on = threading.Event(), threading.Event()
    pages = paged(rows)

    def answer(asked: Asked) -> Reply:
        if asked.params.get("cursor") == "100" and not go_on.is_set():
            reached.set()
            go_on.wait(30)
        return pages(asked)

    with rest(answer) as service:
        workspace(
            tmp_path,
            f"""
connector: events
tenant: acme
source:
  type: http
  url: {service.url}/events
  records: data.items
  pages: {{type: link}}
  cursor: {{field: updated_at, param: since}}
columns:
  event: {{type: integer, source: id}}
table: {{name: events, mode: append}}
""",
        )
        command = [sys.executable, "-m", "antechamber", "run", "events"]
        with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "ACME_KEY": "00" * 32}) as killed:
            assert reached.wait(60)
            killed.kill()
        go_on.set()
        assert cli(tmp_path, "run", "events")[0] == 0
        assert cli(tmp_path, "run", "events")[0] == 0
    found = [row["event"] for row in published(tmp_path, "events").scan().to_arrow().to_pylist()]
    assert sorted(found) == list(range(200))
