"""A large run's work on Spark, as AWS Glue starts it: `spark-submit` of the job's script, then the commit's step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.servers.aws import aws
from tests.stepwise.executions import LOYALTY, TENANT_KEY, deploy

PLAIN = LOYALTY.replace('  decrypt: {pgp: "file:keys/acme.asc"}\n', "")


@pytest.mark.soak
@pytest.mark.skipif("ANTECHAMBER_SOAK" not in os.environ, reason="a Spark of its own, for a minute: make soak")
def test_the_glue_job_works_what_was_planned_under_spark_submit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.deploy import glue_entry, handlers

    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("needs Java (scripts/need-java)")
    with aws() as server:
        made = deploy(tmp_path / "ws", server, {"file:keys/acme.key": TENANT_KEY.encode()}, PLAIN)
        made.drop("a.csv", b"id,email,points\n1,a@x.test,1\n2,b@x.test,2\n3,nobody,3\n")
        made.drop("b.csv", b"id,email,points\n1,a@x.test,10\n")
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        handlers._declared.cache_clear()
        event = {"connector": "loyalty", "execution": "large"}
        planned = handlers.plan(event)
        told = {
            "workspace": made.environment["ANTECHAMBER_WORKSPACE"],
            "environment": made.names.environment,
            "account": made.names.account,
            "tenant": "acme",
            "connector": "loyalty",
            "run": planned["run"],
            "region": made.names.region,
        }
        arguments = [part for name, value in told.items() for part in (f"--{name}", value)]
        submit = Path(sys.executable).parent / "spark-submit"
        there = {**os.environ, **server.environment, "PYSPARK_PYTHON": sys.executable}
        there.pop("AWS_REGION", None)
        there.pop("AWS_DEFAULT_REGION", None)
        done = subprocess.run(
            [submit, "--master", "local[2]", glue_entry.__file__, "--JOB_NAME", "large", *arguments],
            env=there,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        assert "x.test" not in done.stdout + done.stderr and "nobody" not in done.stdout + done.stderr
        run = {"connector": "loyalty", "run": planned["run"]}
        assert handlers.commit(run)["read"] == 4
        handlers.archive(run)
        handlers._declared.cache_clear()
        assert made.points() == {"1": 10, "2": 2}
        assert made.keys("landing") == [] and len(made.keys("quarantine")) == 1
