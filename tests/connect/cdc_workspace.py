"""What the tests of change capture share: a workspace that captures one table, and looking at both ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.servers.postgres import Postgres

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Silent, Watcher

KEY = "0123456789abcdef" * 4
CONNECTOR = """
connector: people
tenant: acme
source:
  type: postgresql
  url: "file:keys/url"
  table: {table}
  incremental: cdc
  batch_rows: {batch_rows}
  cdc: {{create: {create}, slot: {slot}, publication: {slot}}}
{steps}columns:
{columns}
table: {{name: people, mode: upsert, key: {key}}}
"""
COLUMNS = ("id: {type: integer}", "name: {type: string}", "score: {type: integer}")


class Captured:
    """A workspace whose one connector captures a table, in process."""

    def __init__(
        self,
        root: Path,
        postgres: Postgres,
        table: str,
        *,
        columns: Sequence[str] = COLUMNS,
        key: str = "id",
        create: bool = True,
        url: str = "",
        batch_rows: int = 1000,
        steps: str = "",
    ) -> None:
        self.root, self.postgres, self.table = root, postgres, table
        self.slot = table.replace(".", "_").replace('"', "")
        texts = {
            "antechamber.yaml": 'workspace: w\ntenants: {acme: {key: "file:keys/acme.key"}}\n',
            "keys/acme.key": KEY,
            "keys/url": url or postgres.url(),
            "connectors/people.yaml": CONNECTOR.format(
                table=table,
                slot=self.slot,
                create=str(create).lower(),
                columns="\n".join(f"  {column}" for column in columns),
                key=key,
                batch_rows=batch_rows,
                steps=steps,
            ),
        }
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *, full: bool = False, watcher: Watcher | None = None) -> RunRecord:
        """One run, which must balance."""
        record = pipeline.run(load_workspace(self.root), "people", full=full, watcher=watcher or Silent())
        assert record.read == (
            record.published + record.quarantined + sum(record.dropped.values()) + record.replaced
        ), record
        return record

    def succeed(self, *, full: bool = False) -> RunRecord:
        """A run that must not fail."""
        record = self.run(full=full)
        assert record.status in ("succeeded", "nothing new"), record.error
        return record

    def refused(self, *, full: bool = False) -> str:
        """The error of a run that must fail."""
        record = self.run(full=full)
        assert record.status == "failed" and record.error is not None, record
        return f"{record.error['where']}: {record.error['what']}\n{record.error['remedy']}"

    def rows(self) -> list[dict[str, Any]]:
        """The published rows, by key."""
        declared = load_workspace(self.root)
        catalog = open_catalog(declared.workspace, declared.root)
        rows = catalog.load_table(("acme", "people")).scan().to_arrow().to_pylist()
        return sorted(rows, key=lambda row: tuple(str(value) for value in row.values()))

    def plain(self) -> list[tuple[Any, ...]]:
        """The published rows as tuples."""
        return [tuple(row.values()) for row in self.rows()]

    def confirmed(self) -> int:
        """From where on the slot still offers changes."""
        found = self.postgres.run(
            "SELECT (confirmed_flush_lsn - '0/0'::pg_lsn)::bigint FROM pg_replication_slots "
            f"WHERE slot_name = '{self.slot}'"
        )
        return int(str(found[0][0]))

    def drop(self) -> None:
        """Give the slot and the publication back."""
        self.postgres.run(
            "SELECT pg_drop_replication_slot(slot_name)::text FROM pg_replication_slots "
            f"WHERE slot_name = '{self.slot}'",
            f"DROP PUBLICATION IF EXISTS {self.slot}",
        )


def in_source(shop: Captured) -> list[tuple[Any, ...]]:
    """The source's rows as `plain` gives those of the table."""
    rows = shop.postgres.run(f"SELECT * FROM {shop.table}")
    return sorted(rows, key=lambda row: tuple(str(value) for value in row))


Capture = Callable[..., Captured]


@pytest.fixture
def capture(postgres: Postgres, schema: str, tmp_path: Path) -> Iterator[Capture]:
    """Makes the table `t` from its columns, and a workspace that captures it."""
    made: list[Captured] = []

    def make(made_of: str = "id int PRIMARY KEY, name text, score int", **declared: Any) -> Captured:
        postgres.run(f"CREATE TABLE {schema}.t ({made_of})")
        made.append(Captured(tmp_path / "ws", postgres, f"{schema}.t", **declared))
        return made[-1]

    yield make
    for captured in made:
        captured.drop()
