"""Quarantine is workable: mended records are published once, old ones do not come back, all stay on the books."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antechamber import pipeline
from antechamber.catalog import Layout, open_catalog
from antechamber.cli.quarantine import shape
from antechamber.declare import load_workspace
from antechamber.discard import DISCARDED, Which, discard
from antechamber.errors import AntechamberError
from antechamber.job import tenant_key
from antechamber.operate.runs import RunRecord, load_all
from antechamber.operate.watch import Silent
from antechamber.publish import list_quarantine, read_quarantine

CONNECTOR = """
connector: people
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0, after: leave}
columns:
  id: {type: integer}
  joined: {type: date, format: "%m/%d/%Y"}
  city: {type: string}
table: {name: people, MODE}
"""
UPSERT, APPEND, REPLACE = "mode: upsert, key: id", "mode: append", "mode: replace"


class Desk:
    """A workspace with one connector, and files that are dropped into it."""

    def __init__(self, root: Path, mode: str) -> None:
        self.root = root
        for name, text in {
            "antechamber.yaml": 'workspace: w\ntenants: {acme: {key: "file:keys/k"}}\n',
            "keys/k": "0123456789abcdef" * 4,
            "connectors/people.yaml": CONNECTOR.replace("MODE", mode),
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "store/landing").mkdir(parents=True)

    def drop(self, name: str, *lines: str) -> RunRecord:
        (self.root / "store/landing" / name).write_text("id,joined,city\n" + "\n".join(lines) + "\n")
        return self.run()

    def run(self, **how: Any) -> RunRecord:
        record = pipeline.run(load_workspace(self.root), "people", **how)
        assert record.read == record.published + record.quarantined + sum(record.dropped.values()) + record.replaced
        return record

    def mend(self) -> None:
        """The connector learns that some days come first."""
        path = self.root / "connectors/people.yaml"
        path.write_text(path.read_text().replace('"%m/%d/%Y"', '["%m/%d/%Y", "%d.%m.%Y"]'))

    def held(self) -> list[tuple[int, str]]:
        declared = load_workspace(self.root)
        location = Layout.of(declared.workspace, declared.root).quarantine("acme", "people")
        key = tenant_key(declared, "acme")
        return [(each.line, each.reason) for run in self.runs_held() for each in read_quarantine(location, run, key)]

    def runs_held(self) -> list[str]:
        declared = load_workspace(self.root)
        return list_quarantine(Layout.of(declared.workspace, declared.root).quarantine("acme", "people"))

    def rows(self) -> list[tuple[Any, ...]]:
        declared = load_workspace(self.root)
        table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))
        return sorted((row["id"], str(row["joined"]), row["city"]) for row in table.scan().to_arrow().to_pylist())

    def retry_all(self) -> list[RunRecord]:
        return [self.run(retry=held) for held in self.runs_held()]


def test_what_the_mended_connector_can_prepare_is_published_and_leaves_quarantine(tmp_path: Path) -> None:
    desk = Desk(tmp_path, UPSERT)
    first = desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo", "3,never,Bonn", "4,too,many,fields")
    assert (first.published, first.quarantined) == (1, 3)
    desk.mend()
    (record,) = desk.retry_all()
    assert (record.status, record.read, record.published, record.quarantined) == ("succeeded", 3, 1, 2)
    assert record.notes[0] == f"quarantine of {first.run}, once more"
    assert desk.rows() == [(1, "2024-01-31", "Rome"), (2, "2024-01-31", "Oslo")]
    assert desk.runs_held() == [record.run]
    assert sorted(desk.held()) == [
        (4, "not a date in the declared format"),
        (5, "expected 3 fields, found 4"),
    ]


def test_other_runs_go_on_as_if_nothing_had_been_retried(tmp_path: Path) -> None:
    desk = Desk(tmp_path, APPEND)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo")
    desk.mend()
    desk.retry_all()
    assert desk.run().status == "nothing new"
    assert [row[0] for row in desk.rows()] == [1, 2]


def test_a_retry_that_helps_nobody_leaves_all_as_it_was(tmp_path: Path) -> None:
    desk = Desk(tmp_path, APPEND)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo")
    before = desk.runs_held(), desk.held()
    for _ in range(2):
        (record,) = desk.retry_all()
        assert (record.status, record.snapshot, record.read) == ("nothing new", None, 0)
        assert "none of its 1 records can be prepared yet" in record.notes[-1]
    assert (desk.runs_held(), desk.held()) == before


@pytest.mark.parametrize("later", ["2,02/01/2024,Bern", "2,01/31/2024,Oslo"])
def test_an_old_record_never_takes_the_place_of_a_later_one(tmp_path: Path, later: str) -> None:
    desk = Desk(tmp_path, UPSERT)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2023,Lund")
    desk.drop("b.csv", later)
    desk.mend()
    (record,) = desk.retry_all()
    assert (record.published, record.dropped) == (0, {"superseded by a later run": 1})
    assert not desk.runs_held() and desk.rows()[1][2] == later.split(",")[2]


def test_a_record_whose_key_was_only_copied_to_another_file_is_still_the_one_that_it_was(tmp_path: Path) -> None:
    desk = Desk(tmp_path, UPSERT)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,01/31/2024,Oslo")
    desk.drop("b.csv", "2,31.01.2025,Bern")
    desk.drop("c.csv", "1,02/28/2024,Bonn")  # rewrites the file in which 2 lies
    desk.mend()
    (record,) = desk.retry_all()
    assert record.published == 1
    assert desk.rows() == [(1, "2024-02-28", "Bonn"), (2, "2025-01-31", "Bern")]


def test_records_that_fail_twice_are_still_of_the_run_that_first_held_them_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, UPSERT)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo", "3,2024|01|31,Bonn")
    desk.mend()
    desk.retry_all()
    desk.drop("b.csv", "3,02/02/2024,Kiel")
    path = desk.root / "connectors/people.yaml"
    path.write_text(path.read_text().replace('"%d.%m.%Y"', '"%Y|%m|%d"'))
    (record,) = desk.retry_all()
    assert record.dropped == {"superseded by a later run": 1} and desk.rows()[2][2] == "Kiel"


def test_what_was_held_back_before_the_table_was_replaced_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, REPLACE)
    first = desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo")
    desk.mend()
    (tmp_path / "store/landing/a.csv").unlink()
    desk.drop("b.csv", "7,01/31/2024,Rome")
    record = desk.run(retry=first.run)
    assert record.error is not None and "replaced as a whole since" in record.error["what"]
    assert record.error["remedy"] == f"antechamber quarantine discard people --run {first.run}"
    assert desk.rows() == [(7, "2024-01-31", "Rome")]


def test_records_of_a_replaced_table_join_those_that_replaced_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, REPLACE)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo")
    desk.mend()
    desk.retry_all()
    assert [row[0] for row in desk.rows()] == [1, 2]


class Dying(Silent):
    """Dies when a stage begins."""

    def __init__(self, at: str) -> None:
        self.at = at

    def stage(self, name: str) -> None:
        if name == self.at:
            raise MemoryError


@pytest.mark.parametrize("at", ["list", "work", "resolve", "encode", "commit", "committed", "archive"])
def test_a_retry_that_dies_anywhere_publishes_once(tmp_path: Path, at: str) -> None:
    desk = Desk(tmp_path, APPEND)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo", "3,never,Bonn")
    desk.mend()
    (held,) = desk.runs_held()
    assert pipeline.run(load_workspace(desk.root), "people", retry=held, watcher=Dying(at)).status == "failed"
    desk.run()  # sweeps, as every run does
    for again in desk.runs_held():
        desk.run(retry=again)
    assert [row[0] for row in desk.rows()] == [1, 2]
    assert [line for line, _ in desk.held()] == [4]


def test_discarded_records_are_gone_and_on_the_books(tmp_path: Path) -> None:
    desk = Desk(tmp_path, APPEND)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo", "4,too,many,fields", "5,x,y,z")
    declared = load_workspace(tmp_path)
    record = discard(declared, "people", Which(reason="expected 3 fields, found 4"))
    assert (record.read, record.dropped) == (2, {DISCARDED: 2})
    assert desk.held() == [(3, "not a date in the declared format")]
    assert discard(declared, "people", Which()).dropped == {DISCARDED: 1}
    assert desk.runs_held() == []
    runs = Layout.of(declared.workspace, declared.root).runs("acme", "people")
    kept = [each.dropped for each in load_all(runs, running=None)]
    assert sorted(map(str, kept)) == sorted(map(str, [{}, {DISCARDED: 2}, {DISCARDED: 1}]))
    with pytest.raises(AntechamberError, match="no such records in quarantine"):
        discard(declared, "people", Which())


def test_the_command_line_retries_and_discards(tmp_path: Path) -> None:
    desk = Desk(tmp_path, APPEND)
    desk.drop("a.csv", "1,01/31/2024,Rome", "2,31.01.2024,Oslo", "3,never,Bonn")

    def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "antechamber", "quarantine", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    shown = cli("show", "people").stdout
    assert "looks like: id: 9, joined: 99.99.9999, city: Aaaa" in shown and "Oslo" not in shown
    desk.mend()
    assert "read 2 = published 1 + quarantined 1" in cli("retry", "people").stdout
    assert cli("retry", "people", "--run", "none").returncode == 1
    assert "no such records" in cli("discard", "people", "--column", "city", "--yes").stderr
    assert cli("discard", "people").returncode == 1, "asked, and nobody said yes"
    assert "dropped 1" in cli("discard", "people", "--yes").stdout
    assert "nothing is in quarantine" in cli("retry", "people").stdout


@pytest.mark.parametrize(
    ("value", "looks"),
    [("Ann@x.org 12", "Aaa@a.aaa 99"), ("Zoë\n\x1b[2J", "Aaa\\n\\x1b[9A"), ("x" * 99, "a" * 40 + "…"), ("", "")],
)
def test_a_shape_tells_what_a_value_looks_like_and_nothing_of_it(value: str, looks: str) -> None:
    assert shape(value) == looks
