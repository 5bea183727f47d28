"""The command line: one JSON object on standard output, and exit codes that say whether it was done."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Small, pgp_home, small

from antechamber.operate.lease import lease
from antechamber.store import Location

__all__ = ["pgp_home", "small"]


def test_a_run_that_published_everything_exits_0_and_says_the_balance(small: Small) -> None:
    done = small.cli("run", "events")
    assert done.returncode == 0, done.stderr
    assert "read 1,201 = published 1,200 + quarantined 1" in done.stdout


def test_a_run_with_a_bad_file_publishes_the_others_and_exits_1(small: Small) -> None:
    bad = small.root / "store/landing/loyalty/2026-11-22.csv.pgp"
    bad.write_bytes(bad.read_bytes()[:-200])
    done = small.cli("run", "loyalty", "--json")
    assert done.returncode == 1
    run = json.loads(done.stdout)["runs"][0]
    assert run["status"] == "partial"
    errors = {part["id"]: part["error"] for part in run["partitions"]}
    assert errors["2026-11-23.csv.pgp"] is None
    assert errors["2026-11-22.csv.pgp"]["remedy"]
    assert "2026-11-22.csv.pgp" in errors["2026-11-22.csv.pgp"]["where"]
    assert small.files("landing/loyalty") == ["2026-11-22.csv.pgp"]
    assert len(small.rows("loyalty")) == run["published"] > 0


def test_a_second_run_finds_nothing_new_and_exits_0(small: Small) -> None:
    small.json("run")
    again = small.json("run")
    assert {run["status"] for run in again["runs"]} == {"nothing new"}
    statuses = [run["status"] for run in small.json("runs")["runs"]]
    assert sorted(statuses) == ["nothing new", "nothing new", "succeeded", "succeeded"]


def test_a_killed_run_is_listed_as_died(small: Small) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "antechamber", "run", "loyalty"], cwd=small.root, stderr=subprocess.DEVNULL
    ) as child:
        runs = small.root / "store/tenants/acme/runs/loyalty"
        while child.poll() is None and not list(runs.glob("2*.json")):
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
    assert [run["status"] for run in small.json("runs", "loyalty")["runs"]] == ["died"]


def test_a_connector_that_another_run_holds_does_not_keep_the_others_from_running(small: Small) -> None:
    location = Location((small.root / "store/tenants/acme/runs/loyalty").as_uri())
    with lease(location, run_id="another", what="acme/loyalty"):
        done = small.cli("run", "--json")
        alone = small.cli("run", "loyalty", "--json")
    assert done.returncode == 1 and "another" in done.stderr
    report = json.loads(done.stdout)
    assert {run["connector"]: run["status"] for run in report["runs"]} == {"events": "succeeded"}
    assert [error["error"] for error in report["errors"]] == ["LeaseHeld"]
    assert alone.returncode == 1 and json.loads(alone.stdout)["error"] == "LeaseHeld"


def test_no_connector_runs_when_one_that_was_named_does_not_exist(small: Small) -> None:
    done = small.cli("run", "events", "evnts", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["where"] == "evnts"
    assert small.rows("events") == []


def test_check_says_what_happens_to_each_column_and_publishes_nothing(small: Small) -> None:
    report = small.json("check")
    assert report["ok"]
    loyalty = next(each for each in report["connectors"] if each["connector"] == "loyalty")
    columns = {column["column"]: column for column in loyalty["columns"]}
    assert columns["email"]["protection"] == "sha256" and columns["email"]["shared_with"] == ["spring"]
    assert loyalty["unnamed_columns"] == ["notes"]
    assert loyalty["partitions"] == 2 and loyalty["sampled"] >= 900
    assert small.rows("loyalty") == []
    assert len(small.files("landing/loyalty")) == 2
    assert not small.files("tenants") or not [name for name in small.files("tenants") if name.endswith(".parquet")]


def test_check_finds_a_missing_secret_before_any_data_moves(small: Small) -> None:
    (small.root / "keys/acme.asc").unlink()
    (small.root / "keys/streamly.key").write_text("short")
    done = small.cli("check", "--json")
    assert done.returncode == 1
    mistakes = json.loads(done.stdout)["mistakes"]
    assert any("acme.asc" in mistake["where"] for mistake in mistakes)
    assert any("64 hexadecimal" in str(mistake) and "streamly" in mistake["where"] for mistake in mistakes)
    assert "short" not in done.stdout + done.stderr


def test_preview_shows_protected_values_only(small: Small) -> None:
    shown = small.json("preview", "loyalty", "--rows", "5")["rows"]
    assert len(shown) == 5
    assert all(len(row["email"]) == 64 and "@" not in str(row) for row in shown)
    assert "customer_id" in small.cli("preview", "loyalty").stdout


def test_tables_and_queries_see_what_was_published(small: Small) -> None:
    small.json("run")
    tables = {table["table"]: table for table in small.json("tables")["tables"]}
    assert tables["acme.loyalty"]["rows"] == len(small.rows("loyalty"))
    early = small.cli("query", "spring", "SELECT COUNT(DISTINCT email) FROM loyalty")
    assert early.returncode == 1 and "antechamber share spring" in early.stderr
    assert small.cli("share", "--yes").returncode == 0
    asked = "SELECT l.tier, COUNT(DISTINCT l.email) AS people FROM loyalty l JOIN events e ON l.email = e.email GROUP BY l.tier"  # noqa: E501
    answer = small.json("query", "spring", asked)["rows"]
    assert {row["tier"] for row in answer} == {"gold", "silver", "bronze"}
    assert all(row["people"] >= 10 for row in answer)
    refused = small.cli("query", "spring", "SELECT email FROM loyalty", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "QueryRefused"
    foreign = small.cli("query", "spring", asked, "--as", "streamly")
    assert foreign.returncode == 1 and "streamly" in foreign.stderr
    target = small.root / "answer.csv"
    assert small.cli("query", "spring", asked, "--to", str(target)).returncode == 0
    assert target.read_text().splitlines()[0].replace('"', "") == "tier,people"


@pytest.mark.parametrize(
    "arguments",
    [("run", "--no-such"), ("nonsense",), ("run", "--log", "loud"), ("preview",), ("init", "--example")],
)
def test_a_wrong_use_exits_2(small: Small, arguments: tuple[str, ...]) -> None:
    done = small.cli(*arguments)
    assert done.returncode == 2
    assert done.stderr and not done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "loyality"), "there is no connector 'loyality'"),
        (("query", "autumn", "SELECT 1"), "there is no collaboration 'autumn'"),
        (("init", "x", "--example", "bank"), "there is no example 'bank'"),
        (("init", "."), "not empty"),
        (("check", "-w", "nowhere"), "nowhere"),
    ],
)
def test_a_failure_exits_1_and_names_the_place_and_the_remedy(
    small: Small, arguments: tuple[str, ...], said: str
) -> None:
    done = small.cli(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) >= 2


def test_the_schemas_are_printed_and_written(small: Small, tmp_path: Path) -> None:
    assert json.loads(small.cli("schema", "connector").stdout)["properties"]["source"]
    assert small.cli("schema", "--to", str(tmp_path / "s")).returncode == 0
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        "workspace.json", "connector.json", "collaboration.json", "policy.json",
    }  # fmt: skip
