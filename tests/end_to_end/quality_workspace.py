"""A workspace whose connector has quality rules: people in CSV files, and what runs make of them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import TENANT_KEY
from tests.end_to_end.test_accounting import balances

from antechamber import pipeline
from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.publish import QuarantinedRecord, list_quarantine, parse_key, read_quarantine

CONNECTOR = """
connector: people
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0, after: archive}
STEPS
columns:
  id: {type: id QUALITY_ID}
  email: {type: email, protect: sha256 QUALITY_EMAIL}
  n: {type: integer QUALITY_N}
  seen: {type: timestamp QUALITY_SEEN}
table: TABLE
QUALITY_TABLE
"""
TABLES = {
    "append": "{name: people}",
    "replace": "{name: people, mode: replace}",
    "upsert": "{name: people, mode: upsert, key: id}",
}

Person = tuple[str, str, str, str]


class People:
    """The workspace in a folder."""

    def __init__(self, root: Path, mode: str = "append", *, table: str = "", steps: str = "", **columns: str) -> None:
        shutil.rmtree(root, ignore_errors=True)
        for folder in ("connectors", "keys", "store/landing"):
            (root / folder).mkdir(parents=True)
        (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
        (root / "keys/k").write_text(TENANT_KEY)
        (root / "ids.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(1, 9)))
        self.root = root
        self.mode = mode
        self.declare(table=table, steps=steps, **columns)

    def declare(self, *, table: str = "", steps: str = "", **columns: str) -> None:
        """Declare the connector again. table: its quality rules; columns: those of columns."""
        text = CONNECTOR.replace("TABLE\n", TABLES[self.mode] + "\n", 1)
        text = text.replace("STEPS", steps).replace("QUALITY_TABLE", f"quality: {table}" if table else "")
        for name in ("id", "email", "n", "seen"):
            said = columns.get(name)
            text = text.replace(f" QUALITY_{name.upper()}", f", quality: {said}" if said else "")
        (self.root / "connectors/people.yaml").write_text(text)

    def deliver(self, name: str, people: Sequence[Person]) -> None:
        """A file in landing."""
        lines = ["id,email,n,seen", *(",".join(person) for person in people)]
        (self.root / f"store/landing/{name}.csv").write_text("\n".join(lines) + "\n")

    def run(self, name: str = "people", **how: Any) -> RunRecord:
        """One run, whose accounts balance."""
        record = pipeline.run(load_workspace(self.root), name, **how)
        assert balances(record)
        assert all(balances(part) for part in record.partitions)
        return record

    def rows(self, table: str = "people") -> list[dict[str, Any]]:
        """What is published, by id."""
        declared = load_workspace(self.root)
        catalog = open_catalog(declared.workspace, self.root)
        name = (namespace("acme", declared.workspace.tenants["acme"]), table)
        if not catalog.table_exists(name):
            return []
        rows: list[dict[str, Any]] = catalog.load_table(name).scan().to_arrow().to_pylist()
        return sorted(rows, key=lambda row: (str(row["id"]), str(row)))

    def ids(self) -> list[str]:
        """The published ids."""
        return [row["id"] for row in self.rows()]

    def held_back(self) -> list[QuarantinedRecord]:
        """All records in quarantine."""
        declared = load_workspace(self.root)
        place = Layout.of(declared.workspace, self.root).quarantine("acme", "people")
        key = parse_key(TENANT_KEY)
        return [record for run in list_quarantine(place) for record in read_quarantine(place, run, key)]

    def landing(self) -> list[str]:
        """The files that lie in landing."""
        return sorted(path.name for path in (self.root / "store/landing").iterdir())


def outcome(record: RunRecord, rule: str) -> tuple[str, int, int]:
    """(outcome, checked, failed) of the run's only rule of that name."""
    (found,) = [each for each in record.quality if each["rule"] == rule]
    return found["outcome"], found["checked"], found["failed"]
