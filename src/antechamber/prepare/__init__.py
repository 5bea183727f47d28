"""Prepare: source records → typed, normalised and protected records, by one recipe."""

from antechamber.prepare.compiling import compile_recipe
from antechamber.prepare.plan import ColumnPlan
from antechamber.prepare.recipe import Recipe

__all__ = ["ColumnPlan", "Recipe", "compile_recipe"]
