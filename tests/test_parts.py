"""What other processes worked is taken in as if it had been worked here: in any order, some of it twice, sealed."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.test_small_files import KEY, outcome, workspace

from antechamber import shares
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.errors import (
    AntechamberError,
    ConnectionLost,
    DeclarationErrors,
    MissingExtra,
    PublishError,
    SourceError,
    received,
    sent,
)
from antechamber.job import Job, open_job, tenant_key
from antechamber.lots import Lot
from antechamber.operate.runs import RunRecord
from antechamber.parcels import Parcel, opened, packed, read_lot, sealed, write_lot
from antechamber.parts import End, Terms, work_lot
from antechamber.pipeline import run
from antechamber.working import Elsewhere

Change = Callable[[list[bytes]], list[bytes]]


def as_they_are(parcels: list[bytes]) -> list[bytes]:
    return parcels


def elsewhere(change: Change = as_they_are) -> Elsewhere:
    """Each lot worked by a job of its own, sealed; all parcels in an order made by chance, a third of them twice."""

    def work(job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[Parcel]:
        dice = random.Random(5)
        key = tenant_key(job.declared, job.connector.tenant)
        parcels: list[bytes] = []
        for lot in lots:
            with ExitStack() as stack:
                mine = open_job(job.declared, job.connector.connector, stack)
                parcels += (sealed(each, key, terms.run) for each in packed(lot, work_lot(mine, lot, terms)))
        parcels = change(parcels)
        parcels += dice.choices(parcels, k=len(parcels) // 3)
        dice.shuffle(parcels)
        yield from (opened(each, key, terms.run) for each in parcels)

    return work


def plain(record: RunRecord) -> dict[str, Any]:
    """What a run's record says of its records."""
    fields = record.as_json()
    times = ("run", "started", "ended", "seconds", "newest", "usage", "snapshot")
    return {key: fields[key] for key in fields if key not in times}


@pytest.mark.parametrize("pattern", ["*.csv", "*.csv.gz"])
@pytest.mark.parametrize(
    "table", ["{name: members}", "{name: members, mode: upsert, key: id}", "{name: members}\nquality: {QUALITY}"]
)
def test_parts_from_elsewhere_make_the_same_table_quarantine_and_accounts(
    table: str, pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    table = table.replace("QUALITY", "unique: {columns: [id], then: quarantine}")
    here, rows, held = outcome(workspace(tmp_path / "here", table, pattern))
    monkeypatch.setattr("tests.end_to_end.test_small_files.run", lambda *given: run(*given, elsewhere=elsewhere()))
    there, rows_there, held_there = outcome(workspace(tmp_path / "there", table, pattern))
    assert plain(there) == plain(here)
    assert rows_there == rows
    assert held_there == held
    assert len(held) > 100 and here.status == "partial"


def test_members_of_a_small_archive_are_worked_one_by_one_when_their_neighbours_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    root = workspace(tmp_path, "{name: members}", "*.zip")
    for path in (root / "store/landing").iterdir():
        path.unlink()
    for number in range(3):
        with zipfile.ZipFile(root / f"store/landing/{number}.zip", "w") as archive:
            for member in "ab":
                archive.writestr(f"{member}.csv", f"id,email,tier,day\n{number}{member},,gold,2026-01-01\n")
    prepare = shares.prepare

    def refuse(item: shares.Item, recipe: Any) -> Any:
        if len(item.shares) > 1:
            raise shares.NotTogether
        return prepare(item, recipe)

    monkeypatch.setattr("antechamber.parts.prepare", refuse)
    record, rows, _ = outcome(root)
    assert record.status == "succeeded"
    assert [row["id"] for row in rows] == ["0a", "0b", "1a", "1b", "2a", "2b"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda parcels: parcels[1:], id="a part is lost"),
        pytest.param(lambda parcels: parcels[:-1], id="an end is lost"),
        pytest.param(lambda parcels: [], id="all are lost"),
    ],
)
def test_a_run_whose_parts_were_lost_publishes_nothing(
    change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    declared = load_workspace(workspace(tmp_path, "{name: members}", "*.csv"))
    record = run(declared, "members", elsewhere=elsewhere(change))
    assert record.status == "failed" and record.error is not None and record.error["error"] == "ConnectionLost"
    assert "not all parts of a lot arrived" in record.error["what"]
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "members"))
    assert table.current_snapshot() is None


def test_two_workings_of_one_lot_that_differ_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    root = workspace(tmp_path, "{name: members}", "*.csv")

    def twice(job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[Parcel]:
        once = list(elsewhere()(job, lots, terms))
        yield from once
        end = next(each for each in once if isinstance(each.content, End))
        yield replace(end, digests=(*end.digests, "another"), digest="another")

    record = run(load_workspace(root), "members", elsewhere=twice)
    assert record.error is not None and "two workings of one lot gave different records" in record.error["what"]


def test_a_lots_parcels_are_one_sealed_stream_that_shows_when_it_was_altered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    declared = load_workspace(workspace(tmp_path, "{name: members}", "*.csv"))
    with ExitStack() as stack:
        job = open_job(declared, "members", stack)
        from antechamber.lots import lots_of
        from antechamber.records import Progress

        (lot,) = lots_of(job.source.list(Progress()).partitions, job.source)
        parcels = list(packed(lot, work_lot(job, lot, Terms("r"))))
    key = bytes.fromhex(KEY)
    sink = io.BytesIO()
    write_lot(sink, parcels, key, "lot 0")
    content = sink.getvalue()
    assert b"example.com" not in content
    assert [each.number for each in read_lot(io.BytesIO(content), key, "lot 0")] == list(range(len(parcels)))
    broken = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    for altered, name in ((content[:-40], "lot 0"), (broken, "lot 0"), (content, "lot 1"), (b"", "lot 0")):
        with pytest.raises(PublishError):
            list(read_lot(io.BytesIO(altered), key, name))


@pytest.mark.parametrize(
    "error",
    [
        SourceError("what", where="there", remedy="do"),
        ConnectionLost("gone"),
        MissingExtra("spark", needed_for="this"),
        type("_Absent", (SourceError,), {})("what"),
        DeclarationErrors([]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_it_was(error: AntechamberError) -> None:
    found = received(sent(error))
    assert (found.what, found.where, found.remedy) == (error.what, error.where, error.remedy)
    if not isinstance(error, DeclarationErrors):
        assert found.as_json() == error.as_json()
        assert isinstance(found, SourceError) == isinstance(error, SourceError)
        assert isinstance(found, ConnectionLost) == isinstance(error, ConnectionLost)


def test_workers_judge_by_the_referenced_tables_state_of_when_the_run_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run changes that table while they work."""
    monkeypatch.setenv("ACME_KEY", KEY)
    rule = "{name: members}\nquality: {references: {columns: [id], table: known, key: [id], then: quarantine}}"
    known = "connector: known\ntenant: acme\nsource: {type: landing, path: 'known/*.csv', settle: 0, after: leave}\n"
    known += "columns: {id: {type: id}}\ntable: {name: known, mode: replace}\n"

    def made(name: str) -> Path:
        root = workspace(tmp_path / name, rule, "*.csv")
        (root / "connectors/known.yaml").write_text(known)
        (root / "store/known").mkdir()
        (root / "store/known/a.csv").write_text("id\n" + "\n".join(map(str, range(0, 400, 2))))
        assert run(load_workspace(root), "known").status == "succeeded"
        return root

    def meanwhile(job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[Parcel]:
        (job.declared.root / "store/known/a.csv").write_text("id\n1\n")
        assert run(job.declared, "known").published == 1
        return elsewhere()(job, lots, terms)

    here, rows, held = outcome(made("here"))
    monkeypatch.setattr("tests.end_to_end.test_small_files.run", lambda *given: run(*given, elsewhere=meanwhile))
    there, rows_there, held_there = outcome(made("there"))
    assert plain(there) == plain(here)
    assert (rows_there, held_there) == (rows, held)
    assert len(rows) > 50 and all(int(row["id"]) % 2 == 0 for row in rows)
