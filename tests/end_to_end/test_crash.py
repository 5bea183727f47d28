"""Killed at any point and run again: the same table as an undisturbed run, nothing lost, doubled or left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Small, make_small

RANDOM_KILLS = 400 if os.environ.get("ANTECHAMBER_SOAK") else 20

STAGES = ("list", "work", "resolve", "encode", "commit", "committed", "archive")

CONNECTORS = ("loyalty", "events")
BOUNDARIES = [
    (connector, stage)
    for number, connector in enumerate(CONNECTORS)
    for place, stage in enumerate(STAGES)
    if "ANTECHAMBER_SOAK" in os.environ or place % len(CONNECTORS) == number
]
"""Each stage with one connector or the other; with both in `make soak`."""

KILLED_AT_STAGE = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from antechamber import pipeline
    from antechamber.declare import load_workspace
    from antechamber.operate.watch import Silent

    class Killer(Silent):
        def stage(self, name):
            if name == sys.argv[2]:
                os.kill(os.getpid(), signal.SIGKILL)

    pipeline.run(load_workspace(Path(".")), sys.argv[1], watcher=Killer())
""")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, pgp_home: Path) -> Small:
    """A workspace with one run behind it and new files in landing, to be copied before each kill."""
    workspace = make_small(tmp_path_factory.mktemp("crash") / "template", pgp_home)
    workspace.drop_loyalty("2026-11-21.csv.pgp", 0, 900, seed=1)
    workspace.drop_events("a.jsonl.gz", 1200, seed=3)
    assert workspace.cli("run").returncode == 0
    workspace.drop_loyalty("2026-11-22.csv.pgp", 500, 900, seed=4)
    workspace.drop_loyalty("2026-11-23.csv.pgp", 1000, 900, seed=5)
    workspace.drop_events("b.jsonl.gz", 5000, seed=6)
    return workspace


@pytest.fixture
def workspace(template: Small, tmp_path: Path) -> Small:
    """The template, moved to where it would be at home: the catalog knows absolute paths."""
    kept = template.root.with_name("kept")
    if not kept.exists():
        shutil.copytree(template.root, kept)
    shutil.rmtree(template.root)
    shutil.copytree(kept, template.root)
    return template


@pytest.fixture(scope="module")
def undisturbed(template: Small) -> dict[str, list[dict[str, object]]]:
    """What the tables hold after runs that nobody disturbed."""
    kept = template.root.with_name("kept")
    if not kept.exists():
        shutil.copytree(template.root, kept)
    assert template.cli("run").returncode == 0
    return {table: template.rows(table) for table in ("loyalty", "events")}


def assert_as_if_undisturbed(workspace: Small, undisturbed: dict[str, list[dict[str, object]]]) -> None:
    done = workspace.cli("run")
    assert done.returncode == 0, done.stderr
    for table, rows in undisturbed.items():
        assert workspace.rows(table) == rows
    assert workspace.files("landing") == []
    assert workspace.files("tenants/acme/archive") == [f"loyalty/2026-11-{day}.csv.pgp" for day in (21, 22, 23)]
    assert workspace.files("tenants/streamly/archive") == ["events/a.jsonl.gz", "events/b.jsonl.gz"]
    assert not [path for path in workspace.layout.scratch.rglob("*") if path.is_file()]
    for table, tenant in (("loyalty", "acme"), ("events", "streamly")):
        on_disk = {
            path for path in workspace.files(f"tenants/{tenant}/tables/{table}/data") if path.endswith(".parquet")
        }
        assert on_disk == known_data_files(workspace, tenant, table)


def known_data_files(workspace: Small, tenant: str, table: str) -> set[str]:
    """The data files that any snapshot of the table knows."""
    from antechamber.catalog import open_catalog
    from antechamber.declare import load_workspace

    declared = load_workspace(workspace.root)
    found = open_catalog(declared.workspace, declared.root).load_table((tenant, table)).inspect.all_files()
    return {str(path).rpartition("/")[2] for path in found["file_path"].to_pylist()}


@pytest.mark.soak
@pytest.mark.parametrize(("connector", "stage"), BOUNDARIES)
def test_a_run_killed_at_a_stage_boundary_is_simply_run_again(
    workspace: Small, undisturbed: dict[str, list[dict[str, object]]], connector: str, stage: str
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT_STAGE, connector, stage],
        cwd=workspace.root,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    archived_early = set(workspace.files(f"tenants/{'acme' if connector == 'loyalty' else 'streamly'}/archive"))
    if stage != "archive":
        assert len(archived_early) == 1, "archived before it was published"
    assert_as_if_undisturbed(workspace, undisturbed)


@pytest.mark.soak
def test_runs_killed_at_random_moments_are_simply_run_again(
    workspace: Small, undisturbed: dict[str, list[dict[str, object]]]
) -> None:
    chance = random.Random(20261124)
    kept = workspace.root.with_name("kept")
    before_temporary = temporary_leftovers()
    began = time.monotonic()
    assert workspace.cli("run").returncode == 0
    whole = time.monotonic() - began
    landed = 0
    for _ in range(RANDOM_KILLS):
        shutil.rmtree(workspace.root)
        shutil.copytree(kept, workspace.root)
        with subprocess.Popen(
            [sys.executable, "-m", "antechamber", "run"],
            cwd=workspace.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as child:
            time.sleep(chance.uniform(0.3, 1.0) * whole)
            landed += child.poll() is None
            child.kill()
        assert_as_if_undisturbed(workspace, undisturbed)
    assert landed > RANDOM_KILLS / 2, "most kills came too late to test anything"
    assert temporary_leftovers() <= before_temporary


def temporary_leftovers() -> set[str]:
    """What runs of this user left in the system's temporary folders."""
    import tempfile

    folders = {Path(tempfile.gettempdir()), Path("/dev/shm")}
    return {str(path) for folder in folders if folder.is_dir() for path in folder.glob("antechamber*")}
