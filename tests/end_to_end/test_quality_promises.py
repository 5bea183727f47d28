"""Quality rules, whatever the cut and the order of the records: the same outcomes, and nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.end_to_end.quality_workspace import TABLES, People, Person, outcome

from antechamber import lots
from antechamber.publish import staging

RECORD = st.tuples(
    st.sampled_from(["1", "2", "3", "11", ""]),
    st.sampled_from(["a@a.test", "A@a.test", "b@a.test", "c@b.test", "", "none"]),
    st.sampled_from(["1", "5", "70", "x", ""]),
    st.sampled_from(["2026-01-01T00:00:00Z", "", "never"]),
)
COLUMNS = {
    "n": "{range: {max: 50, then: %s}, not_null: warn}",
    "email": "{pattern: {matches: '.*@a.test', then: warn}, length: {max: 7, then: %s}}",
}
STEPS = ["", "steps: [{deduplicate: {by: [email, n], keep: last}}]", "steps: [{filter: \"n <> '5'\"}]"]
SETTINGS = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rules(then: str, mode: str) -> dict[str, str]:
    unique = "warn" if mode == "upsert" else then
    table = (
        f"{{unique: [{{columns: [email], then: {unique}}}, {{columns: [email, n], then: warn}}],"
        f" references: {{columns: [id], file: ids.csv, then: {then}}}}}"
    )
    return {"table": table, **{name: said % ((then,) * said.count("%s")) for name, said in COLUMNS.items()}}


def seen(people: People, **how: Any) -> tuple[Any, ...]:
    record = people.run(**how)
    assert record.status in ("succeeded", "nothing new"), record.error
    held = sorted((each.reason, each.column, each.raw) for each in people.held_back())
    return record.quality, people.rows(), held


@SETTINGS
@given(
    st.lists(RECORD, min_size=1, max_size=30),
    st.sampled_from(["warn", "quarantine"]),
    st.sampled_from(list(TABLES)),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.sampled_from(STEPS),
)
def test_the_cut_into_files_and_lots_and_memory_change_no_outcome(
    tmp_path: Path, records: list[Person], then: str, mode: str, cuts: list[int], steps: str
) -> None:
    whole = People(tmp_path / "whole", mode, steps=steps, **rules(then, mode))
    whole.deliver("a", records)
    expected = seen(whole)
    small = dict(staging.Staging.__init__.__kwdefaults__ or {})
    for lot_files, memory in ((lots.LOT_FILES, staging.MEMORY_BYTES), (1, 0), (2, 0)):
        cut = People(tmp_path / "cut", mode, steps=steps, **rules(then, mode))
        rest, number = list(records), 0
        while rest:
            count = cuts[number % len(cuts)]
            cut.deliver(f"{number:03}", rest[:count])
            rest, number = rest[count:], number + 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lots, "LOT_FILES", lot_files)
            patch.setattr(staging.Staging.__init__, "__kwdefaults__", {**small, "memory_bytes": memory})
            assert seen(cut) == expected


@SETTINGS
@given(st.lists(RECORD, min_size=1, max_size=30), st.integers(0, 999))
def test_the_order_of_records_changes_no_count(tmp_path: Path, records: list[Person], seed: int) -> None:
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    counts = []
    for name, order in (("a", records), ("b", shuffled)):
        people = People(tmp_path / name, **rules("warn", "append"))
        people.deliver("x", order)
        counts.append(people.run().quality)
    assert counts[0] == counts[1]


@SETTINGS
@given(st.lists(RECORD, min_size=1, max_size=20), st.sampled_from(list(TABLES)))
def test_what_a_failed_gate_left_is_published_whole_once_the_rules_are_loosened(
    tmp_path: Path, records: list[Person], mode: str
) -> None:
    undisturbed = People(tmp_path / "undisturbed", mode, **rules("warn", mode))
    undisturbed.deliver("a", records)
    expected = seen(undisturbed)
    people = People(tmp_path / "w", mode, **rules("fail", mode))
    people.deliver("a", records)
    strict = people.run()
    if strict.status == "failed":
        assert people.rows() == []
        assert people.landing() == ["a.csv"]
    people.declare(**rules("warn", mode))
    if strict.status == "failed":
        assert seen(people) == expected
    else:
        assert people.rows() == expected[1]


def test_records_that_a_rule_of_the_run_holds_back_stay_on_their_files_account(tmp_path: Path) -> None:
    people = People(tmp_path / "w", email="{unique: quarantine}")
    chance = random.Random(7)
    first: set[str] = set()
    expected: dict[str, list[int]] = {}
    for number in range(30):
        addresses = [f"p{chance.randrange(40)}@a.test" for _ in range(chance.randrange(1, 7))]
        people.deliver(
            f"{number:02}",
            [(f"{number}", address, "x" if chance.random() < 0.2 else "", "") for address in addresses],
        )
        text = (people.root / f"store/landing/{number:02}.csv").read_text().splitlines()[1:]
        bad = []
        for line, line_text in enumerate(text, start=2):
            _, address, n, _ = line_text.split(",")
            if n == "x":
                continue
            if address in first:
                bad.append(line)
            first.add(address)
        expected[f"{number:02}.csv"] = bad
    record = people.run()
    held = people.held_back()
    for part in record.partitions:
        mine = [each.line for each in held if each.partition == part.id and each.reason.endswith("unique")]
        assert mine == expected[part.id]
        assert part.quarantined == len([each for each in held if each.partition == part.id])
    assert len(people.rows()) == len(first) == record.published


@pytest.mark.parametrize(
    "table", ["", "{row_count: {min: 2, then: fail}, freshness: {column: seen, within: 1h, then: fail}}"]
)
def test_a_mended_rule_lets_quarantine_be_published(tmp_path: Path, table: str) -> None:
    people = People(tmp_path / "w", n="{range: {max: 10, then: quarantine}}", email="{unique: quarantine}")
    people.deliver("a", [("1", "a@a.test", "5", ""), ("2", "b@a.test", "50", ""), ("3", "a@a.test", "5", "")])
    first = people.run()
    assert (first.published, first.quarantined) == (1, 2)
    again = people.run(retry=first.run)
    assert (again.published, again.snapshot) == (0, None)
    # A retry publishes a part: rules of the run as a whole are not asked of it.
    people.declare(n="{range: {max: 50, then: quarantine}}", email="{unique: quarantine}", table=table)
    second = people.run(retry=first.run)
    assert (second.published, second.quarantined) == (1, 1)
    assert people.ids() == ["1", "2"]
    people.declare(email="{unique: fail}")
    assert people.run(retry=second.run).status == "failed"
    people.declare(email="{unique: warn}")
    assert people.run(retry=second.run).published == 1
    assert people.ids() == ["1", "2", "3"]
    assert people.held_back() == []


def test_rules_judge_what_steps_leave(tmp_path: Path) -> None:
    steps = 'steps:\n  - filter: "n <> \'99\'"\n  - map: {column: n, values: {"7": "700"}, otherwise: keep}'
    for mode in TABLES:
        people = People(tmp_path / mode, mode, steps=steps, n="{range: {max: 100, then: quarantine}, not_null: warn}")
        people.deliver("a", [("1", "", "99", ""), ("2", "", "7", ""), ("3", "", "5", ""), ("4", "", "99", "")])
        record = people.run()
        assert outcome(record, "range") == ("quarantined", 2, 1)
        assert outcome(record, "not_null") == ("passed", 1, 0)
        assert people.ids() == ["3"]
        assert people.held_back()[0].raw.startswith('{"id": "2"')


def test_no_value_that_a_rule_judges_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    people = People(
        tmp_path / "w",
        email="{pattern: {matches: 'x', then: fail}, unique: fail, length: {max: 2, then: fail}}",
        table="{references: {columns: [email], file: ids.csv, key: [id], then: fail}}",
    )
    people.deliver("a", [("1", "secret.person@a.test", "", ""), ("2", "secret.person@a.test", "", "")])
    record = people.run()
    assert len(record.error["rules"] if record.error else []) == 4
    assert "secret.person" not in str(record.as_json()) + caplog.text
    scratch = people.root / ".antechamber"
    left = [path for path in scratch.rglob("*") if path.is_file()] if scratch.exists() else []
    assert left == []


def test_source_fields_that_wait_for_the_gate_are_never_on_a_disk_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.gate import Gate

    people = People(tmp_path / "w", email="{unique: quarantine}")
    people.deliver("a", [(str(n), f"secret.person{n % 50}@a.test", "", "") for n in range(100)])
    found: list[bytes] = []
    judge = Gate.judge

    def look(gate: Gate) -> Any:
        found.extend(path.read_bytes() for path in gate.scratch.rglob("*") if path.is_file())
        return judge(gate)

    monkeypatch.setattr(Gate, "judge", look)
    record = people.run()
    assert (record.published, record.quarantined) == (50, 50)
    assert sum(map(len, found)) > 0
    assert not any(b"secret.person" in content for content in found)


def test_a_record_that_is_held_back_names_the_file_inside_its_archive(tmp_path: Path) -> None:
    people = People(tmp_path / "w", email="{unique: quarantine}")
    declared = people.root / "connectors/people.yaml"
    declared.write_text(declared.read_text().replace("landing/*.csv", "landing/*"))
    for name in ("x", "y"):
        with ZipFile(people.root / f"store/landing/{name}.zip", "w") as archive:
            archive.writestr("one.csv", "id,email,n,seen\n1,a@a.test,,\n2,bad,,\n3,b@a.test,,\n")
            archive.writestr("two.csv", f"id,email,n,seen\n4,c{name}@a.test,,\n5,b@a.test,,\n")
    first = people.run()
    assert (first.published, first.quarantined) == (6, 4)
    assert [(each.partition, each.member, each.line) for each in people.held_back()] == [
        ("x.zip", "two.csv", 3),
        ("y.zip", "one.csv", 2),
        ("y.zip", "one.csv", 4),
        ("y.zip", "two.csv", 3),
    ]
    people.declare(email="{unique: warn}")
    assert people.run(retry=first.run).published == 4
