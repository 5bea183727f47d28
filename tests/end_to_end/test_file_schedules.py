"""Random schedules of uploads, replaced and half-done ones, runs and kills: each file's records are there once."""

from __future__ import annotations

import gzip
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.end_to_end.schedules import Scheduled, schedules

CONNECTOR = """
connector: people
tenant: acme
source:
  type: landing
  path: landing/*{ending}
  settle: 0
  marker: "{{name}}.done"
  after: {after}
columns:
  id: {{type: integer, required: true}}
  score: {{type: integer}}
table: {{name: people, mode: {mode}}}
"""

Row = tuple[int, int]


@dataclass
class Landing:
    """A folder that a sender uploads to, and what its files have to make of the table.

    waiting: file → its records, uploaded and not read yet. taken: what was read, in order.
    """

    folder: Path
    chance: random.Random
    ending: str
    upsert: bool
    clock: float = field(default_factory=lambda: time.time() - 86_400)
    waiting: dict[str, list[Row]] = field(default_factory=dict)
    halves: dict[str, list[Row]] = field(default_factory=dict)
    taken: list[Row] = field(default_factory=list)
    names: int = 0

    def change(self) -> None:
        """Upload a file, finish one that is half there, or upload one again under its name."""
        kind = self.chance.random()
        if kind < 0.2 and self.halves:
            name = self.chance.choice(sorted(self.halves))
            self._write(name, self.halves.pop(name), done=True)
        elif kind < 0.4:
            self.names += 1
            name = f"{self.names:03}{self.ending}"
            self.halves[name] = self._rows()
            self._write(name, self.halves[name][:2], done=False)
        elif kind < 0.6 and (again := self._there()):
            self._write(self.chance.choice(again), self._rows(), done=True)
        else:
            self.names += 1
            self._write(f"{self.names:03}{self.ending}", self._rows(), done=True)

    def _there(self) -> list[str]:
        """Complete files that lie in the folder."""
        return sorted(path.name.removesuffix(".done") for path in self.folder.glob("*.done"))

    def _rows(self) -> list[Row]:
        return [(self.chance.randrange(40), self.chance.randrange(10**6)) for _ in range(self.chance.randint(1, 12))]

    def _write(self, name: str, rows: list[Row], *, done: bool) -> None:
        text = "id,score\n" + "".join(f"{id},{score}\n" for id, score in rows)
        path = self.folder / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        self.clock += 1
        os.utime(path, (self.clock, self.clock))
        if done:
            (self.folder / f"{name}.done").touch()
            os.utime(self.folder / f"{name}.done", (self.clock, self.clock))
            self.waiting[name] = rows

    def table(self, *, read: bool) -> list[Row]:
        """What the table has to hold. read: with all that waits."""
        rows = self.taken + (self._next() if read else [])
        return sorted(dict(rows).items()) if self.upsert else sorted(rows)

    def take(self) -> None:
        """All that waits was read."""
        self.taken += self._next()
        self.waiting.clear()

    def _next(self) -> list[Row]:
        """What the next run reads: of equal keys the record of the later name wins."""
        return [row for name in sorted(self.waiting) for row in self.waiting[name]]


@pytest.mark.soak
@pytest.mark.parametrize("seed", schedules(6))
def test_every_schedule_of_uploads_runs_and_kills_publishes_each_file_once(seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"files {seed}")
    upsert, after = seed % 2 == 0, ("archive", "leave", "delete")[seed % 3]
    ending = chance.choice([".csv", ".csv.gz"])
    mode = "upsert, key: id" if upsert else "append"
    workspace = Scheduled(
        tmp_path, {"connectors/people.yaml": CONNECTOR.format(ending=ending, after=after, mode=mode)}
    )
    (tmp_path / "store/landing").mkdir(parents=True)
    landing = Landing(tmp_path / "store/landing", chance, ending, upsert)
    landing.change()

    def run_and_compare() -> None:
        workspace.succeed()
        landing.take()
        assert workspace.rows(("id", "score")) == landing.table(read=False)

    run_and_compare()
    kills = 0
    for _ in range(24):
        kind = chance.random()
        if kind < 0.15 and kills < 3:
            kills += 1
            workspace.killed(chance)
            found = workspace.rows(("id", "score"))
            if found == landing.table(read=True):
                landing.take()
            assert found == landing.table(read=False), "a run that was killed published a part"
        elif kind < 0.3:
            run_and_compare()
        else:
            landing.change()
    run_and_compare()
    assert workspace.succeed().read == 0
    left = {path.name for path in (tmp_path / "store/landing").glob(f"*{ending}")}
    assert left >= set(landing.halves) and (after == "leave" or left == set(landing.halves))
