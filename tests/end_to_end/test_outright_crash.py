"""A database's records that are published as they come: killed in the midst of it, or cut off, and run again."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from tests.end_to_end.schedules import Scheduled
from tests.servers.postgres import Postgres, postgres

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.watch import Silent

__all__ = ["postgres"]

ROWS = 80_000
CONNECTOR = """
connector: people
tenant: acme
source: {type: postgresql, url: "file:keys/url", table: public.outright, batch_rows: 2000, patience: 60}
columns:
  id: {type: integer}
  email: {type: email, protect: sha256}
  amount: {type: decimal, precision: 12, scale: 2}
  pad: {type: string}
table: {name: people, mode: MODE, file_size_mb: 1}
"""

KILLED_ONCE_FILES_ARE_THERE = textwrap.dedent("""
    import os, signal
    from pathlib import Path
    from antechamber import pipeline
    from antechamber.declare import load_workspace
    from antechamber.operate.watch import Silent

    class Killer(Silent):
        def advance(self, *, rows, size):
            if len(list(Path(".").rglob("data/*.parquet"))) > 1:
                os.kill(os.getpid(), signal.SIGKILL)

    pipeline.run(load_workspace(Path(".")), "people", watcher=Killer())
""")


@pytest.fixture(scope="module")
def orders(postgres: Postgres) -> Postgres:
    postgres.run(
        "CREATE TABLE public.outright AS SELECT i AS id, 'Member.' || i || '@Example.com' AS email, "
        # More in all than the buffers between the server and its reader hold.
        "(i % 99999)::numeric(12,2) / 100 AS amount, repeat(md5(i::text), 25) AS pad "
        f"FROM generate_series(1, {ROWS}) i",
        "ALTER TABLE public.outright ADD PRIMARY KEY (id)",
        "ANALYZE public.outright",
    )
    return postgres


def workspace(server: Postgres, root: Path, mode: str = "upsert, key: id") -> Scheduled:
    return Scheduled(root, {"keys/url": server.url(), "connectors/people.yaml": CONNECTOR.replace("MODE", mode)})


def files(made: Scheduled) -> set[str]:
    return {path.name for path in made.root.rglob("data/*.parquet")}


@pytest.mark.parametrize("mode", ["upsert, key: id", "append"])
def test_a_run_killed_when_data_files_are_there_already_is_simply_run_again(
    orders: Postgres, tmp_path: Path, mode: str
) -> None:
    made = workspace(orders, tmp_path, mode)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_ONCE_FILES_ARE_THERE], cwd=made.root, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = files(made)
    assert before, "it was killed before there was anything to leave behind"
    record = made.run()
    assert record.status == "succeeded" and record.published == ROWS, record.error
    assert made.rows(["id"]) == [(n,) for n in range(1, ROWS + 1)]
    assert not files(made) & before
    assert all(record.run in name for name in files(made))
    assert not [path for path in (made.root / ".antechamber/scratch").rglob("*") if path.is_file()]


def test_a_connection_that_is_lost_leaves_no_file_of_what_was_read_before(orders: Postgres, tmp_path: Path) -> None:
    made = workspace(orders, tmp_path)
    seen: list[set[str]] = []
    at_work = threading.Lock()
    ends = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'antechamber'"

    class Disturber(Silent):
        def advance(self, *, rows: int, size: int) -> None:
            with at_work:
                if not seen and files(made):
                    seen.append(files(made))
                    orders.run(ends)

    record = pipeline.run(load_workspace(made.root), "people", watcher=Disturber())
    assert record.status == "succeeded" and record.published == ROWS, record.error
    assert seen and "tried 2 times" in " ".join(record.notes)
    assert made.rows(["id"]) == [(n,) for n in range(1, ROWS + 1)]
    declared = load_workspace(made.root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))
    assert files(made) == {Path(task.file.file_path).name for task in table.scan().plan_files()}
