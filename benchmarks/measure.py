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
LIMIT = 3600.0
"""Seconds after which a command has hung."""
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Every side keeps its compiled modules, whatever the shell says that started the benchmarks."""


class CommandFailed(Exception):
    """A measured command did not end with 0; holds the end of what it said."""


class NotInstalled(Exception):
    """A program that is compared with, or a server, is not on this machine; says how to get it."""


@dataclass(frozen=True)
class Measured:
    """One execution.

    seconds: wall time from start to end of the process, start-up and imports included.
    peak_bytes: the largest sum of resident memory of the process and its descendants that was seen. Pages that
        several of them share are counted once for each.
    cpu_seconds: processor time of the process and of those descendants that it waited for.
    """

    seconds: float
    peak_bytes: int
    cpu_seconds: float = 0.0


def measure(
    command: Sequence[str | Path], log: Path, *, environment: Mapping[str, str] | None = None, limit: float = LIMIT
) -> Measured:
    """Run a command to its end; what it prints goes to `log`. Raises CommandFailed."""
    shown = " ".join(Path(part).name for part in command[:3])
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **COMPILED, **(environment or {})},
        )
        try:
            peak, status, cpu = _watch(process, began + limit)
        except BaseException:
            _end(process)
            raise
        seconds = time.perf_counter() - began
    if status is None:
        raise CommandFailed(f"{shown} was ended after {limit:.0f} s:\n{_end_of(log)}")
    if status:
        raise CommandFailed(f"{shown} ended with {status}:\n{_end_of(log)}")
    return Measured(seconds, peak, cpu)


def _watch(process: subprocess.Popen[bytes], deadline: float) -> tuple[int, int | None, float]:
    """Peak memory, exit status (None: it was too slow and was ended) and processor time."""
    peak, late = 0, False
    while True:
        # Not poll(): only wait4 tells the processor time, and of exactly this process.
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            process.returncode = code
            return peak, None if late else code, usage.ru_utime + usage.ru_stime
        if not late and time.perf_counter() > deadline:
            late = True
            _kill(process)
        peak = max(peak, _resident(process))
        time.sleep(INTERVAL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing running behind an interrupted benchmark."""
    if process.returncode is None:
        _kill(process)
        os.waitpid(process.pid, 0)
        process.returncode = -9


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        top = psutil.Process(process.pid)
        tree = [*top.children(recursive=True), top]
    except psutil.Error:
        tree = []
    for member in tree:
        try:
            member.kill()
        except psutil.Error:
            continue  # ended meanwhile


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


def _resident(process: subprocess.Popen[bytes]) -> int:
    total = 0
    try:
        top = psutil.Process(process.pid)
        tree = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in tree:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue  # ended between the two looks
    return total
