"""The Spark engine: executors work tasks by one function, and what it gives comes back piece by piece.

The executors' results are kept by Spark on their disks, cut into many small pieces by a hash of what each is, so that
a lost executor's work can be done again; the driver takes them in one piece at a time and never holds much. What
is handed over must be sealed by whoever hands it over.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from antechamber.errors import EngineError, MissingExtra

PIECE_BYTES = 32 << 20
"""About so much of the source should be in one piece of what comes back."""

MOST_PIECES = 4096
TASKS_PER_CORE = 4

Given = tuple[int, int, bytes]
"""(task, number, content): the `number`-th that a task gives."""

_SCHEMA = "task long, number long, content binary"
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_HERE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def spark_session(name: str, *, master: str, conf: Mapping[str, str]) -> Any:
    """The Spark session that there is, as in `spark-submit` and AWS Glue, or one of our own.

    name: of the application. master, conf: of a session of our own. Raises MissingExtra, EngineError.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise MissingExtra("spark", needed_for="the engine spark")
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    builder: Any = SparkSession.builder
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        local = master.startswith("local")
        if local:
            # Spark would take the first `python3` of the PATH, which knows nothing of Antechamber.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = builder.appName(name).master(master)
        for key, value in {**_QUIET, **(_HERE if local else {}), **conf}.items():
            builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        said = str(error).strip().partition("\n")[0][:200]
        raise EngineError(
            f"Spark cannot be started ({said})",
            where=master,
            remedy="it needs Java 8, 11 or 17 (JAVA_HOME), a master that can be reached, and settings that it knows",
        ) from None


def run_on_spark(
    session: Any,
    tasks: int,
    work: Callable[[Iterator[int]], Iterable[Given]],
    *,
    size: int | None,
    at_once: int | None = None,
) -> Iterator[bytes]:
    """Let executors work all tasks, and yield each content that they give, in any order, some perhaps twice.

    tasks: how many; they are numbered from 0. work: is given the numbers of some; it is sent to the executors by
    pickle, so it holds only what may be sent. size: bytes that the tasks read, if known. at_once: how many executors
    may work at a time. Raises EngineError when Spark gives up.
    """
    if not tasks:
        return
    context = session.sparkContext
    groups = min(tasks, at_once or tasks, max(1, context.defaultParallelism) * TASKS_PER_CORE)
    pieces = min(MOST_PIECES, max(1, -(-size // PIECE_BYTES)) if size is not None else groups * 16)

    def on_executor(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for group in batch.column(0).to_numpy().tolist():
                for task, number, content in work(iter(range(group, tasks, groups))):
                    yield pa.RecordBatch.from_arrays(
                        [
                            pa.array([task], pa.int64()),
                            pa.array([number], pa.int64()),
                            pa.array([content], pa.binary()),
                        ],
                        names=["task", "number", "content"],
                    )

    try:
        given = _map_in_arrow(session.range(0, groups, 1, groups), on_executor)
        # By a hash: what is worked again after an executor was lost falls into the same pieces.
        for row in given.repartition(pieces, "task", "number").toLocalIterator(prefetchPartitions=True):
            yield bytes(row[2])
    except Exception as error:
        # Its message quotes executors' logs.
        raise EngineError(
            f"Spark gave up working the run's partitions ({type(error).__name__})",
            remedy="nothing was published: Spark's own log tells of lost executors or want of memory; run again",
        ) from None


def _map_in_arrow(frame: Any, function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]) -> Any:
    """`frame.mapInArrow(function, _SCHEMA)`.

    The method of Spark 3.5 refuses to be called where pandas is not installed, though neither it nor its workers
    use it. To be found costs pandas's readers each start a second, so what the method does is done here.
    """
    if importlib.util.find_spec("pandas") is not None:
        return frame.mapInArrow(function, _SCHEMA)
    from pyspark.rdd import PythonEvalType
    from pyspark.sql import DataFrame
    from pyspark.sql.udf import UserDefinedFunction

    udf: Any = UserDefinedFunction(function, _SCHEMA, evalType=PythonEvalType.SQL_MAP_ARROW_ITER_UDF)
    called = udf(*[frame[name] for name in frame.columns])
    return DataFrame(frame._jdf.pythonMapInArrow(called._jc.expr(), False), frame.sparkSession)
