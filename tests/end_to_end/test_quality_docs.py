"""The example of docs/reference/quality.md, run on records that break its rules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.end_to_end.quality_workspace import People, outcome
from typer.testing import CliRunner

from antechamber.cli import app

PAGE = (Path(__file__).parents[2] / "docs/reference/quality.md").read_text()
NOW = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fence(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def members(root: Path) -> People:
    people = People(root)
    (root / "connectors/people.yaml").unlink()
    (root / "connectors/members.yaml").write_text(fence("yaml").replace('csv"}', 'csv", settle: 0}', 1))
    (root / "ref").mkdir()
    (root / "ref/tiers.csv").write_text("name\ngold\nsilver\nbronze\n")
    (root / "store/landing/members").mkdir()
    lines = [
        "customer_id,email,country,tier,code,ltv,updated_at",
        f"1,a@a.test,US,gold,AB-1234,5.00,{NOW}",
        f"2,,US,silver,AB-1235,0.00,{NOW}",
        f"3,c@a.test,DE,gold,AB-12345,100000.00,{NOW}",
    ]
    (root / "store/landing/members/a.csv").write_text("\n".join(lines) + "\n")
    return people


def test_the_example_runs_and_does_what_the_page_says(tmp_path: Path) -> None:
    people = members(tmp_path / "w")
    record = people.run("members")
    assert (record.status, record.published, record.quarantined) == ("succeeded", 2, 1)
    assert outcome(record, "not_null") == ("warned", 2, 1)
    assert outcome(record, "pattern") == ("quarantined", 3, 1)
    assert outcome(record, "range") == ("passed", 3, 0)
    assert outcome(record, "row_count")[0] == "passed"
    assert outcome(record, "freshness") == ("passed", 1, 0)
    assert outcome(record, "references") == ("passed", 3, 0)
    assert [each["outcome"] for each in record.quality if each["rule"] == "unique"] == ["passed", "passed"]


def test_the_outcome_that_the_page_shows_has_the_keys_of_a_runs_record(tmp_path: Path) -> None:
    people = members(tmp_path / "w")
    text = (people.root / "store/landing/members/a.csv").read_text().replace("100000.00", "100000.01")
    (people.root / "store/landing/members/a.csv").write_text(text)
    declared = people.root / "connectors/members.yaml"
    declared.write_text(declared.read_text().replace("then: quarantine, tolerate: 5%", "then: quarantine"))
    (found,) = [each for each in people.run("members").quality if each["rule"] == "range"]
    assert found == json.loads(fence("json"))


def test_check_run_and_runs_tell_of_rules(tmp_path: Path) -> None:
    root = members(tmp_path / "w").root
    run = CliRunner()
    checked = run.invoke(app, ["check", "members", "--workspace", str(root)])
    assert checked.exit_code == 0, checked.output
    told = " ".join(checked.output.split())
    assert (
        "quality, range: ltv is at least 0 and at most 100000; else the record goes to quarantine; with more than 5% "
        "nothing is published" in told
    )
    assert "quality, pattern: code has the form of the pattern; else the record goes to quarantine (1 of 3" in told
    assert "quality, freshness: updated_at has a value of the last 2d; else nothing is published" in told
    machine = json.loads(run.invoke(app, ["check", "members", "--json", "--workspace", str(root)]).output)
    assert [each["rule"] for each in machine["connectors"][0]["quality"]].count("unique") == 2
    ran = run.invoke(app, ["run", "members", "--workspace", str(root)])
    assert ran.exit_code == 0, ran.output
    said = " ".join(ran.output.split())
    assert "quality: 8 of 10 rules passed" in said
    assert "quality, quarantined: code: pattern: 1 of 3 records (33.33%)" in said
    assert "quality, warned: email: not_null: 1 of 2 records fail (50.00%)" in said
    listed = run.invoke(app, ["runs", "--json", "--workspace", str(root)])
    assert len(json.loads(listed.output)["runs"][0]["quality"]) == 10
    shown = run.invoke(app, ["runs", "--workspace", str(root)], env={"COLUMNS": "200"})
    assert "8 passed" in shown.output
