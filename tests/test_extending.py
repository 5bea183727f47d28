"""A source of somebody else's: docs/extending.md, installed as a package and used through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs/extending.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on the path with the page's package in it, as pip would install it."""
    site = tmp_path / "site"
    info = site / "dice_source-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "dice_source.py").write_text(block("python"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice-source\nVersion: 1.0\n")
    entry = re.search(r'entry-points\."(.*?)"\]\n(\w+) = "(.*)"', block("toml"))
    assert entry
    (info / "entry_points.txt").write_text(f"[{entry[1]}]\n{entry[2]} = {entry[3]}\n")
    return site


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "connectors").mkdir(parents=True)
    (root / "key").write_text("ab" * 32)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:key"}\n')
    (root / "connectors/throws.yaml").write_text(block("yaml"))
    return root


def antechamber(site: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "antechamber", *arguments]
    return subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, timeout=120
    )


def told(site: Path, root: Path, *arguments: str) -> dict[str, object]:
    done = antechamber(site, root, *arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_source_is_one_short_file_and_runs_like_ours(site: Path, workspace: Path) -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) < 40
    listed = told(site, workspace, "sources", "dice")
    assert "dice" in str(listed["sources"])
    assert told(site, workspace, "check")["ok"] is True
    first = told(site, workspace, "run", "throws")
    assert "'published': 10" in str(first)
    assert "'published': 0" in str(told(site, workspace, "run", "throws"))
    more = block("yaml").replace("throws: 10", "throws: 13")
    (workspace / "connectors/throws.yaml").write_text(more)
    assert "'published': 3" in str(told(site, workspace, "run", "throws"))
    assert "'published': 13" in str(told(site, workspace, "run", "throws", "--full"))


def test_a_mistake_in_its_block_is_told_like_ours(site: Path, workspace: Path) -> None:
    (workspace / "connectors/throws.yaml").write_text(block("yaml").replace("throws: 10", "trows: ten"))
    done = antechamber(site, workspace, "check")
    assert done.returncode == 1
    assert "connectors/throws.yaml:3: source.trows: 'trows' is not a key that is known here" in done.stderr
    assert "did you mean 'throws'?" in done.stderr


def test_a_package_that_cannot_be_loaded_is_named(site: Path, workspace: Path) -> None:
    (site / "dice_source.py").write_text("import no_such_module_anywhere\n")
    done = antechamber(site, workspace, "check")
    assert done.returncode == 1
    assert "the source 'dice' of dice-source cannot be imported (ModuleNotFoundError)" in done.stderr
    (site / "dice_source.py").write_text("SOURCE = 1\n")
    assert "is not a SourceType" in antechamber(site, workspace, "check").stderr


def test_a_missing_extra_is_one_line_that_says_what_to_install(site: Path, workspace: Path) -> None:
    source = block("python").replace('summary="dice")', 'summary="dice", extra="dice", modules=("no_such_module",))')
    (site / "dice_source.py").write_text(source)
    done = antechamber(site, workspace, "run", "throws")
    assert done.returncode == 1
    assert "a source of type dice needs packages that are not installed" in done.stdout + done.stderr
    assert "pip install 'antechamber[dice]'" in done.stdout + done.stderr
    assert "antechamber[dice]" in antechamber(site, workspace, "sources").stdout.replace("\n", "")
