"""Two runs of one connector never interleave, and a dead run does not hold its lease."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from antechamber.errors import LeaseHeld
from antechamber.operate.lease import holder, lease
from antechamber.store import Location

HOLD = textwrap.dedent("""
    import sys, time
    from antechamber.operate.lease import lease
    from antechamber.store import Location
    with lease(Location(sys.argv[1]), run_id="the-first", what="acme/loyalty"):
        print("held", flush=True)
        time.sleep(60)
""")


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return Location.of("runs", relative_to=tmp_path)


def test_the_second_run_is_told_who_holds_the_lease(location: Location) -> None:
    with (
        lease(location, run_id="the-first", what="acme/loyalty"),
        pytest.raises(LeaseHeld) as refused,
        lease(location, run_id="the-second", what="acme/loyalty"),
    ):
        pass
    assert refused.value.where == "acme/loyalty"
    assert "the-first" in refused.value.what and "process" in refused.value.what
    assert holder(location) is None


def test_a_lease_is_free_again_after_its_holder_was_killed(location: Location) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, location.url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        note = holder(location)
        assert note is not None and note["run"] == "the-first" and note["pid"] == child.pid
        with pytest.raises(LeaseHeld, match=str(child.pid)), lease(location, run_id="x", what="acme/loyalty"):
            pass
        child.send_signal(signal.SIGKILL)
    with lease(location, run_id="the-second", what="acme/loyalty"):
        note = holder(location)
        assert note is not None and note["run"] == "the-second"
