"""The same promise where there is no lock to hold: a lease in an object store, by conditional puts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.servers.s3 import S3, s3

from antechamber.errors import AntechamberError, LeaseHeld
from antechamber.operate import lease as leases
from antechamber.operate.lease import holder, lease
from antechamber.store import Location


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3() as running:
        yield running


@pytest.fixture
def location(server: S3, monkeypatch: pytest.MonkeyPatch) -> Location:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.empty()
    return Location(f"s3://{server.bucket}/runs/loyalty")


def test_the_second_run_is_told_who_holds_the_lease(location: Location, server: S3) -> None:
    with lease(location, run_id="the-first", what="acme/loyalty"):
        with pytest.raises(LeaseHeld, match="the-first"), lease(location, run_id="the-second", what="acme/loyalty"):
            pass
        note = holder(location)
        assert note is not None and note["run"] == "the-first"
    assert holder(location) is None and server.keys() == []


def test_a_lease_that_nobody_renews_is_taken_over_and_its_holder_hears_of_it(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "FRESH_SECONDS", 1.5)
    renewing = leases._Keeper.run
    monkeypatch.setattr(leases._Keeper, "run", lambda self: None)
    with (
        pytest.raises(AntechamberError, match="lease was lost"),
        lease(location, run_id="asleep", what="acme/loyalty"),
    ):
        time.sleep(3)
        monkeypatch.setattr(leases._Keeper, "run", renewing)
        with lease(location, run_id="awake", what="acme/loyalty"):
            time.sleep(2.5)
            note = holder(location)
            assert note is not None and note["run"] == "awake", "a lease that is renewed stays fresh"
