"""One Spark for all tests: executors of this machine, two at a time, each task tried up to four times."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.test_small_files import KEY

from antechamber.declare import SparkEngine
from antechamber.engine import spark_session
from antechamber.on_spark import work_on_spark
from antechamber.working import Elsewhere

MASTER = "local[2,4]"


def java() -> int:
    """The version of Java that Spark would run on; 0 when there is none."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    said = "" if program is None else subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


@pytest.fixture(scope="session")
def spark_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Spark keeps what executors gave, as it came: not compressed by Spark once more."""
    return tmp_path_factory.mktemp("spark-local")


@pytest.fixture(scope="session")
def spark(spark_files: Path) -> Iterator[Elsewhere]:
    if java() not in (8, 11, 17):
        pytest.skip("needs Java 8, 11 or 17 (scripts/need-java)")
    os.environ["ACME_KEY"] = KEY  # executors have the environment in which Spark was started
    conf = {"spark.local.dir": str(spark_files), "spark.shuffle.compress": "false", "spark.driver.memory": "512m"}
    engine = SparkEngine(type="spark", master=MASTER, conf=conf)
    # Started here, whichever test comes first: what a test adds to the environment later, executors do not have.
    session = spark_session("tests", master=MASTER, conf=conf)
    yield functools.partial(work_on_spark, engine)
    session.stop()
    del os.environ["ACME_KEY"]
