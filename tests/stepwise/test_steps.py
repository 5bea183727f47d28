"""A run in steps, each in a process that may die: run again, nothing is lost, doubled or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.conftest import pgp_home
from tests.servers.aws import Aws, aws
from tests.stepwise.executions import KILLS, TENANT_KEY, Deployed, deploy

from antechamber.operate.held import hold
from antechamber.store import Location

__all__ = ["pgp_home"]

FEW = ("committed",)
CHOSEN = KILLS if os.environ.get("ANTECHAMBER_SOAK") else FEW


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with aws() as running:
        yield running


def sealed(home: Path, *lines: str) -> bytes:
    body = "\n".join(("id,email,points", *lines, "")).encode()
    gpg = ["gpg", "--homedir", str(home), "--batch", "--trust-model", "always", "--recipient", "acme@example.test"]
    return subprocess.run([*gpg, "--encrypt"], input=body, capture_output=True, check=True).stdout


@pytest.fixture
def deployed(server: Aws, pgp_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    server.faults.clear()
    secrets = {"file:keys/acme.key": TENANT_KEY.encode(), "file:keys/acme.asc": (pgp_home / "acme.asc").read_bytes()}
    made = deploy(tmp_path / "ws", server, secrets)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    made.drop("a.csv.pgp", sealed(pgp_home, "1,a@x.test,1", "2,b@x.test,2", "3,nobody,3"))
    made.drop("b.csv.pgp", sealed(pgp_home, "1,a@x.test,10", "4,d@x.test,4"))
    return made


def assert_whole(deployed: Deployed) -> None:
    """As after a run that nobody disturbed."""
    assert deployed.points() == {"1": 10, "2": 2, "4": 4}
    assert deployed.snapshots() == 1
    assert deployed.keys("landing") == []
    assert deployed.keys("archive") == [f"archive/loyalty/{name}.csv.pgp" for name in "ab"]
    assert len(deployed.keys("quarantine")) == 1
    store = deployed.keys("store")
    assert not [key for key in store if key.startswith("runs/loyalty/parts/")], "parts were left behind"
    assert len([key for key in store if key.endswith(".parquet")]) == 1
    told = [record for record in deployed.records() if record["snapshot"] is not None]
    assert [(each["read"], each["published"], each["quarantined"]) for each in told] == [(5, 3, 1)]
    assert not [each for each in deployed.records() if each["status"] in ("failed", "partial")]


def test_an_execution_ends_in_the_table_with_the_sources_archived(deployed: Deployed) -> None:
    done = deployed.execute("one")
    assert done.returncode == 0, done.stderr
    assert_whole(deployed)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (run,) = [line for line in lines if line["stage"] == "run"]
    assert (run["RowsRead"], run["RowsPublished"], run["RowsQuarantined"]) == (5, 3, 1)
    assert {line["stage"] for line in lines} == {"plan", "work", "commit", "archive", "notify", "run"}
    assert "x.test" not in done.stdout + done.stderr and "nobody" not in done.stdout + done.stderr


@pytest.mark.parametrize("kill", CHOSEN)
def test_an_execution_killed_anywhere_is_taken_up_by_itself(deployed: Deployed, kill: str) -> None:
    killed = deployed.execute("one", kill)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = deployed.execute("one")
    assert again.returncode == 0, again.stderr
    assert_whole(deployed)


@pytest.mark.parametrize("kill", KILLS if os.environ.get("ANTECHAMBER_SOAK") else ("resolve",))
def test_an_execution_killed_and_given_up_is_followed_by_another(
    deployed: Deployed, kill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.deploy import handlers

    assert deployed.execute("one", kill).returncode == -signal.SIGKILL
    for name, value in deployed.environment.items():
        monkeypatch.setenv(name, value)
    handlers._declared.cache_clear()
    handlers.fail({"connector": "loyalty", "execution": "one", "error": {"Error": "States.Timeout", "Cause": "…"}})
    handlers._declared.cache_clear()
    other = deployed.execute("two")
    assert other.returncode == 0, other.stderr
    assert deployed.points() == {"1": 10, "2": 2, "4": 4} and deployed.snapshots() == 1
    assert deployed.keys("landing") == [] and len(deployed.keys("archive")) == 2
    assert len(deployed.keys("quarantine")) == 1


def test_two_executions_never_interleave(deployed: Deployed) -> None:
    runs = Location(f"s3://{deployed.bucket('store')}/runs/loyalty")
    hold(runs, run_id="20261125t000000z-abcdef", what="acme/loyalty")
    second = deployed.execute("two")
    assert second.returncode == 1 and "LeaseHeld" in second.stderr
    assert deployed.keys("quarantine") == [] and len(deployed.keys("landing")) == 2


def test_a_file_that_cannot_be_decrypted_stays_and_the_others_go_on(deployed: Deployed) -> None:
    deployed.drop("c.csv.pgp", b"this is no message")
    done = deployed.execute("one")
    assert done.returncode == 0, done.stderr
    assert deployed.points() == {"1": 10, "2": 2, "4": 4}
    assert deployed.keys("landing") == ["landing/loyalty/c.csv.pgp"]
    (record,) = deployed.records()
    assert record["status"] == "partial"
    assert [each["id"] for each in record["partitions"] if each["error"]] == ["c.csv.pgp"]
