"""Each function fits into its memory, whatever the size of an export: measured as the peak of its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.servers.aws import aws
from tests.stepwise.executions import LOYALTY, TENANT_KEY, Deployed, deploy

PLAIN = LOYALTY.replace('  decrypt: {pgp: "file:keys/acme.asc"}\n', "").replace(
    "table: {name: loyalty, mode: upsert, key: id}", "table: {name: loyalty, mode: append}"
)
ROWS = (1_000, 1_000_000)

CALL = """
import json, re, sys, time
began = time.monotonic()
from antechamber.deploy import handlers
loaded = time.monotonic() - began
answer = getattr(handlers, sys.argv[1])(json.loads(sys.argv[2]))
# Of this program alone: getrusage would also count what the process was before it began.
peak = int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1])
told = {"answer": answer, "mb": peak / 1024, "loaded": loaded}
print(json.dumps({**told, "seconds": time.monotonic() - began}), file=sys.stderr)
"""


def call(made: Deployed, task: str, event: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CALL, task, json.dumps(event)],
        env={**os.environ, **made.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stderr.strip().splitlines()[-1])
    return told


@pytest.mark.soak
@pytest.mark.skipif("ANTECHAMBER_SOAK" not in os.environ, reason="a million records: make soak")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not tell a process's peak")
def test_functions_stay_within_512_and_1769_mb(tmp_path: Path) -> None:
    with aws() as server:
        made = deploy(tmp_path / "ws", server, {"file:keys/acme.key": TENANT_KEY.encode()}, PLAIN)
        for number, rows in enumerate(ROWS):
            lines = (f"{row},member.{row}@example.test,{row % 1000}\n" for row in range(rows))
            made.drop(f"{rows}.csv", ("id,email,points\n" + "".join(lines)).encode())
            planned = call(made, "plan", {"connector": "loyalty", "execution": f"e{number}"})
            run = {"connector": "loyalty", "run": planned["answer"]["run"]}
            measured = {"plan": planned, "work": call(made, "work", {**run, "lot": 0})}
            measured |= {task: call(made, task, run) for task in ("commit", "archive", "notify")}
            assert measured["commit"]["answer"]["published"] == rows
            for task, told in measured.items():
                print(
                    f"{rows:>9,} rows, {task}: {told['mb']:.0f} MB, "
                    f"{told['loaded']:.1f} of {told['seconds']:.1f} s to load"
                )
            assert max(measured[task]["mb"] for task in ("plan", "archive", "notify")) < 512
            assert max(measured[task]["mb"] for task in ("work", "commit")) < 1769
