"""The command `share`: it shows, asks, does, and says by its exit code whether something differs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.collaborate.api.premises import lay_out
from tests.collaborate.test_share import CONNECTOR, COUNTED, SPRING


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    lay_out(root)
    (root / "collaborations/spring.yaml").write_text(SPRING)
    for name, tenant, other in (("members", "acme", "tier"), ("viewers", "streamly", "plan")):
        text = CONNECTOR.format(
            name=name, tenant=tenant, other=other, type="string", columns=f"[email, {other}]", more="",
            rule=COUNTED.format(other, 10),
        )  # fmt: skip
        (root / f"connectors/{name}.yaml").write_text(text)
    return root


def share(workspace: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "antechamber", "share", "spring", "-w", str(workspace), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_a_plan_is_shown_nobody_is_asked_in_vain_and_what_was_agreed_is_done(workspace: Path) -> None:
    planned = share(workspace, "--plan")
    assert planned.returncode == 1
    assert "+ collaboration spring (acme)" in planned.stdout
    unasked = share(workspace)
    assert unasked.returncode == 1
    assert "add --yes" in unasked.stderr
    done = share(workspace, "--yes")
    assert done.returncode == 0, done.stderr
    assert "made: rule viewers (streamly)" in done.stdout
    again = share(workspace, "--plan", "--json")
    assert again.returncode == 0
    (plan,) = json.loads(again.stdout)["plans"]
    assert (plan["changes"], plan["unchanged"]) == ([], 9)
    gone = share(workspace, "--destroy", "--yes", "--json")
    assert gone.returncode == 0
    assert len(json.loads(gone.stdout)["plans"][0]["changes"]) == 9
    assert share(workspace, "--plan").returncode == 1
