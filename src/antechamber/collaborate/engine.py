"""Running a statement in a process of its own, within limits of time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from antechamber.collaborate import sandbox
from antechamber.collaborate.files import View
from antechamber.errors import QueryFailed


@dataclass(frozen=True)
class Limits:
    """What one query may use.

    seconds: from its start to its answer.
    memory: bytes; what does not fit fails, nothing is written to disk.
    stopped: asked a few times a second; once it says so, the query is ended.
    """

    seconds: float = 300.0
    memory: int = 2 * 2**30
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    stopped: Callable[[], bool] = field(default=lambda: False, compare=False)


LOOKS = 0.2
"""Seconds between two looks at whether a query is to be stopped."""


def run(sql: str, views: Sequence[View], limits: Limits) -> pa.Table:
    """The rows of a DuckDB statement over these views.

    Raises QueryFailed, which says what limit was reached and nothing about any value.
    """
    job = sandbox.Job(
        files=[path for view in views for path in view.files],
        views=[view.sql for view in views],
        query=sql,
        memory=limits.memory,
        threads=limits.threads,
        seconds=limits.seconds,
    )
    # -I: neither the user's site directory nor the environment nor the working directory decides what is imported.
    command = [sys.executable, "-I", str(Path(sandbox.__file__))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as process:
        try:
            answer = _answer(process, json.dumps(job).encode(), limits)
        except subprocess.TimeoutExpired:
            raise QueryFailed(
                f"the query took longer than {limits.seconds:g} seconds and was stopped",
                remedy="join on columns with fewer duplicates, or ask about fewer rows",
            ) from None
        finally:
            process.kill()
    if process.returncode == sandbox.OUT_OF_MEMORY:
        raise QueryFailed(
            f"the query needed more than {limits.memory / 2**20:,.0f} MiB of memory",
            remedy="ask for fewer groups or fewer COUNT DISTINCT, or allow more memory",
        )
    if process.returncode != 0:
        raise QueryFailed("the query failed", remedy="the statement was allowed; look at the tables' health")
    with pa.ipc.open_stream(answer) as stream:
        return stream.read_all()


def _answer(process: subprocess.Popen[bytes], job: bytes, limits: Limits) -> bytes:
    """What the process writes. Raises TimeoutExpired after the limit, QueryFailed when it is to be stopped."""
    end = time.monotonic() + limits.seconds
    given: bytes | None = job
    while True:
        try:
            answer, _ = process.communicate(given, timeout=min(LOOKS, max(0.0, end - time.monotonic())))
            return answer
        except subprocess.TimeoutExpired:
            # What was given is kept by `communicate`, which must not be given anything again.
            given = None
            if time.monotonic() >= end:
                raise
        if limits.stopped():
            raise QueryFailed("the query was stopped", remedy="ask it again")
