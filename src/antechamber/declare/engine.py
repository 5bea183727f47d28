"""The `engine` of a workspace: what works a run's partitions. It changes nothing of what comes out."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from antechamber.declare.model import Model, Text


class SparkEngine(Model):
    """Apache Spark: partitions are read and prepared by its executors, and published by the run's own process."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "an engine"}

    type: Literal["spark"]
    """This engine."""
    master: Text = "local[*]"
    """Where Spark runs: `local[4]` (threads of this machine), `yarn`, `spark://host:7077`, `k8s://…`. Inside of
    `spark-submit` or AWS Glue the session that is there is used, whatever stands here."""
    conf: Annotated[dict[Text, Text], Field(default_factory=dict)]
    """Spark's own settings by their names, values in quotes: `spark.executor.memory: "4g"`. Spark logs them: no place
    for a secret."""


Engine = Literal["local", "spark"] | SparkEngine
"""`local`, `spark` (with its defaults), or Spark with settings."""


def spark_of(engine: Engine) -> SparkEngine | None:
    """The Spark that a workspace declares; None: it works on this machine alone."""
    if isinstance(engine, SparkEngine):
        return engine
    return SparkEngine(type="spark", conf={}) if engine == "spark" else None
