"""The profile of a connector's table: facts, what changed since the last run, and the small cells of its shares."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.collaborate.files import view
from antechamber.declare import Connector, Declarations
from antechamber.errors import AntechamberError
from antechamber.job import connector_of
from antechamber.operate.runs import load_all
from antechamber.profile.cells import SmallCells, small_cells
from antechamber.profile.drift import Drift, drift
from antechamber.profile.facts import ColumnFacts, facts
from antechamber.publish import PublishedRun, runs_in

MEMORY = "1GB"
"""What DuckDB may hold; the rest goes to the scratch folder, as protected as it is in the table."""


@dataclass(frozen=True)
class Profile:
    """What is told of a table. It holds no value of an identity column, and of others only frequent ones.

    reasons: column → reason → values that became null in the last run. against: the run that drift is told against.
    """

    connector: str
    tenant: str
    table: str
    records: int
    run: str
    committed: str
    account: Mapping[str, object]
    columns: tuple[ColumnFacts, ...]
    reasons: Mapping[str, Mapping[str, int]]
    against: str
    drift: tuple[Drift, ...]
    cells: tuple[SmallCells, ...]

    def as_json(self) -> dict[str, Any]:
        """The profile as `--json` prints it."""
        return asdict(self)


def profile(declared: Declarations, name: str) -> Profile:
    """The profile of the table's current snapshot. Raises AntechamberError: nothing is published yet."""
    connector = connector_of(declared, name)
    table = _table(declared, connector)
    runs = [run for run in runs_in(table) if run.connector == name]
    current, before = _last_two(table, runs)
    layout = Layout.of(declared.workspace, declared.root)
    with duckdb.connect() as database, _scratch(layout) as folder:
        database.execute(f"SET temp_directory = '{folder}'")
        database.execute(f"SET memory_limit = '{MEMORY}'")
        there = {field.name for field in table.schema().fields}
        columns = {each: column for each, column in connector.published.items() if each in there}
        database.execute(view("now", table, list(columns)).sql)
        keys = connector.table.keys
        now = facts(database, "now", columns, keys=keys)
        earlier: Sequence[ColumnFacts] = ()
        if before is not None:
            database.execute(view("then", table, list(columns), snapshot=before.snapshot_id).sql)
            earlier = facts(database, "then", columns, keys=keys, like={each.name: each for each in now})
        cells = small_cells(database, "now", connector)
    return Profile(
        connector=name,
        tenant=connector.tenant,
        table=connector.table.name,
        records=now[0].records if now else 0,
        run=current.run_id,
        committed=current.committed.isoformat(timespec="seconds"),
        account=current.account,
        columns=tuple(now),
        reasons=_reasons(layout, connector, current.run_id),
        against=before.run_id if before is not None else "",
        drift=tuple(drift(earlier, now)),
        cells=tuple(cells),
    )


def _table(declared: Declarations, connector: Connector) -> Table:
    space = namespace(connector.tenant, declared.workspace.tenants[connector.tenant])
    try:
        return open_catalog(declared.workspace, declared.root).load_table((space, connector.table.name))
    except NoSuchTableError:
        raise _nothing(connector) from None


def _last_two(table: Table, runs: Sequence[PublishedRun]) -> tuple[PublishedRun, PublishedRun | None]:
    """The runs that made the table what it is, and what it was before; the second is None where none is known."""
    head = table.current_snapshot()
    mine = [run for run in runs if head is not None and run.snapshot_id == head.snapshot_id] or list(runs[-1:])
    if not mine:
        raise AntechamberError(
            "no run of this connector is known to the table",
            where=".".join(table.name()),
            remedy="run it, then ask again",
        )
    position = list(runs).index(mine[-1])
    return mine[-1], runs[position - 1] if position else None


def _scratch(layout: Layout) -> tempfile.TemporaryDirectory[str]:
    folder: Path = layout.scratch / "profile"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder)


def _reasons(layout: Layout, connector: Connector, run_id: str) -> Mapping[str, Mapping[str, int]]:
    records = load_all(layout.runs(connector.tenant, connector.connector), running=None)
    return next((record.nulled for record in records if record.run == run_id), {})


def _nothing(connector: Connector) -> AntechamberError:
    name = connector.connector
    return AntechamberError("nothing is published yet", where=name, remedy=f"antechamber run {name}, then ask again")
