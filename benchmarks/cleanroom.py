"""The clean room: the overlap of two tables on hashed e-mails, from 50 people on, against the same SQL in DuckDB."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog

from antechamber.collaborate import Limits, Room, SharedTable
from antechamber.collaborate.sandbox import connect
from antechamber.declare.collaboration import Collaboration
from antechamber.declare.share import Rule
from benchmarks.measure import Measured
from benchmarks.report import Result, Side, Turn, in_turns, say

LEAST = 50
SQL = (
    "SELECT m.tier, m.region, v.plan, COUNT(DISTINCT m.email) AS people "
    "FROM members m JOIN viewers v ON m.email = v.email GROUP BY m.tier, m.region, v.plan"
)
MEMORY = 12 * 2**30
LOOKS = 50
"""How often a statement is checked and rewritten for its time."""

_TABLES = {
    "members": "SELECT sha256('person' || i) AS email, 'tier' || (hash(i) % 5) AS tier, "
    "'region' || (hash(i + 1) % 40) AS region FROM range({rows}) t(i)",
    "viewers": "SELECT sha256('person' || (i + {rows} // 2)) AS email, 'plan' || (hash(i + 2) % 8) AS plan "
    "FROM range({rows}) t(i)",
}


class AnswersDiffer(Exception):
    """The sides did not give the same rows."""


def overlap(out: Path, rows: int, rounds: int) -> Result:
    """Two tables of so many rows, of which half overlap, by three dimensions, told from 50 people on."""
    folder = Path(tempfile.mkdtemp(prefix="cleanroom-", dir=_folder(out)))
    try:
        files = _files(_folder(out) / "inputs", rows)
        rooms = {kind: _room(folder, files, kind) for kind in ("aggregation", "custom")}
        answers: dict[str, list[tuple[Any, ...]]] = {}
        bare = Side("bare DuckDB", rows, note="the same SQL and HAVING, no rules, no process of its own")
        sides = [(Side(f"room, {kind} rule", rows), _ask(rooms[kind], answers, kind)) for kind in rooms]
        turns: list[Turn] = [*sides, (bare, _bare(files, answers))]
        for line in in_turns(turns, rounds):
            say(line)
        if any(answer != answers["bare"] for answer in answers.values()):
            raise AnswersDiffer("the rooms and DuckDB gave different rows")
        remarks = [
            f"checking and rewriting, {kind} rule: {_look(room):.1f} ms (median)" for kind, room in rooms.items()
        ]
        title = f"Overlap of two tables of {rows:,} rows on hashed e-mails, from {LEAST} people on"
        return Result("cleanroom", title, [side for side, _ in turns], remarks)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out


def _files(folder: Path, rows: int) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, sql in _TABLES.items():
        found[name] = path = folder / f"cleanroom-{name}-{rows}.parquet"
        if not path.exists():
            duckdb.sql(f"COPY ({sql.format(rows=rows)}) TO '{path}' (FORMAT parquet)")
    return found


def _room(folder: Path, files: dict[str, Path], kind: str) -> Room:
    """Both tables under a rule of the kind, in a catalog of its own over the same files."""
    catalog = SqlCatalog(kind, uri=f"sqlite:///{folder}/{kind}.db", warehouse=f"file://{folder}/{kind}")
    catalog.create_namespace("bench")
    dimensions = {"members": ["tier", "region"], "viewers": ["plan"]}
    tables = {}
    for name, path in files.items():
        table = catalog.create_table(f"bench.{name}", schema=pq.read_schema(path))
        table.add_files([str(path)])
        rule = {
            "aggregation": {
                "aggregate": [{"columns": ["email"], "function": "COUNT DISTINCT"}],
                "join": ["email"],
                "dimensions": dimensions[name],
                "minimum": {"column": "email", "count": LEAST},
            },
            "custom": {
                "analyses": ["ANY_QUERY"],
                "providers": ["acme"],
                "threshold": {"identity": "email", "count": LEAST},
            },
        }
        only = Rule.model_validate({kind: rule[kind]}).only
        tables[name] = SharedTable(name, "acme", tuple(pq.read_schema(path).names), only, table)
    members = {"acme": {"abilities": ["query", "receive"]}, "streamly": {}}
    collaboration = Collaboration.model_validate({"collaboration": "bench", "members": members})
    return Room(collaboration, tables, Limits(seconds=3600, memory=MEMORY))


def _ask(room: Room, answers: dict[str, list[tuple[Any, ...]]], kind: str) -> Callable[[int], Measured]:
    def run(_: int) -> Measured:
        began = time.perf_counter()
        table = room.answer(SQL, member="acme").table
        seconds = time.perf_counter() - began
        answers[kind] = sorted(zip(*table.to_pydict().values(), strict=True))
        return Measured(seconds, 0)

    return run


def _bare(files: dict[str, Path], answers: dict[str, list[tuple[Any, ...]]]) -> Callable[[int], Measured]:
    def run(_: int) -> Measured:
        began = time.perf_counter()
        paths = [str(path) for path in files.values()]
        with connect(paths, memory=MEMORY, threads=os.cpu_count() or 1) as connection:
            for name, path in files.items():
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
            rows = connection.execute(f"{SQL} HAVING COUNT(DISTINCT m.email) >= {LEAST}").fetchall()
        seconds = time.perf_counter() - began
        answers["bare"] = sorted(rows)
        return Measured(seconds, 0)

    return run


def _look(room: Room) -> float:
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        room.explain(SQL, member="acme")
        times.append(1_000 * (time.perf_counter() - began))
    return statistics.median(times)
