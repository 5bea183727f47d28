"""What dies is worked again, what is missing is told as ours, and nothing raw leaves a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.test_small_files import KEY, outcome, workspace
from tests.test_parts import plain

from antechamber import lots, on_spark, pipeline
from antechamber.catalog import Layout
from antechamber.declare import load_workspace
from antechamber.engine import Given
from antechamber.on_spark import Errand
from antechamber.operate.runs import load_all
from antechamber.working import Elsewhere

TABLE = "{name: members, mode: upsert, key: id}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a run on this machine makes of the small files."""
    monkeypatch.setenv("ACME_KEY", KEY)
    return outcome(workspace(tmp_path / "here", TABLE, "*.csv"))


def on_executors(spark: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.end_to_end.test_small_files.run", lambda declared, name: pipeline.run(declared, name, elsewhere=spark)
    )
    monkeypatch.setattr(lots, "LOT_FILES", 25)


def test_a_worker_killed_in_the_middle_is_made_up_for(
    spark: Elsewhere, here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = tmp_path / "died"
    work = on_spark._work

    def dies_once(errand: Errand, numbers: Iterator[int]) -> Iterator[Given]:
        for given in work(errand, numbers):
            yield given
            if not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(on_spark, "_work", dies_once)
    on_executors(spark, monkeypatch)
    record, rows, held = outcome(workspace(tmp_path / "there", TABLE, "*.csv"))
    assert died.exists()
    assert plain(record) == plain(here[0])
    assert (rows, held) == here[1:]


@pytest.mark.soak
@pytest.mark.skipif("ANTECHAMBER_SOAK" not in os.environ, reason="four workers die in turn: make soak")
def test_a_worker_that_dies_each_time_fails_the_run_and_the_next_one_publishes(
    spark: Elsewhere, here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(errand: Errand, numbers: Iterator[int]) -> Iterator[Given]:
        os.kill(os.getpid(), signal.SIGKILL)
        yield from ()

    root = workspace(tmp_path / "there", TABLE, "*.csv")
    with monkeypatch.context() as patched:
        patched.setattr(on_spark, "_work", dies)
        record = pipeline.run(load_workspace(root), "members", elsewhere=spark)
    assert record.error is not None and record.error["error"] == "EngineError"
    assert "gave up working the run's partitions" in record.error["what"]
    assert record.published == 0
    on_executors(spark, monkeypatch)
    assert outcome(root)[1:] == here[1:]


KILLED = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from antechamber import lots, pipeline
    from antechamber.cli.run import _elsewhere
    from antechamber.declare import load_workspace
    from antechamber.operate.watch import Silent

    class Killer(Silent):
        rows = 0
        def advance(self, *, rows, size):
            self.rows += rows
            if self.rows > 200:
                os.kill(os.getpid(), signal.SIGKILL)

    lots.LOT_FILES = 25
    declared = load_workspace(Path("."))
    pipeline.run(declared, "members", watcher=Killer(), elsewhere=_elsewhere(declared, None))
""")


def test_a_run_killed_while_it_takes_parts_in_is_simply_run_again(
    spark: Elsewhere, here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(tmp_path / "there", TABLE, "*.csv")
    with (root / "antechamber.yaml").open("a") as file:
        file.write('engine: {type: spark, master: "local[1]", conf: {spark.driver.memory: "512m"}}\n')
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=root, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "example.com" not in killed.stderr
    on_executors(spark, monkeypatch)
    record, rows, held = outcome(root)
    assert plain(record) == plain(here[0])
    assert (rows, held) == here[1:]


def test_a_secret_that_executors_do_not_have_is_named_by_its_reference(
    spark: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The environment of the run's own process is not sent to them."""
    root = workspace(tmp_path, TABLE, "*.csv")
    file = root / "connectors/members.yaml"
    file.write_text(file.read_text().replace("protect: sha256", "protect: hmac-sha256, secret: env:ONLY_HERE"))
    monkeypatch.setenv("ONLY_HERE", "the-value-of-the-secret-0123456789")
    record = pipeline.run(load_workspace(root), "members", elsewhere=spark)
    assert record.error is not None
    assert (record.error["error"], record.error["where"]) == ("SecretError", "env:ONLY_HERE")
    assert "ONLY_HERE" in record.error["remedy"]
    said = "".join(capfd.readouterr())
    assert "the-value-of-the-secret" not in said and "Traceback" not in said


def test_nothing_that_executors_hand_over_can_be_read_on_a_disk(
    spark: Elsewhere, spark_files: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = workspace(tmp_path, TABLE, "*.csv")
    assert pipeline.run(load_workspace(root), "members", elsewhere=spark).quarantined > 100
    kept = [path for path in spark_files.rglob("*") if path.is_file()]
    assert any(b"ANTESEA1" in path.read_bytes() for path in kept), "nothing was handed over"
    for path in kept:
        content = path.read_bytes()
        assert b"example.com" not in content and b'"rejected"' not in content, path.name
    assert "example.com" not in "".join(capfd.readouterr())


def test_without_java_it_is_said_what_spark_needs(tmp_path: Path) -> None:
    code = "from antechamber.engine import spark_session as s\ntry:\n    s('x', master='local[1]', conf={})\n"
    code += "except Exception as error:\n    print(type(error).__name__, error.where, error.remedy)"
    without = {**os.environ, "JAVA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=without, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("EngineError local[1] it needs Java"), done.stdout


EXECUTOR_KILLED = textwrap.dedent("""
    import functools, sys, time
    from pathlib import Path
    import psutil
    from antechamber import lots, pipeline
    from antechamber.declare import SparkEngine, load_workspace
    from antechamber.engine import spark
    from antechamber.on_spark import work_on_spark
    from antechamber.operate.watch import Silent

    def executors():
        for process in psutil.Process().children(recursive=True):
            try:
                if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                    yield process
            except psutil.Error:
                pass

    class Killer(Silent):
        heard, killed = 0, 0
        def advance(self, *, rows, size):
            self.heard += 1
            if self.heard == 6:
                next(executors()).kill()
                self.killed = 1
                time.sleep(1)

    lots.LOT_FILES = 5
    spark.PIECE_BYTES = 2000
    cluster = SparkEngine(type="spark", master="local-cluster[2,1,512]", conf={"spark.executor.memory": "512m"})
    killer = Killer()
    elsewhere = functools.partial(work_on_spark, cluster)
    record = pipeline.run(load_workspace(Path(".")), "members", watcher=killer, elsewhere=elsewhere)
    sys.exit(0 if killer.killed and record.error is None else str(record.error))
""")


@pytest.mark.soak
@pytest.mark.skipif("ANTECHAMBER_SOAK" not in os.environ, reason="a small cluster of its own: make soak")
def test_an_executor_that_is_lost_with_what_it_gave_is_made_up_for(
    here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Executors as processes of their own, one of them killed while the run takes in what it keeps."""
    root = workspace(tmp_path / "there", TABLE, "*.csv")
    done = subprocess.run(
        [sys.executable, "-c", EXECUTOR_KILLED], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    made = load_all(Layout.of(load_workspace(root).workspace, root).runs("acme", "members"), running=None)
    monkeypatch.setattr("tests.end_to_end.test_small_files.run", lambda declared, name: next(made))
    record, rows, held = outcome(root)
    assert plain(record) == plain(here[0])
    assert (rows, held) == here[1:]
