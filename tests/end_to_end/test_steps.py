"""Connectors with steps, run whole: records are accounted for, and the table is what a run over all would give."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.end_to_end.conftest import TENANT_KEY
from tests.end_to_end.test_accounting import balances

from antechamber import pipeline
from antechamber.catalog import namespace, open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord

CONNECTOR = """
connector: members
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0}
steps:
  - rename: {Id: id}
  - derive: {value: {sql: "CAST(amount AS INTEGER) * 2", on_error: quarantine}}
  - filter: "status <> 'off'"
  - lookup: {file: ref.csv, on: {status: code}, take: {label: label}, missing: drop}
columns:
  id: {type: id}
  value: {type: integer}
  label: {type: string}
table: TABLE
"""
UPSERT, APPEND = "{name: members, mode: upsert, key: id}", "{name: members}"

RECORD = st.tuples(
    st.sampled_from(["1", "2", "3", "4", ""]),
    st.sampled_from(["1", "2", "30", "x", "", "9999999999"]),
    st.sampled_from(["on", "off", "new", "?", ""]),
)


def workspace(root: Path, table: str) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("connectors", "keys", "store/landing"):
        (root / folder).mkdir(parents=True)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
    (root / "keys/k").write_text(TENANT_KEY)
    (root / "ref.csv").write_text("code,label\non,On\nnew,New\noff,Off\n")
    (root / "connectors/members.yaml").write_text(CONNECTOR.replace("TABLE", table))
    return root


def deliver(root: Path, name: str, records: list[tuple[str, str, str]]) -> None:
    lines = ["Id,amount,status", *(",".join(record) for record in records)]
    (root / f"store/landing/{name}.csv").write_text("\n".join(lines) + "\n")


def run(root: Path) -> RunRecord:
    record = pipeline.run(load_workspace(root), "members")
    assert record.status in ("succeeded", "nothing new"), record.error or [part.error for part in record.partitions]
    assert balances(record)
    assert all(balances(part) for part in record.partitions)
    return record


def rows(root: Path) -> pa.Table:
    declared = load_workspace(root)
    catalog = open_catalog(declared.workspace, root)
    space = namespace("acme", declared.workspace.tenants["acme"])
    return catalog.load_table((space, "members")).scan().to_arrow()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(RECORD, max_size=8), min_size=1, max_size=4), st.sampled_from([UPSERT, APPEND]))
def test_any_files_balance_and_one_run_a_file_ends_where_one_run_over_all_does(
    tmp_path: Path, files: list[list[tuple[str, str, str]]], table: str
) -> None:
    whole = workspace(tmp_path / "whole", table)
    for number, records in enumerate(files):
        deliver(whole, f"{number}", records)
    run(whole)
    piecewise = workspace(tmp_path / "piecewise", table)
    for number, records in enumerate(files):
        deliver(piecewise, f"{number}", records)
        run(piecewise)

    def sorted_rows(root: Path) -> list[str]:
        return sorted(map(str, rows(root).to_pylist()))

    assert sorted_rows(piecewise) == sorted_rows(whole)


def test_a_record_that_no_longer_passes_leaves_the_table(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", UPSERT)
    deliver(root, "1", [("1", "5", "on"), ("2", "6", "on"), ("3", "7", "new")])
    assert run(root).published == 3
    deliver(root, "2", [("1", "5", "off"), ("3", "7", "gone"), ("4", "8", "on")])
    second = run(root)
    assert second.dropped == {"filter (step 3)": 1, "lookup (step 4)": 1}
    assert sorted(row["id"] for row in rows(root).to_pylist()) == ["2", "4"]


def test_small_files_stay_on_their_own_account_when_steps_drop_their_records(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", APPEND)
    chance = random.Random(4)
    expected = {}
    for number in range(20):
        records = [(str(n), "1", chance.choice(["on", "off"])) for n in range(chance.randrange(1, 9))]
        deliver(root, f"{number:02}", records)
        expected[f"{number:02}.csv"] = sum(status == "off" for _, _, status in records)
    record = run(root)
    assert {part.id: sum(part.dropped.values()) for part in record.partitions} == expected


@pytest.mark.parametrize("name", ["ref.csv"])
def test_a_reference_file_with_a_key_twice_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    root = workspace(tmp_path / "w", APPEND)
    (root / name).write_text('code,label\non,"two\nlines"\nnew,New\non,Again\n')
    deliver(root, "1", [("1", "5", "on")])
    record = pipeline.run(load_workspace(root), "members")
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["where"].endswith("steps[3].lookup: ref.csv:5")
    assert record.error["what"] == "the key of this record came before"
