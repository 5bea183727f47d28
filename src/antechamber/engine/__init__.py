"""How partitions are worked: engines move batches and never interpret them."""

from antechamber.engine.local import Outcome, cores, run_locally
from antechamber.engine.spark import Given, run_on_spark, spark_session

__all__ = ["Given", "Outcome", "cores", "run_locally", "run_on_spark", "spark_session"]
