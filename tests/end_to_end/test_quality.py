"""Quality rules, run whole: what each does, for each of its consequences."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.end_to_end.quality_workspace import TABLES, People, Person, outcome

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord

NOW = datetime.now(UTC)
TODAY = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"

GOOD: list[Person] = [(str(n), f"p{n}@a.test", "5", TODAY) for n in range(1, 7)]

# rule → (where it stands, the rule without `then`, two records that fail it)
RULES: dict[str, tuple[str, str, list[Person]]] = {
    "not_null": ("email", "", [("7", "", "5", TODAY), ("8", "no address", "5", TODAY)]),
    "range": ("n", "min: 0, max: 10, ", [("7", "g@a.test", "11", TODAY), ("8", "h@a.test", "-1", TODAY)]),
    "one_of": ("n", "values: ['5'], ", [("7", "g@a.test", "6", TODAY), ("8", "h@a.test", "7", TODAY)]),
    "pattern": (
        "email",
        "matches: '.*@a[.]test', ",
        [("7", "g@b.test", "5", TODAY), ("8", "h@a.test.de", "5", TODAY)],
    ),
    "length": ("email", "min: 8, max: 9, ", [("7", "g@long.a.test", "5", TODAY), ("8", "h@a.de", "5", TODAY)]),
    "unique": ("email", "", [("7", "P1@A.test ", "5", TODAY), ("8", "p2@a.test", "5", TODAY)]),
    "references": (
        "table",
        "columns: [id], file: ids.csv, ",
        [("70", "g@a.test", "5", TODAY), ("80", "h@a.test", "5", TODAY)],
    ),
}  # fmt: skip


def declared(rule: str, then: str, more: str = "") -> dict[str, str]:
    where, said, _ = RULES[rule]
    return {where: f"{{{rule}: {{{said}then: {then}{more}}}}}"}


@pytest.mark.parametrize("rule", RULES)
def test_warn_publishes_all_and_says_so(tmp_path: Path, rule: str) -> None:
    people = People(tmp_path / "w", **declared(rule, "warn"))
    people.deliver("a", [*GOOD, *RULES[rule][2]])
    record = people.run()
    assert (record.status, record.published, record.quarantined) == ("succeeded", 8, 0)
    assert outcome(record, rule) == ("warned", 8, 2)
    assert any(note.startswith("quality, warned: ") and "2 of 8 records" in note for note in record.notes)


@pytest.mark.parametrize("rule", RULES)
def test_quarantine_holds_the_records_back_and_names_rule_and_column(tmp_path: Path, rule: str) -> None:
    people = People(tmp_path / "w", **declared(rule, "quarantine"))
    people.deliver("a", [*GOOD, *RULES[rule][2]])
    record = people.run()
    assert (record.status, record.published, record.quarantined) == ("succeeded", 6, 2)
    assert outcome(record, rule) == ("quarantined", 8, 2)
    assert people.ids() == [person[0] for person in GOOD]
    held = people.held_back()
    assert [each.line for each in held] == [8, 9]
    assert {each.reason for each in held} == {f"fails the quality rule {rule}"}
    assert {each.column for each in held} == {RULES[rule][0] if rule != "references" else "id"}
    assert all(bad[1] in each.raw for bad, each in zip(RULES[rule][2], held, strict=True))


@pytest.mark.parametrize("mode", TABLES)
@pytest.mark.parametrize("rule", RULES)
def test_fail_publishes_nothing_and_the_next_run_loses_nothing_once_the_rule_is_loosened(
    tmp_path: Path, rule: str, mode: str
) -> None:
    people = People(tmp_path / "w", mode, **declared(rule, "fail"))
    people.deliver("a", GOOD)
    assert people.run().status == "succeeded"
    before = people.rows()
    people.deliver("b", [*RULES[rule][2], *([("9", "p1@a.test", "5", TODAY)] if rule == "unique" else [])])
    record = people.run()
    assert (record.status, record.read, record.published, record.quarantined) == ("failed", 0, 0, 0)
    assert record.error is not None
    assert record.error["error"] == "QualityFailed"
    (told,) = record.error["rules"]
    assert (told["rule"], told["outcome"]) == (rule, "failed")
    assert told["share"] == pytest.approx(told["failed"] / told["checked"], abs=1e-6)
    assert not [
        person for person in RULES[rule][2] if person[1].strip() and person[1].strip() in str(record.as_json())
    ]
    assert people.rows() == before
    assert people.landing() == ["b.csv"]
    assert people.held_back() == []
    people.declare(**declared(rule, "warn"))
    second = people.run()
    assert second.status == "succeeded"
    assert people.landing() == []
    expected = {"replace": second.published}.get(mode, len(GOOD) + second.published)
    assert len(people.rows()) == expected
    assert second.published == (3 if rule == "unique" else 2)


@pytest.mark.parametrize("then", ["warn", "fail"])
def test_a_share_that_is_tolerated_passes_and_one_record_more_does_not(tmp_path: Path, then: str) -> None:
    people = People(tmp_path / "w", **declared("range", then, ", tolerate: 25%"))
    people.deliver("a", [*GOOD, *RULES["range"][2]])
    assert outcome(people.run(), "range") == ("passed", 8, 2)
    people.deliver("b", [*GOOD[:5], *RULES["range"][2]])
    assert outcome(people.run(), "range") == ({"warn": "warned", "fail": "failed"}[then], 7, 2)


@pytest.mark.parametrize("rule", ["range", "unique"])
def test_more_records_to_quarantine_than_tolerated_fail_the_run(tmp_path: Path, rule: str) -> None:
    people = People(tmp_path / "w", **declared(rule, "quarantine", ", tolerate: 25%"))
    people.deliver("a", [*GOOD, *RULES[rule][2]])
    record = people.run()
    assert outcome(record, rule) == ("quarantined", 8, 2)
    assert (record.published, record.quarantined) == (6, 2)
    people.declare(**declared(rule, "quarantine", ", tolerate: 24%"))
    people.deliver("b", [(f"{n}0", f"q{email}", m, seen) for n, email, m, seen in [*GOOD, *RULES[rule][2]]])
    if rule == "unique":
        people.deliver("b", [("1", "x@a.test", "5", TODAY), ("2", "x@a.test", "5", TODAY)])
    failed = people.run()
    assert failed.status == "failed"
    assert outcome(failed, rule)[0] == "failed"
    assert len(people.held_back()) == 2


def test_null_is_no_matter_of_rules_about_values(tmp_path: Path) -> None:
    people = People(
        tmp_path / "w",
        n="{range: {min: 0, then: fail}, one_of: {values: ['5'], then: fail}}",
        email="{pattern: {matches: x, then: fail}, length: {min: 99, then: fail}, unique: fail}",
    )
    people.deliver("a", [("1", "", "", ""), ("2", "", "", "")])
    record = people.run()
    assert record.published == 2
    assert {(each["checked"], each["failed"]) for each in record.quality} == {(0, 0)}


def test_what_is_invalid_is_told_as_invalid_and_no_rule_judges_it(tmp_path: Path) -> None:
    people = People(tmp_path / "w", n="{range: {min: 0, then: quarantine}}", email="{not_null: quarantine}")
    people.deliver(
        "a", [("1", "a@a.test", "x", ""), ("2", "", "x", ""), ("3", "", "-1", ""), ("4", "d@a.test", "1", "")]
    )
    record = people.run()
    assert outcome(record, "range") == ("quarantined", 2, 1)
    assert outcome(record, "not_null") == ("quarantined", 2, 1)
    # Of two rules the first that is declared names the reason; both count the record.
    assert [(each.line, each.column, each.reason) for each in people.held_back()] == [
        (2, "n", "not a whole number"),
        (3, "n", "not a whole number"),
        (4, "email", "fails the quality rule not_null"),
    ]


def fresh(people: People, name: str, *ages: timedelta) -> RunRecord:
    people.deliver(name, [(str(n), "", "", f"{NOW - age:%Y-%m-%dT%H:%M:%SZ}") for n, age in enumerate(ages)])
    return people.run()


@pytest.mark.parametrize(("then", "came"), [("warn", "warned"), ("fail", "failed")])
def test_freshness_judges_the_newest_record(tmp_path: Path, then: str, came: str) -> None:
    people = People(tmp_path / "w", table=f"{{freshness: {{column: seen, within: 2d, then: {then}}}}}")
    assert outcome(fresh(people, "a", timedelta(days=9), timedelta(hours=47)), "freshness") == ("passed", 1, 0)
    record = fresh(people, "b", timedelta(days=9), timedelta(days=2, hours=3, minutes=30))
    assert outcome(record, "freshness") == (came, 1, 1)
    assert record.quality[0]["found"] == "the newest is 2 d 3 h old, of 2d"
    assert people.landing() == (["b.csv"] if then == "fail" else [])


def test_a_moment_in_the_far_future_is_no_sign_of_freshness(tmp_path: Path) -> None:
    people = People(tmp_path / "w", table="{freshness: {column: seen, within: 2d, then: fail}}")
    assert fresh(people, "a", timedelta(days=-400), timedelta(days=5)).status == "failed"
    assert fresh(people, "a", timedelta(hours=-20), timedelta(days=5)).status == "succeeded"


@pytest.mark.parametrize(("then", "came"), [("warn", "warned"), ("fail", "failed")])
@pytest.mark.parametrize("bounds", ["min: 3", "max: 1"])
def test_row_count_has_bounds(tmp_path: Path, then: str, came: str, bounds: str) -> None:
    people = People(tmp_path / "w", table=f"{{row_count: {{{bounds}, then: {then}}}}}")
    people.deliver("a", GOOD[:2])
    assert outcome(people.run(), "row_count") == (came, 1, 1)
    assert len(people.rows()) == (2 if then == "warn" else 0)


def test_row_count_is_compared_with_the_median_of_the_last_runs_once_there_are_enough(tmp_path: Path) -> None:
    people = People(tmp_path / "w", table="{row_count: {change: 50%, over: 3, then: fail}}")

    def send(name: str, count: int) -> RunRecord:
        people.deliver(name, [(f"{name}{n}", "", "", "") for n in range(count)])
        return people.run()

    assert [outcome(send(name, n), "row_count")[0] for name, n in [("a", 90), ("b", 10), ("c", 12)]] == [
        "not checked"
    ] * 3
    assert outcome(send("d", 18), "row_count")[0] == "passed"  # 90, 10, 12: the median is 12
    assert outcome(send("e", 19), "row_count")[0] == "failed"  # 10, 12, 18
    assert outcome(send("e", 6), "row_count")[0] == "passed"
    assert outcome(send("f", 5), "row_count")[0] == "failed"  # 12, 18, 6


def test_a_source_of_which_nothing_is_left_fails_a_table_that_is_replaced(tmp_path: Path) -> None:
    people = People(tmp_path / "w", "replace", table="{row_count: {min: 1, then: fail}}")
    people.deliver("a", GOOD)
    people.run()
    people.deliver("b", [])
    assert people.run().status == "failed"
    assert len(people.rows()) == 6


OTHER = """
connector: known
tenant: acme
source: {type: landing, path: "known/*.csv", settle: 0}
columns:
  key: {type: email, protect: sha256, source: mail}
table: {name: known}
"""


@pytest.mark.parametrize(("then", "came"), [("warn", "warned"), ("quarantine", "quarantined"), ("fail", "failed")])
@pytest.mark.parametrize("mode", TABLES)
def test_references_to_a_table_compare_what_is_published(tmp_path: Path, then: str, came: str, mode: str) -> None:
    rule = f"{{references: {{columns: [email], table: known, key: [key], then: {then}}}}}"
    people = People(tmp_path / "w", mode, table=rule)
    (people.root / "connectors/known.yaml").write_text(OTHER)
    (people.root / "store/known").mkdir()
    people.deliver("a", [*GOOD[:2], ("7", "stranger@a.test", "5", ""), ("8", "", "5", "")])
    early = people.run()
    assert early.status == "failed"
    assert early.error is not None
    assert early.error["what"] == "the table 'known', which a quality rule refers to, is not published yet"
    (people.root / "store/known/k.csv").write_text("mail\nP1@A.TEST\np2@a.test\n")
    assert pipeline.run(load_workspace(people.root), "known").published == 2
    record = people.run()
    assert outcome(record, "references") == (came, 3, 1)
    published = {"warn": ["1", "2", "7", "8"], "quarantine": ["1", "2", "8"], "fail": []}[then]
    assert people.ids() == published


def test_records_of_one_key_are_judged_by_the_last(tmp_path: Path) -> None:
    people = People(tmp_path / "w", "upsert", n="{range: {max: 10, then: fail}}")
    people.deliver("a", [("1", "", "99", ""), ("2", "", "1", ""), ("1", "", "5", "")])
    record = people.run()
    assert outcome(record, "range") == ("passed", 2, 0)
    assert people.ids() == ["1", "2"]


def test_unique_holds_against_what_an_append_table_has(tmp_path: Path) -> None:
    people = People(tmp_path / "w", email="{unique: quarantine}")
    people.deliver("a", GOOD[:3])
    people.run()
    people.deliver("b", [("7", "p2@a.test", "", ""), ("8", "h@a.test", "", ""), ("9", "H@a.test", "", "")])
    assert outcome(people.run(), "unique") == ("quarantined", 3, 2)
    assert people.ids() == ["1", "2", "3", "8"]
    assert [each.line for each in people.held_back()] == [2, 4]


def test_unique_in_an_upsert_table_sees_the_records_that_stay(tmp_path: Path) -> None:
    people = People(tmp_path / "w", "upsert", email="{unique: fail}")
    people.deliver("a", [("1", "x@a.test", "", ""), ("2", "y@a.test", "", "")])
    people.run()
    # 1 and 2 exchange their addresses: what the table has of them is replaced.
    people.deliver("b", [("1", "y@a.test", "", ""), ("2", "x@a.test", "", "")])
    assert people.run().status == "succeeded"
    people.deliver("c", [("3", "x@a.test", "", "")])
    assert outcome(people.run(), "unique") == ("failed", 1, 1)


def test_rules_of_several_columns_compare_them_together(tmp_path: Path) -> None:
    people = People(tmp_path / "w", table="{unique: [{columns: [id, n], then: quarantine}]}")
    people.deliver(
        "a", [("1", "", "1", ""), ("1", "", "2", ""), ("1", "", "1", ""), ("1", "", "", ""), ("1", "", "", "")]
    )
    assert outcome(people.run(), "unique") == ("quarantined", 3, 1)


DATABASE = """
connector: people
tenant: acme
source: {type: sqlite, path: shop.db, table: people, watermark: n}
columns:
  id: {type: id}
  email: {type: email, protect: sha256, quality: {unique: quarantine}}
  n: {type: integer, quality: {range: {max: 100, then: fail}}}
table: {name: people}
quality: {row_count: {min: 1, then: fail}}
"""


def test_a_database_is_read_on_from_where_it_was_when_the_gate_failed(tmp_path: Path) -> None:
    people = People(tmp_path / "w")
    (people.root / "connectors/people.yaml").write_text(DATABASE)
    with closing(sqlite3.connect(people.root / "store/shop.db", isolation_level=None)) as shop:
        shop.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, n INTEGER)")
        shop.execute("INSERT INTO people VALUES (1, 'a@a.test', 1), (2, 'A@a.test', 2), (3, 'c@a.test', 3)")
        first = people.run()
        assert (first.published, first.quarantined) == (2, 1)
        assert people.held_back()[0].raw == '{"id": 2, "email": "A@a.test", "n": 2}'
        # Nothing new is nothing to be judged: no row is no fault.
        assert people.run().status == "nothing new"
        shop.execute("INSERT INTO people VALUES (4, 'd@a.test', 400), (5, 'e@a.test', 5)")
        assert outcome(people.run(), "range") == ("failed", 2, 1)
        shop.execute("UPDATE people SET n = 40 WHERE id = 4")
        assert people.run().published == 2
        assert people.ids() == ["1", "3", "4", "5"]
