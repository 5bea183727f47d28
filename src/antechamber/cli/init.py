"""`antechamber init`: a new workspace from an example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import JsonOption, out, print_json
from antechamber.errors import AntechamberError
from antechamber.examples import EXAMPLES, write_example


def init(
    folder: Annotated[Path, typer.Argument(help="Where to make it; must be empty or absent.")] = Path(),
    example: Annotated[str, typer.Option(help="Which example to start from.")] = "retail",
    json: JsonOption = False,
) -> None:
    """Make a workspace: antechamber.yaml, connectors, a collaboration, keys of its own."""
    if example not in EXAMPLES:
        raise AntechamberError(
            f"there is no example '{example}'", where="--example", remedy=f"use one of {', '.join(EXAMPLES)}"
        )
    if folder.exists() and any(folder.iterdir()):
        raise AntechamberError("the folder is not empty", where=str(folder), remedy="name an empty or a new folder")
    write_example(example, folder)
    if json:
        print_json({"workspace": str(folder.resolve()), "example": example})
    else:
        out.print(f"made {folder}: read its README.md, then run  antechamber check -w {folder}", markup=False)
