"""Templates are checked by tools that others wrote: no finding without an explanation, no explanation without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deploy.conftest import Made

from antechamber.deploy.suppressions import Finding, nag_findings, suppressions, unexplained

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"


def test_cdk_nag_finds_nothing_that_is_not_explained(made_whole: Made) -> None:
    found = nag_findings(made_whole.stacks)
    assert len(found) > 20, "cdk-nag did not look"
    assert unexplained(found) == []
    _all_needed("cdk-nag", found)


def test_cfn_lint_finds_nothing(made_whole: Made, tmp_path: Path) -> None:
    names = _written(made_whole, tmp_path)
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--format", "json", *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout or "[]") == [], done.stderr
    assert done.returncode == 0


def test_checkov_finds_nothing_that_is_not_explained(made_whole: Made, tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: sh scripts/need-checkov")
    _written(made_whole, tmp_path)
    done = subprocess.run(
        [CHECKOV, "--skip-download", "--framework", "cloudformation", "-d", tmp_path, "--compact", "-o", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["summary"]["passed"] > 300
    assert told["summary"]["parsing_errors"] == 0
    found = [
        Finding("checkov", each["check_id"], f"{Path(each['file_path']).stem.partition('.')[0]}/{_id(each)}")
        for each in told["results"]["failed_checks"]
    ]
    assert unexplained(found) == []
    _all_needed("checkov", found)


def _id(check: dict[str, str]) -> str:
    return check["resource"].rpartition(".")[2]


def _all_needed(tool: str, found: list[Finding]) -> None:
    idle = [
        each for each in suppressions() if each.tool == tool and not any(each.explains(finding) for finding in found)
    ]
    assert idle == []


def _written(made: Made, folder: Path) -> list[Path]:
    paths = []
    for stack in made.stacks:
        paths.append(folder / f"{stack.tier}.{stack.tenant or 'shared'}.json")
        paths[-1].write_text(json.dumps(stack.body))
    return paths
