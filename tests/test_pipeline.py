"""The run: what it does with files that fail, sources that changed nothing, and runs that start over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.errors import LeaseHeld, PublishError
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Silent

KEY = "0123456789abcdef" * 4
CONNECTOR = """
connector: people
tenant: acme
source: {{type: landing, path: "landing/*", settle: 0, after: {after}}}
columns:
  id: {{type: id}}
  email: {{type: email, protect: sha256}}
  city: {{type: city}}
table: {{name: people, mode: {mode}{key}}}
"""


class Shop:
    """A workspace of one connector over plain files."""

    def __init__(self, root: Path, *, mode: str = "append", after: str = "archive") -> None:
        self.root = root
        for folder in ("connectors", "keys", "store/landing"):
            (root / folder).mkdir(parents=True)
        (root / "keys/k").write_text(KEY)
        (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
        self.declare(mode=mode, after=after)

    def declare(self, *, mode: str, after: str) -> None:
        key = ", key: id" if mode == "upsert" else ""
        (self.root / "connectors/people.yaml").write_text(CONNECTOR.format(mode=mode, after=after, key=key))

    def drop(self, name: str, *people: str) -> None:
        content = "id,email,city\n" + "".join(f"{each},{each}@x.test,Rome\n" for each in people)
        (self.root / "store/landing" / name).write_text(content)

    def run(self, *, full: bool = False) -> RunRecord:
        return pipeline.run(load_workspace(self.root), "people", full=full)

    def people(self) -> list[str]:
        declared = load_workspace(self.root)
        table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))
        return sorted(str(each) for each in table.scan().to_arrow()["id"].to_pylist())

    def snapshots(self) -> int:
        declared = load_workspace(self.root)
        return len(open_catalog(declared.workspace, declared.root).load_table(("acme", "people")).snapshots())

    def landing(self) -> list[str]:
        return sorted(path.name for path in (self.root / "store/landing").iterdir())


def test_a_file_that_fails_leaves_the_others_alone_and_stays_in_landing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.drop("a.csv", "1", "2")
    (tmp_path / "store/landing/b.csv.gz").write_bytes(b"not gzip at all")
    (tmp_path / "store/landing/c.csv").write_text("id,city\n3,Rome\n")
    shop.drop("d.csv", "4")
    record = shop.run()
    assert record.status == "partial"
    assert [part.error is None for part in record.partitions] == [True, False, False, True]
    assert "email" in record.partitions[2].error["what"]  # type: ignore[index]
    assert shop.people() == ["1", "2", "4"]
    assert shop.landing() == ["b.csv.gz", "c.csv"]
    (tmp_path / "store/landing/b.csv.gz").unlink()
    shop.drop("c.csv", "3")
    assert shop.run().status == "succeeded"
    assert shop.people() == ["1", "2", "3", "4"]


def test_a_table_that_is_replaced_as_a_whole_is_not_replaced_in_part(tmp_path: Path) -> None:
    shop = Shop(tmp_path, mode="replace")
    shop.drop("a.csv", "1", "2")
    assert shop.run().status == "succeeded"
    shop.drop("b.csv", "3")
    (tmp_path / "store/landing/c.csv").write_text("id,city\n4,Rome\n")
    record = shop.run()
    assert record.status == "failed" and record.error is not None and "c.csv" in record.error["where"]
    assert shop.people() == ["1", "2"]
    shop.drop("c.csv", "4")
    assert shop.run().status == "succeeded"
    assert shop.people() == ["3", "4"]


def test_a_run_in_which_every_file_fails_publishes_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (tmp_path / "store/landing/a.csv").write_text("id\n1\n")
    record = shop.run()
    assert record.status == "failed" and record.error is not None and record.snapshot is None
    assert shop.people() == [] and shop.landing() == ["a.csv"]


def test_files_that_are_left_lying_are_read_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path, after="leave")
    shop.drop("a.csv", "1")
    shop.run()
    shop.drop("b.csv", "2")
    assert shop.run().read == 1
    assert shop.run().status == "nothing new"
    assert shop.people() == ["1", "2"] and shop.landing() == ["a.csv", "b.csv"]
    shop.drop("a.csv", "1", "9")
    assert shop.run().read == 2, "a file of the same name and other content is a new file"


def test_starting_over_takes_the_place_of_what_the_table_holds(tmp_path: Path) -> None:
    shop = Shop(tmp_path, after="leave")
    shop.drop("a.csv", "1")
    shop.drop("b.csv", "2")
    shop.run()
    (tmp_path / "store/landing/a.csv").unlink()
    record = shop.run(full=True)
    assert record.status == "succeeded" and record.read == 1
    assert shop.people() == ["2"]
    assert shop.run().status == "nothing new"


def test_starting_over_does_not_lose_the_records_of_a_file_that_fails_now(tmp_path: Path) -> None:
    shop = Shop(tmp_path, after="leave")
    shop.drop("a.csv", "1")
    shop.drop("b.csv", "2")
    shop.run()
    (tmp_path / "store/landing/a.csv").write_text("id,city\n1,Rome\n")
    record = shop.run(full=True)
    assert record.status == "failed" and record.error is not None and "a.csv" in record.error["where"]
    assert shop.people() == ["1", "2"]


@pytest.mark.parametrize("settle", [0, 3600])
def test_a_table_that_is_replaced_waits_for_files_that_are_still_growing(tmp_path: Path, settle: int) -> None:
    shop = Shop(tmp_path, mode="replace")
    shop.drop("a.csv", "1")
    shop.run()
    connector = tmp_path / "connectors/people.yaml"
    connector.write_text(connector.read_text().replace("settle: 0", f"settle: {settle}"))
    shop.drop("b.csv", "2")
    os.utime(tmp_path / "store/landing/b.csv", (1, 1))
    shop.drop("c.csv", "3")
    record = shop.run()
    if settle:
        assert record.status == "nothing new" and [each["id"] for each in record.skipped] == ["c.csv"]
        assert "waits" in record.notes[0]
        assert shop.people() == ["1"] and shop.landing() == ["b.csv", "c.csv"]
        os.utime(tmp_path / "store/landing/c.csv", (1, 1))
        shop.run()
    assert shop.people() == ["2", "3"]


def test_the_record_of_a_failed_run_counts_nothing_as_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path)
    shop.drop("a.csv", "1", "2")

    def refuse(*_: object, **__: object) -> None:
        raise PublishError("the catalog refused the commit", where="acme.people")

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "commit", refuse)
        record = shop.run()
    assert record.status == "failed"
    assert (record.read, record.published, record.bytes) == (0, 0, 0)
    assert [part.published for part in record.partitions] == [0]
    record = shop.run()
    assert (record.read, record.published) == (2, 2)
    assert record.bytes == record.partitions[0].bytes == len("id,email,city\n") + 2 * len("1,1@x.test,Rome\n")


def test_a_report_that_cannot_be_written_does_not_fail_a_run_that_is_committed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.drop("a.csv", "1")
    runs = tmp_path / "store/tenants/acme/runs/people"

    class RefusesTheRecord(Silent):
        def stage(self, name: str) -> None:
            if name == "committed":
                for record in runs.glob("2*.json"):
                    record.unlink()
                    (record / "in the way").mkdir(parents=True)

    record = pipeline.run(load_workspace(tmp_path), "people", watcher=RefusesTheRecord())
    assert record.status == "succeeded" and shop.people() == ["1"]
    assert any("record cannot be written" in note for note in record.notes)


def test_starting_over_is_refused_where_it_would_lose_archived_files(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.drop("a.csv", "1")
    shop.run()
    shop.drop("b.csv", "2")
    record = shop.run(full=True)
    assert record.status == "failed" and record.error is not None and "after: leave" in record.error["remedy"]
    assert shop.people() == ["1"] and shop.landing() == ["b.csv"]


def test_files_are_deleted_only_after_the_commit_and_only_when_that_is_asked_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path, after="delete", mode="upsert")
    shop.drop("a.csv", "1", "2", "1")
    record = shop.run()
    assert (record.read, record.published, record.replaced) == (3, 2, 1)
    assert shop.landing() == [] and not list((tmp_path / "store").rglob("*.csv"))


def test_a_file_of_which_nothing_can_be_published_is_still_taken_in(tmp_path: Path) -> None:
    shop = Shop(tmp_path, mode="upsert")
    (tmp_path / "store/landing/a.csv").write_text("id,email,city\n,x@x.test,Rome\n1,2\n")
    (tmp_path / "store/landing/empty.csv").write_text("")
    record = shop.run()
    assert record.status == "succeeded"
    assert (record.read, record.published, record.quarantined) == (2, 0, 2)
    assert shop.landing() == [] and shop.people() == []
    assert shop.run().status == "nothing new"


def test_json_records_may_leave_out_a_column_and_the_run_says_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (tmp_path / "store/landing/a.jsonl").write_text('{"id": "1", "email": "a@x.test"}\n')
    record = shop.run()
    assert record.status == "succeeded" and record.published == 1
    assert any("city" in note for note in record.notes)


def test_a_second_run_at_the_same_time_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.drop("a.csv", "1")
    refused: list[str] = []

    class Intruder(Silent):
        def stage(self, name: str) -> None:
            if name == "encode":
                with pytest.raises(LeaseHeld) as held:
                    shop.run()
                refused.append(str(held.value))

    record = pipeline.run(load_workspace(tmp_path), "people", watcher=Intruder())
    assert record.status == "succeeded"
    assert refused and record.run in refused[0]
    assert shop.people() == ["1"] and shop.snapshots() == 1


def test_a_header_that_is_a_record_is_counted_and_not_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    content = "id,email,city,jane.doe@x.test,notes\n1,a@x.test,Rome,x,y\n"
    (shop.root / "store/landing/a.csv").write_text(content)
    record = shop.run()
    assert record.status == "succeeded"
    assert record.unnamed_columns == ["notes", "(1 that do not read like names)"]
    (shop.root / "store/landing/b.csv").write_text(content.replace("jane.doe@x.test", "joe@x.test"))
    assert not [note for note in shop.run().notes if "joe" in note]
    for path in shop.root.rglob("*"):
        if path.is_file() and "archive" not in path.parts:
            assert b"jane.doe@x.test" not in path.read_bytes(), path
