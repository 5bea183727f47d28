"""The process in which a query runs: DuckDB over the files of the query's tables, and nothing else.

Run as a script by `engine`, in a process of its own without an environment, it reads a job (JSON) from standard
input and writes the answer (an Arrow stream) to standard output. It imports nothing of this package, so that it
starts fast and knows no more than the job says. Nothing that DuckDB says of an error leaves the process, because it
can quote a value: the exit status tells apart what may be told.
"""

from __future__ import annotations

import contextlib
import json
import math
import signal
import sys
from typing import TypedDict

import duckdb
import pyarrow as pa

OUT_OF_MEMORY = 10
FAILED = 11


class Job(TypedDict):
    """What the process is given.

    files: the absolute paths that may be read.
    views: CREATE VIEW statements over them.
    query: the SELECT statement.
    memory: bytes that DuckDB may use.
    seconds: time after which the process ends itself.
    """

    files: list[str]
    views: list[str]
    query: str
    memory: int
    threads: int
    seconds: float


def connect(files: list[str], *, memory: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A connection that reads these files, writes nowhere, loads nothing, and cannot be set otherwise again."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_persistent_secrets": "false",
            "memory_limit": f"{memory}B",
            "threads": str(threads),
            # What does not fit in memory fails: nothing of a table is written to disk.
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "preserve_insertion_order": "false",
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def main() -> int:
    """Run the job of standard input. Returns the exit status."""
    job: Job = json.load(sys.stdin)
    _limit(job)
    try:
        connection = connect(job["files"], memory=job["memory"], threads=job["threads"])
        for view in job["views"]:
            connection.execute(view)
        answer = connection.execute(job["query"]).to_arrow_table()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, answer.schema) as stream:
            stream.write_table(answer)
        sys.stdout.buffer.write(sink.getvalue())
        sys.stdout.buffer.flush()
    except (duckdb.OutOfMemoryException, MemoryError):
        return OUT_OF_MEMORY
    except Exception:  # whatever it says may quote a value
        return FAILED
    return 0


def _limit(job: Job) -> None:
    """Bound the process from within, should the one that started it be gone: time, files, memory."""
    signal.alarm(math.ceil(job["seconds"]) + 1)
    with contextlib.suppress(ImportError):
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits = (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CPU, math.ceil(job["seconds"]) * job["threads"] + 10),
            # The interpreter, the libraries and the stacks of the threads reserve addresses beside DuckDB's memory.
            (resource.RLIMIT_AS, job["memory"] * 2 + 4 * 2**30),
        )
        for kind, limit in limits:
            # macOS accepts no limit on addresses; a lower limit may be in force.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())
