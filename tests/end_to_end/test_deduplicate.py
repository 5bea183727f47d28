"""Duplicates of a whole run: the answer is that of the records in their order, and all of them are accounted for."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import TENANT_KEY
from tests.end_to_end.test_accounting import balances

from antechamber import engine, lots, pipeline, working
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.runs import RunRecord
from antechamber.read.csv import CsvReader
from antechamber.sampling import sample

CONNECTOR = """
connector: members
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0}
steps:
  - filter: status <> 'off'
  - deduplicate: {by: email, keep: KEEP}
  - filter: status <> 'late'
columns:
  id: {type: integer, required: true}
  email: {type: email, protect: sha256, on_invalid: "null"}
  n: {type: integer}
table: TABLE
"""
GREATEST = "{greatest: CAST(n AS INTEGER)}"
UPSERT, APPEND = "{name: members, mode: upsert, key: id}", "{name: members}"
RULES = ("filter (step 1)", "deduplicate (step 2)", "filter (step 3)")
Member = tuple[str, str, str, str]


def workspace(root: Path, table: str = APPEND, keep: str = "last") -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("connectors", "keys", "store/landing"):
        (root / folder).mkdir(parents=True)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
    (root / "keys/k").write_text(TENANT_KEY)
    (root / "connectors/members.yaml").write_text(CONNECTOR.replace("TABLE", table).replace("KEEP", keep))
    return root


def deliver(root: Path, name: str, members: list[Member]) -> None:
    lines = ["id,email,status,n", *(",".join(member) for member in members)]
    (root / f"store/landing/{name}.csv").write_text("\n".join(lines) + "\n")


def run(root: Path, **how: Any) -> RunRecord:
    record = pipeline.run(load_workspace(root), "members", **how)
    assert record.status in ("succeeded", "partial"), record.error
    assert balances(record)
    assert all(balances(part) for part in record.partitions)
    return record


def rows(root: Path) -> list[dict[str, Any]]:
    declared = load_workspace(root)
    table = open_catalog(declared.workspace, root).load_table(("acme", "members"))
    found: list[dict[str, Any]] = table.scan().to_arrow().to_pylist()
    return found


def members(chance: random.Random, count: int) -> list[Member]:
    return [
        (
            chance.choice([*map(str, range(60)), "?"]),
            chance.choice([*(f"{n}@example.com" for n in range(40)), ""]),
            chance.choice(["on", "on", "on", "off", "late"]),
            str(chance.randrange(5)),
        )
        for _ in range(count)
    ]


def model(files: list[list[Member]], keep: str, keyed: bool) -> tuple[list[tuple[int, int]], list[dict[str, int]]]:
    """The (id, n) that are published, in order, and of each file what is counted under which rule."""
    counted = [dict.fromkeys([*RULES, "replaced", "quarantined"], 0) for _ in files]
    groups: dict[object, list[tuple[tuple[int, int], int]]] = {}
    there: dict[int, tuple[int, Member]] = {}
    numbered = enumerate((file, member) for file, each in enumerate(files) for member in each)
    for place, (file, member) in numbered:
        id, email, status, n = member
        if id == "?" and status == "on":
            counted[file]["quarantined"] += 1
            continue
        there[place] = file, member
        if status != "off":
            order = {"first": (0, -place), "last": (0, place)}.get(keep, (int(n), place))
            groups.setdefault(email or place, []).append((order, place))
    for group in groups.values():
        for _, place in sorted(group)[:-1]:
            counted[there.pop(place)[0]]["deduplicate (step 2)"] += 1
    published: dict[object, tuple[int, tuple[int, int]]] = {}
    for place, (file, (id, _, status, n)) in there.items():
        key = id if keyed and id != "?" else place
        if key in published:
            counted[published.pop(key)[0]]["replaced"] += 1
        if status == "on":
            published[key] = file, (int(id), int(n))
        else:
            counted[file]["filter (step 1)" if status == "off" else "filter (step 3)"] += 1
    return [row for _, row in published.values()], counted


def counts(record: RunRecord) -> list[dict[str, int]]:
    return [
        {**{name: part.dropped.get(name, 0) for name in RULES},
         "replaced": part.replaced, "quarantined": part.quarantined}
        for part in record.partitions
    ]  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize(
    ("keep", "table"),
    [
        ("first", APPEND),
        (GREATEST, UPSERT),
        *([("last", UPSERT), (GREATEST, APPEND)] if "ANTECHAMBER_SOAK" in os.environ else []),
    ],
)
def test_files_blocks_lots_and_workers_change_nothing_of_the_answer(
    keep: str, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(f"{keep}{table}")
    files = [members(chance, chance.randrange(1, 60)) for _ in range(12)]
    expected, counted = model(files, keep, table == UPSERT)
    assert sum(each["deduplicate (step 2)"] for each in counted) > 50

    def outcome(name: str) -> None:
        root = workspace(tmp_path / name, table, keep)
        for number, each in enumerate(files):
            deliver(root, f"{number:02}", each)
        record = run(root)
        assert counts(record) == counted
        assert [(row["id"], row["n"]) for row in rows(root)] == expected

    outcome("in lots")
    monkeypatch.setattr(lots, "SMALL", -1)
    outcome("file by file")
    monkeypatch.setattr(
        CsvReader.__init__, "__kwdefaults__", {**(CsvReader.__init__.__kwdefaults__ or {}), "block": 64}
    )
    outcome("in blocks")
    monkeypatch.setattr(working, "run_locally", lambda *given, **how: engine.run_locally(*given, workers=5, **how))
    outcome("by five workers")


def test_a_file_that_fails_beats_nobody(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    deliver(root, "1", [("1", "a@example.com", "on", "1"), ("2", "a@example.com", "on", "1")])
    (root / "store/landing/2.csv").write_text("id,status,n\n3,on,1\n")
    record = run(root)
    assert record.status == "partial"
    assert [row["id"] for row in rows(root)] == [2]


def test_across_runs_nothing_is_compared_and_who_loses_takes_nothing_from_the_table(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", UPSERT)
    deliver(root, "1", [("1", "a@example.com", "on", "1"), ("2", "b@example.com", "on", "1")])
    run(root)
    deliver(root, "2", [("1", "c@example.com", "on", "2"), ("3", "c@example.com", "on", "2")])
    assert run(root).dropped == {"deduplicate (step 2)": 1}
    assert sorted((row["id"], row["n"]) for row in rows(root)) == [(1, 1), (2, 1), (3, 2)]


def test_records_that_are_retried_compete_with_each_other_alone(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    deliver(
        root,
        "1",
        [("1", "a@example.com", "on", "1"), ("?", "a@example.com", "on", "2"), ("?", "a@example.com", "on", "3")],
    )
    first = run(root)
    assert (first.published, first.quarantined) == (1, 2)
    path = root / "connectors/members.yaml"
    path.write_text(path.read_text().replace("type: integer, required: true", "type: id"))
    path.write_text(path.read_text().replace("name: members}", "name: members, evolve: true}"))
    path.write_text(path.read_text().replace("id: {type: id}", 'id: {type: integer, on_invalid: "null"}'))
    again = run(root, retry=first.run)
    assert (again.read, again.published, again.dropped) == (2, 1, {"deduplicate (step 2)": 1})
    assert sorted(row["n"] for row in rows(root)) == [1, 3]


def test_a_preview_shows_who_stays_of_what_it_looks_at(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", UPSERT)
    deliver(root, "1", [("1", "a@example.com", "on", "1"), ("2", "a@example.com", "on", "2"), ("3", "", "late", "3")])
    deliver(root, "2", [("4", "a@example.com", "on", "4"), ("5", "b@example.com", "on", "5")])
    found = sample(load_workspace(root), "members", rows=100)
    assert found.prepared.column("id").to_pylist() == [4, 5]
    assert found.dropped == {"deduplicate (step 2)": 2, "filter (step 3)": 1}


def test_changes_of_records_are_refused_before_any_data_moves(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", UPSERT)
    path = root / "connectors/members.yaml"
    source = 'source: {type: postgresql, url: "env:CRM", table: members, incremental: cdc}'
    text = path.read_text()
    path.write_text(text.replace('source: {type: landing, path: "landing/*.csv", settle: 0}', source))
    with pytest.raises(AntechamberError, match=r"steps\[1\].deduplicate: change capture gives the changes"):
        load_workspace(root)


def test_a_recipe_of_databrew_removes_duplicates(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    path = root / "connectors/members.yaml"
    before, _, behind = path.read_text().partition("steps:")
    path.write_text(f"{before}recipe: recipe.json\n{behind[behind.index('columns:') :]}")
    (root / "recipe.json").write_text(
        '[{"Action": {"Operation": "REMOVE_DUPLICATES", "Parameters": {"sourceColumn": "email"}}}]'
    )
    deliver(root, "1", [("1", "a@example.com", "on", "1"), ("2", "a@example.com", "on", "2")])
    deliver(root, "2", [("3", "a@example.com", "on", "1"), ("4", "b@example.com", "on", "2")])
    assert run(root).dropped == {"deduplicate (step 1)": 2}
    assert [row["id"] for row in rows(root)] == [1, 4]


def test_a_rule_of_the_whole_run_judges_who_is_left(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    path = root / "connectors/members.yaml"
    path.write_text(path.read_text() + "quality:\n  unique: {columns: [id], then: quarantine}\n")
    a, b, c = (f"{name}@example.com" for name in "abc")
    deliver(root, "1", [("1", a, "on", "1"), ("1", b, "on", "2"), ("2", c, "late", "3")])
    deliver(root, "2", [("3", a, "on", "4"), ("1", c, "on", "5"), ("1", "", "on", "6"), ("4", c, "late", "7")])
    record = run(root)
    # Of a and c the last ones stay, and the last of c is late; of those left two have the id 1.
    assert record.dropped == {"deduplicate (step 2)": 3, "filter (step 3)": 1}
    assert record.quarantined == 1
    assert sorted(row["n"] for row in rows(root)) == [2, 4]
