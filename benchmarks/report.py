"""Reports: what was measured, as JSON for machines and as a Markdown table for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Measured


@dataclass
class Side:
    """One way of doing the work.

    rows: records that it was given. runs: one for each round, in order. note: what it does not do, or "".
    """

    name: str
    rows: int
    runs: list[Measured] = field(default_factory=list)
    note: str = ""

    @property
    def best(self) -> float:
        """The shortest time, in seconds."""
        return min(run.seconds for run in self.runs)

    @property
    def peak(self) -> int:
        """The most memory of all runs, in bytes."""
        return max(run.peak_bytes for run in self.runs)


@dataclass
class Result:
    """A comparison: the first side is the product with its usual input. remarks: sentences for below the table."""

    name: str
    title: str
    sides: list[Side]
    remarks: list[str] = field(default_factory=list)


Turn = tuple[Side, Callable[[int], Measured]]
"""A side, and what measures it once when given the round's number."""


def in_turns(sides: list[Turn], rounds: int) -> Iterator[str]:
    """Measure each side once in every round, so that a change of the machine hits all; yields a line for each."""
    for number in range(1, rounds + 1):
        for side, run in sides:
            measured = run(number)
            side.runs.append(measured)
            yield f"round {number}: {side.name}: {measured.seconds:.1f} s, {measured.peak_bytes / 1e6:,.0f} MB"


def markdown(result: Result) -> str:
    """The comparison as a table; ratios are of best times."""
    ours = result.sides[0]
    lines = [
        f"### {result.title}",
        "",
        "| side | best | all rounds | rows/s | peak memory | time against the first |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for side in result.sides:
        rounds = ", ".join(f"{run.seconds:.1f}" for run in side.runs)
        lines.append(
            f"| {side.name} | {side.best:.1f} s | {rounds} | {side.rows / side.best:,.0f} | "
            f"{side.peak / 1e6:,.0f} MB | {side.best / ours.best:.2f}× |"
        )
    lines += ["", *(f"- {side.name}: {side.note}" for side in result.sides if side.note)]
    lines += [f"- {remark}" for remark in result.remarks]
    return "\n".join(lines).rstrip() + "\n"


def save(result: Result, folder: Path) -> str:
    """Write `<name>.json` and `<name>.md` into the folder; gives the table."""
    facts = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()},
        **asdict(result),
    }
    table = markdown(result)
    (folder / f"{result.name}.json").write_text(json.dumps(facts, indent=1) + "\n")
    (folder / f"{result.name}.md").write_text(table)
    return table
