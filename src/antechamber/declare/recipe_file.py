"""A connector's `recipe:`: another product's recipe file, read and turned into steps when the connector is loaded.

The recipe's language is at home in `prepare/databrew/`, as every step is in `prepare/steps/`; it is imported when a
connector has a recipe.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from antechamber.declare.connector import Connector, RecipeFile
from antechamber.declare.marked import Marked
from antechamber.declare.model import show
from antechamber.errors import DeclarationError

COMPILER = "antechamber.prepare.databrew:compile_steps"
"""(bytes of the file, secretId → secret reference) → Compiled."""


def take_recipe(root: Path, connector: Connector, file: Marked) -> tuple[list[DeclarationError], list[str]]:
    """Read the connector's recipe and give its steps to it: (what is wrong, what should be known).

    root: the workspace's folder. connector: as far as it could be read. file: the connector's.
    """
    declared = connector.__dict__.get("recipe")
    if declared is None:
        return [], []
    recipe = declared if isinstance(declared, RecipeFile) else RecipeFile(file=declared)
    key = ("recipe", "file") if isinstance(declared, RecipeFile) else ("recipe",)
    where = f"{file.place(*key)}: {'.'.join(key)}"
    path = Path(recipe.file)
    if path.is_absolute() or ".." in path.parts:
        what = f"{show(recipe.file)} is not a file of the workspace"
        return [DeclarationError(what, where=where, remedy="write its path relative to the workspace's folder")], []
    try:
        raw = (root / path).read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = f"there is no file {show(recipe.file)}" if missing else f"the file cannot be read ({error.strerror})"
        remedy = (
            f"put it at {show(recipe.file)[1:-1]}, relative to the workspace" if missing else "check its permissions"
        )
        return [DeclarationError(what, where=where, remedy=remedy)], []
    compiled = compiler()(raw, recipe.secrets)
    connector.take_recipe(tuple(compiled.models))
    name = path.as_posix()
    errors = [
        DeclarationError(
            flaw.what, where=f"{name}:{flaw.line}" + (f": {flaw.place}" if flaw.place else ""), remedy=flaw.remedy
        )
        for flaw in compiled.flaws
    ]
    return errors, [f"{name}: {note}" for note in compiled.notes]


def compiler() -> Callable[..., Any]:
    """The function of COMPILER."""
    module, _, attribute = COMPILER.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found
