"""Measuring: a command in a process of its own, its time, and the memory of everything it started."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL = 0.05
"""Seconds between two looks at the memory."""


class CommandFailed(Exception):
    """A measured command did not end with 0; holds the end of what it said."""


@dataclass(frozen=True)
class Measured:
    """One execution.

    seconds: wall time from start to end of the process, start-up and imports included.
    peak_bytes: the largest sum of resident memory of the process and its descendants that was seen. Pages that
        several of them share are counted once for each.
    """

    seconds: float
    peak_bytes: int


def measure(command: Sequence[str | Path], log: Path, *, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end; what it prints goes to `log`. Raises CommandFailed."""
    with log.open("wb") as output:
        began = time.perf_counter()
        process = psutil.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process))
            time.sleep(INTERVAL)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise CommandFailed(
            f"{command[0]} ended with {process.returncode}:\n{log.read_text(errors='replace')[-4000:]}"
        )
    return Measured(seconds, peak)


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in tree:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue  # ended between the two looks
    return total
