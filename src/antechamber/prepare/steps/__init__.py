"""Steps: what is done to records before their columns are typed. One module a step; `declare.step` lists them."""

from antechamber.prepare.steps.run import Stepped, Steps
from antechamber.prepare.steps.step import ROW, Report, Setting, Step

__all__ = ["ROW", "Report", "Setting", "Step", "Stepped", "Steps"]
