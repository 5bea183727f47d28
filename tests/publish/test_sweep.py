"""After a run was killed anywhere, running again leaves the table as if nothing had happened, and no left-overs."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.table import Table
from tests.publish.publisher import Publisher, rows_of

from antechamber.errors import PublishError
from antechamber.publish import Stamp, commit, sweep

ONE, TWO = (1, "a", None), (2, "b", None)

KILLED = """
import itertools, os, signal, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table
from tests.publish.publisher import Publisher

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[2]
if place == "within a data file":
    real = pq.ParquetWriter.write_table
    def half(self, *args, **named):
        real(self, *args, **named)
        die()
    pq.ParquetWriter.write_table = half
publisher = Publisher(Path(sys.argv[1]))
if place == "after the manifests":
    Table._do_commit = die
if place == "before the catalog's answer":
    real_write = SqlCatalog._write_metadata
    def wrote(*args, **named):
        real_write(*args, **named)
        die()
    SqlCatalog._write_metadata = staticmethod(wrote)
if place == "after the catalog's answer":
    real_commit = Table._do_commit
    def done(self, *args, **named):
        real_commit(self, *args, **named)
        die()
    Table._do_commit = done
if place == "before the commit":
    publisher.write(publisher.table(), [[(1, "new", None), (9, "i", None)]], run_id="killed")
    die()
publisher.run([[(1, "new", None), (9, "i", None)]], mode="upsert", keys=("id",), run_id="killed")
"""


@pytest.mark.parametrize(
    ("place", "lands"),
    [
        ("within a data file", False),
        ("before the commit", False),
        ("after the manifests", False),
        ("before the catalog's answer", False),
        ("after the catalog's answer", True),
    ],
)
def test_a_run_killed_anywhere_publishes_once_and_leaves_nothing(tmp_path: Path, place: str, lands: bool) -> None:
    publisher = Publisher(tmp_path)
    publisher.run([[ONE, TWO]], run_id="first")
    before = publisher.stored()
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), place], cwd=root, check=False)
    assert ended.returncode == -signal.SIGKILL
    expected = [(1, "new", None), TWO, (9, "i", None)]
    assert rows_of(publisher.table()) == (expected if lands else [ONE, TWO])
    sweep(publisher.table())
    if not lands:
        # The metadata file that the catalog never heard of could be of a writer under way: the next commit shows it.
        left = publisher.stored() - before
        assert len(left) == (place == "before the catalog's answer")
        assert all(name.endswith(".metadata.json") for name in left)
    publisher.run([[(1, "new", None), (9, "i", None)]], mode="upsert", keys=("id",), run_id="again")
    sweep(publisher.table())
    assert rows_of(publisher.table()) == expected
    table = publisher.table()
    known = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    stored = {name for name in publisher.stored() if name.endswith(".metadata.json")}
    assert stored == {name.partition("/members/")[2] for name in known}


def test_runs_under_way_and_files_of_others_are_left_alone(publisher: Publisher) -> None:
    table = publisher.table()
    publisher.run([[ONE]])
    table = publisher.table()
    running = publisher.write(table, [[TWO]], run_id="running")
    publisher.write(table, [[TWO]], run_id="dead")
    data = publisher.folder / "store" / "members" / "data"
    metadata = publisher.folder / "store" / "members" / "metadata"
    foreign = [
        data / f"00000-5-{uuid.uuid4()}-00001.parquet",
        data / "notes.txt",
        metadata / f"{uuid.uuid4()}-m0.avro",
    ]
    for path in foreign:
        path.write_bytes(b"x")
    assert sweep(table, keep=("running",)) == ["data/antechamber-dead-00000.parquet"]
    assert all(path.exists() for path in foreign)
    commit(table, running, mode="append", stamp=Stamp("running", "loyalty"))
    assert rows_of(table) == [ONE, TWO]


def test_files_that_only_an_older_snapshot_needs_stay(publisher: Publisher) -> None:
    publisher.run([[ONE]])
    publisher.run([[TWO]], mode="replace")
    publisher.write(publisher.table(), [[TWO]], run_id="dead")
    table = publisher.table()
    sweep(table)
    first = table.metadata.snapshots[0].snapshot_id
    assert table.scan(snapshot_id=first).to_arrow().num_rows == 1


def test_files_in_use_stay_though_their_runs_snapshot_expired(publisher: Publisher) -> None:
    publisher.run([[ONE]])
    publisher.run([[TWO]])
    publisher.write(publisher.table(), [[TWO]], run_id="dead")
    table = publisher.table()
    table.maintenance.expire_snapshots().by_id(table.metadata.snapshots[0].snapshot_id).commit()
    assert [name for name in sweep(table) if name.startswith("data/")] == ["data/antechamber-dead-00000.parquet"]
    assert rows_of(publisher.table()) == [ONE, TWO]


def test_a_conflicts_left_overs_are_swept_by_the_next_run(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.run([[ONE]])
    table = publisher.table()
    files = publisher.write(table, [[(1, "x", None)]], run_id="loser")
    real = Table._do_commit

    def meanwhile(self: Table, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(Table, "_do_commit", real)
        publisher.run([[TWO]])
        real(self, *args, **named)

    monkeypatch.setattr(Table, "_do_commit", meanwhile)
    with pytest.raises(PublishError):
        commit(table, files, mode="upsert", keys=("id",), stamp=Stamp("loser", "loyalty"))
    swept = sweep(publisher.table())
    assert len([name for name in swept if name.startswith("data/antechamber-loser-")]) == 1
    assert len([name for name in swept if name.endswith(".avro")]) >= 2
    assert sweep(publisher.table()) == []
    assert rows_of(publisher.table()) == [ONE, TWO]
