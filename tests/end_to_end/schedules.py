"""What the random schedules share: runs that are killed in a process of their own, and looking at the table."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.end_to_end.test_crash import STAGES

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Silent

SOAK = bool(os.environ.get("ANTECHAMBER_SOAK"))
KEY = "0123456789abcdef" * 4

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [f"antechamber.{part}" for part in ("pipeline", "connect.postgresql", "connect.mysql", "connect.http")]
)


def schedules(few: int) -> range:
    """The seeds of a mode: 200 in `make soak`."""
    return range(200 if SOAK else few)


class Scheduled:
    """A workspace with one connector, `people` of the tenant `acme`, whose table is `people`.

    texts: file → content: `connectors/people.yaml` and what its references name.
    """

    def __init__(self, root: Path, texts: dict[str, str]) -> None:
        self.root = root
        given = {
            "antechamber.yaml": 'workspace: w\ntenants: {acme: {key: "file:keys/acme.key"}}\n',
            "keys/acme.key": KEY,
            **texts,
        }
        for name, text in given.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *, full: bool = False) -> RunRecord:
        """A run in this process, which must balance."""
        record = pipeline.run(load_workspace(self.root), "people", full=full)
        dropped = sum(record.dropped.values())
        assert record.read == record.published + record.quarantined + dropped + record.replaced, record
        return record

    def succeed(self, *, full: bool = False) -> RunRecord:
        """A run that must not fail."""
        record = self.run(full=full)
        assert record.status in ("succeeded", "nothing new"), record.error
        return record

    def killed(self, chance: random.Random, *, full: bool = False) -> bool:
        """As `killed` does."""
        return killed(self.root, chance, full=full)

    def rows(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """The published rows, in order."""
        declared = load_workspace(self.root)
        catalog = open_catalog(declared.workspace, declared.root)
        table = catalog.load_table(("acme", "people")).scan(selected_fields=tuple(columns)).to_arrow()
        return sorted(zip(*(table[name].to_pylist() for name in columns), strict=True))


def killed(root: Path, chance: random.Random, *, full: bool = False) -> bool:
    """A run of `people` in a process of its own that dies by SIGKILL: at a stage, or while records are worked.

    False when it ended before, as there was nothing new.
    """
    moments: list[str | int] = [*STAGES, chance.randint(1, 6), chance.randint(1, 6)]
    child = PROCESSES.Process(target=_run_and_die, args=(str(root), chance.choice(moments), full))
    child.start()
    child.join(600)
    assert child.exitcode in (-signal.SIGKILL, 0), child.exitcode
    return child.exitcode == -signal.SIGKILL


def _run_and_die(root: str, when: str | int, full: bool) -> None:
    class Killer(Silent):
        heard = 0

        def stage(self, name: str) -> None:
            if name == when:
                os.kill(os.getpid(), signal.SIGKILL)

        def advance(self, *, rows: int, size: int) -> None:
            self.heard += 1
            if self.heard == when:
                os.kill(os.getpid(), signal.SIGKILL)

    pipeline.run(load_workspace(Path(root)), "people", full=full, watcher=Killer())
