"""Reports: what was measured, as JSON for machines and as a Markdown table for people."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import nan
from pathlib import Path

from benchmarks.measure import CommandFailed, Measured


@dataclass
class Side:
    """One way of doing the work.

    rows: records that it was given. runs: one for each round, in order. note: what it does not do, or "".
    failure: why it was given up, or "".
    """

    name: str
    rows: int
    runs: list[Measured] = field(default_factory=list)
    note: str = ""
    failure: str = ""

    @property
    def best(self) -> float:
        """The shortest time, in seconds; not a number when it never came to an end."""
        return min((run.seconds for run in self.runs), default=nan)

    @property
    def peak(self) -> int:
        """The most memory of all runs, in bytes."""
        return max((run.peak_bytes for run in self.runs), default=0)

    @property
    def load(self) -> float:
        """Cores that its fastest run kept busy, on average."""
        fastest = min(self.runs, key=lambda run: run.seconds, default=None)
        return fastest.cpu_seconds / fastest.seconds if fastest else nan


@dataclass
class Result:
    """A comparison: the first side is the product with its usual input.

    remarks: sentences for below the table. unit: what `rows` of the sides counts.
    """

    name: str
    title: str
    sides: list[Side]
    remarks: list[str] = field(default_factory=list)
    unit: str = "rows"


Turn = tuple[Side, Callable[[int], Measured]]
"""A side, and what measures it once when given the round's number."""


def in_turns(sides: list[Turn], rounds: int) -> Iterator[str]:
    """Measure each side once in every round, so that a change of the machine hits all; yields a line for each.

    A side other than the first that fails is left out from then on: hours of the others shall not be lost for it.
    Raises CommandFailed for the first.
    """
    for number in range(1, rounds + 1):
        for side, run in sides:
            if side.failure:
                continue
            try:
                measured = run(number)
            except CommandFailed as failed:
                if side is sides[0][0]:
                    raise
                side.failure = str(failed)
                yield f"round {number}: {side.name} failed: {failed}"
                continue
            side.runs.append(measured)
            yield f"round {number}: {side.name}: {measured.seconds:.1f} s, {measured.peak_bytes / 1e6:,.0f} MB"


def show(sides: list[Turn], rounds: int) -> list[Side]:
    """Measure as `in_turns` does, and print its lines as they come."""
    for line in in_turns(sides, rounds):
        say(line)
    return [side for side, _ in sides]


def say(line: str) -> None:
    """Tell how far the benchmark has come."""
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def markdown(result: Result) -> str:
    """The comparison as a table; ratios are of best times."""
    ours = result.sides[0]
    lines = [
        f"### {result.title}",
        "",
        f"| side | best | all rounds | {result.unit}/s | cores busy | peak memory | time against the first |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for side in result.sides:
        if not side.runs:
            lines.append(f"| {side.name} | failed | | | | | |")
            continue
        rounds = ", ".join(f"{run.seconds:.1f}" for run in side.runs)
        lines.append(
            f"| {side.name} | {side.best:.1f} s | {rounds} | {side.rows / side.best:,.0f} | "
            f"{side.load:.2f} | {side.peak / 1e6:,.0f} MB | {side.best / ours.best:.2f}× |"
        )
    lines += ["", *(f"- {side.name}: {side.note}" for side in result.sides if side.note)]
    lines += [f"- {side.name} failed: {side.failure.splitlines()[-1]}" for side in result.sides if side.failure]
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
