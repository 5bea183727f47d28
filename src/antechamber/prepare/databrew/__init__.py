"""AWS Glue DataBrew's recipes: read, judged, and turned into native steps. One module a family of operations."""

from antechamber.prepare.databrew.compiling import Compiled, compile_steps
from antechamber.prepare.databrew.reading import Flaw
from antechamber.prepare.databrew.writing import steps_yaml

__all__ = ["Compiled", "Flaw", "compile_steps", "steps_yaml"]
