"""Faults of the machine under a run: no room on the disk, a clock that jumps. The table is never wrong."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace

CONNECTOR = """
connector: people
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0}
columns:
  id: {type: id}
  email: {type: email, protect: sha256}
  note: {type: string}
table: {name: people, mode: upsert, key: id}
"""
ROWS = 30_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for folder in ("connectors", "store/landing"):
        (root / folder).mkdir(parents=True)
    (root / "key").write_text("ab" * 32)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:key"}\n')
    (root / "connectors/people.yaml").write_text(CONNECTOR)
    return root


def drop(root: Path, name: str, first: int, rows: int, *, seed: int) -> None:
    chance = random.Random(seed)
    lines = (f"{n},p{n}@x.test,{chance.randbytes(24).hex()}\n" for n in range(first, first + rows))
    (root / "store/landing" / name).write_text("id,email,note\n" + "".join(lines))


def rows(root: Path) -> dict[str, str]:
    declared = load_workspace(root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people")).scan().to_arrow()
    return {str(row["id"]): str(row["note"]) for row in table.to_pylist()}


def limited(size: int) -> Callable[[], None]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return limit


@pytest.mark.parametrize("size", [4_096, 60_000, 300_000, 1_500_000])
def test_a_run_without_room_fails_cleanly_and_the_next_is_whole(root: Path, size: int) -> None:
    drop(root, "a.csv", 0, 100, seed=1)
    assert pipeline.run(load_workspace(root), "people").status == "succeeded"
    before = rows(root)
    drop(root, "b.csv", 50, ROWS, seed=2)
    done = subprocess.run(
        [sys.executable, "-m", "antechamber", "run", "people", "--json"],
        cwd=root, capture_output=True, text=True, timeout=120, preexec_fn=limited(size),
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr and "p60@x.test" not in done.stdout + done.stderr
    assert rows(root) == before
    assert [path.name for path in (root / "store/landing").iterdir()] == ["b.csv"]
    record = pipeline.run(load_workspace(root), "people")
    assert (record.status, record.read, record.published) == ("succeeded", ROWS, ROWS)
    assert len(rows(root)) == 50 + ROWS
    assert not list((root / "store/landing").iterdir())


def test_a_clock_that_jumps_neither_loses_records_nor_spoils_the_table(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, day = time.time, 86_400
    for number, jump in enumerate((0, 3 * day, -3 * day, 0, -400 * day, day)):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        drop(root, f"{number}.csv", number * 10, 20, seed=number)
        assert pipeline.run(load_workspace(root), "people").status == "succeeded"
    assert len(rows(root)) == 70
    declared = load_workspace(root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))
    metadata = json.loads(Path(unquote(urlsplit(table.metadata_location).path)).read_text())
    log = [entry["timestamp-ms"] for entry in metadata["snapshot-log"]]
    assert len(log) == 6 and log == sorted(log)
    assert metadata["last-updated-ms"] >= log[-1]


def test_a_file_from_the_future_is_read(root: Path) -> None:
    drop(root, "a.csv", 0, 5, seed=1)
    later = time.time() + 86_400
    os.utime(root / "store/landing/a.csv", (later, later))
    assert pipeline.run(load_workspace(root), "people").read == 5
