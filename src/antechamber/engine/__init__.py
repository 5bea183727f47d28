"""How partitions are worked: engines move batches and never interpret them."""

from antechamber.engine.local import Outcome, cores, run_locally

__all__ = ["Outcome", "cores", "run_locally"]
