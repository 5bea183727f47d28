"""Whole recipes, run whole: one file or many, small ones together or each alone, large blocks or small ones, and any
number of workers give the same table, byte for byte, and the same accounts."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from ruamel.yaml import YAML
from tests.end_to_end.conftest import TENANT_KEY
from tests.end_to_end.test_accounting import balances
from tests.prepare.steps.conftest import Record
from tests.prepare.steps.recipes_made import REFERENCE, TEXTS, connector, records

from antechamber import engine, lots, pipeline, working
from antechamber.catalog import open_catalog
from antechamber.declare import Connector, load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.read.csv import CsvReader


def deliver(root: Path, declared: Connector, everything: list[Record], files: int) -> Path:
    for folder in ("connectors", "keys", "store/landing"):
        (root / folder).mkdir(parents=True)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
    (root / "keys/k").write_text(TENANT_KEY)
    (root / "ref.csv").write_text(REFERENCE)
    with (root / "connectors/members.yaml").open("w") as file:
        YAML(typ="safe").dump(declared.model_dump(mode="json", exclude_unset=True), file)
    each = -(-len(everything) // files)
    for number in range(files):
        with (root / f"store/landing/{number:03}.csv").open("w", newline="") as out:
            writer = csv.DictWriter(out, ["id", *TEXTS, "made", "full"])
            writer.writeheader()
            writer.writerows(everything[number * each : (number + 1) * each])
    return root


def outcome(root: Path) -> tuple[pa.Table, RunRecord]:
    workspace = load_workspace(root)
    record = pipeline.run(workspace, "members")
    assert record.status in ("succeeded", "nothing new"), record.error
    assert balances(record)
    table = open_catalog(workspace.workspace, root).load_table(("acme", "members")).scan().to_arrow()
    return table.combine_chunks(), record


@pytest.mark.parametrize("seed", range(6))
def test_files_lots_blocks_and_workers_never_change_a_byte(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1000 + seed)
    declared = connector(chance, key=seed % 2 == 1)
    everything: list[Record] = list(records(chance, 400))
    table, record = outcome(deliver(tmp_path / "one", declared, everything, 1))

    def same(name: str, files: int) -> None:
        found, other = outcome(deliver(tmp_path / name, declared, everything, files))
        assert found.equals(table), declared.steps
        for count in ("read", "published", "quarantined", "replaced", "dropped", "nulled"):
            assert getattr(other, count) == getattr(record, count), (count, declared.steps)
        whole = sum((Counter(part.dropped) for part in other.partitions), Counter[str]())
        assert whole == Counter(record.dropped)

    same("in lots", 40)
    monkeypatch.setattr(lots, "SMALL", -1)
    same("file by file", 7)
    defaults = CsvReader.__init__.__kwdefaults__ or {}
    monkeypatch.setattr(CsvReader.__init__, "__kwdefaults__", {**defaults, "block": 2000})
    monkeypatch.setattr(working, "run_locally", lambda *given, **how: engine.run_locally(*given, workers=5, **how))
    same("in blocks", 2)
