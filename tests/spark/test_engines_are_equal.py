"""What executors of Spark work comes out as on this machine: table, quarantine and accounts, byte for byte."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML
from tests.end_to_end.test_recipes import deliver
from tests.end_to_end.test_small_files import KEY, outcome, workspace
from tests.prepare.steps.conftest import Record
from tests.prepare.steps.recipes_made import connector, records
from tests.test_parts import plain
from typer.testing import CliRunner

from antechamber import lots, pipeline
from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.cli import app
from antechamber.connect.postgresql import ranges
from antechamber.declare import BY_STANDARD, Connector, Declarations, load_workspace
from antechamber.examples import write_example
from antechamber.examples.retail import ORDERS_URL, PUBLIC_KEY, Spec, change_orders, generate, load_orders
from antechamber.examples.retail.postgres import start
from antechamber.job import open_job, tenant_key
from antechamber.lots import lots_of
from antechamber.on_spark import Errand, _files_of, _movable, _work
from antechamber.operate.runs import RunRecord
from antechamber.parcels import opened
from antechamber.parts import Part, Terms, work_lot
from antechamber.prepare.standards import STANDARDS
from antechamber.publish import list_quarantine, read_quarantine
from antechamber.records import Progress
from antechamber.working import Elsewhere

SPEC = Spec(members=3000, viewers=2000, orders=2500, files=3)


def made_by(declared: Declarations, name: str, engine: Elsewhere | None) -> tuple[RunRecord, pa.Table, list[Any]]:
    """A run's record, the table behind it, and its quarantine."""
    record = pipeline.run(declared, name, elsewhere=engine)
    tenant = declared.connectors[name].tenant
    catalog = open_catalog(declared.workspace, declared.root)
    space = namespace(tenant, declared.workspace.tenants[tenant])
    table = catalog.load_table((space, declared.connectors[name].table.name)).scan().to_arrow().combine_chunks()
    location = Layout.of(declared.workspace, declared.root).quarantine(tenant, name)
    key = tenant_key(declared, tenant)
    held = [each for run in list_quarantine(location) for each in read_quarantine(location, run, key)]
    return record, table, sorted(held, key=lambda each: (each.partition, each.member, each.line, each.reason))


def assert_same(here: tuple[RunRecord, pa.Table, list[Any]], there: tuple[RunRecord, pa.Table, list[Any]]) -> None:
    assert here[0].error is None
    assert plain(there[0]) == plain(here[0])
    assert there[1].equals(here[1])
    assert there[2] == here[2]


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[Declarations, Declarations]]:
    """The retail example twice, with one database server."""
    folder = tmp_path / "here"
    write_example("retail", folder)
    generate(folder, SPEC, recipient=folder / PUBLIC_KEY)
    with start() as url:
        load_orders(url, SPEC)
        (folder / ORDERS_URL).write_text(url)
        shutil.copytree(folder, tmp_path / "there")
        yield load_workspace(folder), load_workspace(tmp_path / "there")


def test_the_demos_sealed_dirty_files_and_its_database_in_parallel(
    spark: Elsewhere, twins: tuple[Declarations, Declarations], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = twins
    monkeypatch.setattr(ranges, "ROWS_WORTH_A_PART", 500)
    for name in ("loyalty_members", "viewers", "orders"):
        found = made_by(here, name, None)
        assert_same(found, made_by(there, name, spark))
        assert (found[0].quarantined > 0) == (name != "orders")
        assert len(found[0].partitions) > (2 if name == "orders" else 0)
    change_orders((here.root / ORDERS_URL).read_text().strip(), 300, SPEC)
    for declared, engine in ((here, None), (there, spark)):
        assert made_by(declared, "orders", engine)[0].updated > 0
    assert_same(made_by(here, "orders", None), made_by(there, "orders", spark))


@pytest.mark.parametrize(
    ("pattern", "table"),
    [
        ("*.csv", "{name: members, mode: upsert, key: id}"),
        ("*.csv.gz", "{name: members}\nquality: {unique: {columns: [id], then: quarantine}}"),
    ],
)
def test_small_files_with_odd_ones_among_them(
    spark: Elsewhere, pattern: str, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, rows, held = outcome(workspace(tmp_path / "here", table, pattern))
    monkeypatch.setattr(
        "tests.end_to_end.test_small_files.run", lambda declared, name: pipeline.run(declared, name, elsewhere=spark)
    )
    monkeypatch.setattr(lots, "LOT_FILES", 70)
    there, rows_there, held_there = outcome(workspace(tmp_path / "there", table, pattern))
    assert plain(there) == plain(here)
    assert (rows_there, held_there) == (rows, held)
    assert here.status == "partial" and len(held) > 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(60 if os.environ.get("ANTECHAMBER_SOAK") else 3))
def test_recipes_made_by_chance_in_other_files_and_other_lots(
    spark: Elsewhere, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(2000 + seed)
    declared = connector(chance, key=seed % 2 == 1)
    everything: list[Record] = list(records(chance, 300))
    here = made_by(load_workspace(deliver(tmp_path / "here", declared, everything, 1)), "members", None)
    monkeypatch.setattr(lots, "LOT_FILES", 2)
    there = made_by(load_workspace(deliver(tmp_path / "there", declared, everything, 9)), "members", spark)
    assert here[1].equals(there[1]), declared.steps
    for count in ("read", "published", "quarantined", "replaced", "dropped", "nulled"):
        assert getattr(there[0], count) == getattr(here[0], count), (count, declared.steps)
    assert sorted((each.reason, each.raw) for each in there[2]) == sorted((each.reason, each.raw) for each in here[2])


def hostile(chance: random.Random) -> str:
    """Any text: letters of all planes, marks, controls, what looks like identities and what nearly does."""
    some = [
        "jane.doe+x@Example.com",
        " +1 (206) 555-0100",
        "a" * 64,
        "İ",
        "ﬁ",
        "e\u0301",
        "\x00",
        "٣٤٥",
        "1990-02-30",
        "1990-02-28",
    ]
    if chance.random() < 0.4:
        return chance.choice([*some, "Straße 5", "北京市", "::1", "{}", '"', "\u202e", "null", "N.Y.", "98101-1234"])
    return "".join(
        chr(chance.choice([chance.randrange(1, 0x300), chance.randrange(0xE000, 0x10FFFE)])) for _ in range(9)
    )


def test_every_identity_type_by_every_standard_over_hostile_text(
    spark: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    types = sorted(BY_STANDARD)
    columns = {
        f"{type}_{standard.replace('-', '_')}": {
            "type": type, "standard": standard, "source": type, "protect": "sha256",
            **({"region": "US"} if type == "phone" else {}),
            **({"format": "%Y-%m-%d"} if type == "date_of_birth" else {}),
        }
        for type in types for standard in STANDARDS
    }  # fmt: skip
    chance = random.Random(7)
    lines = [json.dumps({type: hostile(chance) for type in types}) for _ in range(250)]

    def deliver_to(root: Path, files: int) -> Declarations:
        (root / "connectors").mkdir(parents=True)
        (root / "store/landing").mkdir(parents=True)
        (root / "antechamber.yaml").write_text("workspace: w\ntenants:\n  acme: {key: env:ACME_KEY}\n")
        source = {"type": "landing", "path": "landing/*.jsonl", "settle": 0}
        declared = {
            "connector": "all",
            "tenant": "acme",
            "source": source,
            "columns": columns,
            "table": {"name": "all"},
        }
        with (root / "connectors/all.yaml").open("w") as file:
            YAML(typ="safe").dump(declared, file)
        each = -(-len(lines) // files)
        for number in range(files):
            text = "\n".join(lines[number * each : (number + 1) * each])
            (root / f"store/landing/{number:02}.jsonl").write_text(text + "\n")
        return load_workspace(root)

    here = made_by(deliver_to(tmp_path / "here", 1), "all", None)
    monkeypatch.setattr(lots, "SMALL", -1)
    there = made_by(deliver_to(tmp_path / "there", 3), "all", spark)
    assert here[0].error is None and there[0].error is None
    assert here[1].num_columns == len(types) * len(STANDARDS)
    assert there[1].equals(here[1])
    assert there[0].nulled == here[0].nulled


def test_a_source_that_only_one_process_can_read_is_read_by_it_and_that_is_said(
    spark: Elsewhere, tmp_path: Path
) -> None:
    import sqlite3

    root = workspace(tmp_path, "{name: members}", "*.csv")
    with sqlite3.connect(root / "store/members.db") as database:
        database.execute("CREATE TABLE members (id TEXT, email TEXT, tier TEXT, day TEXT)")
        database.execute("INSERT INTO members VALUES ('1', 'a@example.com', 'gold', '2026-01-01')")
    file = root / "connectors/members.yaml"
    text = file.read_text().replace(
        '{type: landing, path: "landing/*.csv", settle: 0}', "{type: sqlite, path: members.db, table: members}"
    )
    file.write_text(text)
    record = pipeline.run(load_workspace(root), "members", elsewhere=spark)
    assert (record.status, record.published) == ("succeeded", 1)
    assert any("only the run's own process can read this source" in note for note in record.notes)


def test_an_executor_without_the_workspaces_folder_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine of a cluster has the declarations, the small files and the store, and not the workspace's folder."""
    monkeypatch.setenv("ACME_KEY", KEY)
    chance = random.Random(1)
    declared = connector(chance, key=False)
    steps = [{"lookup": {"file": "ref.csv", "on": {"code": "code"}, "take": {"label": "label"}}}]
    columns = {"id": {"type": "id"}, "label": {"type": "string"}, "email": {"type": "email", "protect": "sha256"}}
    declared = Connector.model_validate(
        {
            **declared.model_dump(include={"connector", "tenant", "source"}),
            "columns": columns,
            "steps": steps,
            "table": {"name": "members"},
        }
    )
    root = deliver(tmp_path / "home", declared, list(records(chance, 50)), 3)
    (root / "antechamber.yaml").write_text("workspace: w\ntenants:\n  acme: {key: env:ACME_KEY}\n")
    with ExitStack() as stack:
        job = open_job(load_workspace(root), "members", stack)
        made = lots_of(job.source.list(Progress()).partitions, job.source)
        terms = Terms("run")
        here = [part for lot in made for part in work_lot(job, lot, terms)]
        movable, files = _movable(job.declared), _files_of(job)
    assert sorted(files) == ["ref.csv"]
    (root / "antechamber.yaml").unlink()
    (root / "ref.csv").unlink()
    errand = Errand(replace(movable, root=tmp_path / "nowhere"), "members", terms, made, files)
    there = [
        opened(content, bytes.fromhex(KEY), "run").content for _, _, content in _work(errand, iter(range(len(made))))
    ]
    assert [each.pieces[0].batch for each in there if isinstance(each, Part)] == [
        each.pieces[0].batch for each in here if isinstance(each, Part)
    ]
    assert not (tmp_path / "nowhere").exists()


def test_the_command_line_takes_the_engine(spark: Elsewhere, tmp_path: Path) -> None:
    here, there = (workspace(tmp_path / name, "{name: members, mode: upsert, key: id}", "*.csv") for name in "ab")
    said = []
    for root, engine in ((here, "local"), (there, "spark")):
        done = CliRunner().invoke(app, ["run", "--engine", engine, "--json", "-w", str(root)])
        assert done.exit_code == 1, done.stderr  # one of the files lacks a column
        (record,) = json.loads(done.stdout)["runs"]
        said.append({key: record[key] for key in ("status", "read", "published", "quarantined", "partitions")})
    assert said[0] == said[1]
    assert CliRunner().invoke(app, ["run", "--engine", "sparc", "-w", str(here)]).exit_code == 2
