"""`antechamber schema`: the JSON Schema of the declaration files, for editors."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import out
from antechamber.declare import json_schema


class Kind(StrEnum):
    """Which file's schema."""

    workspace = "workspace"
    connector = "connector"
    collaboration = "collaboration"
    policy = "policy"


def schema(
    kind: Annotated[
        Kind | None, typer.Argument(help="Which file's schema to print; all are written with --to.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write all of them as <kind>.json into this folder.")] = None,
) -> None:
    """Print the JSON Schema of a declaration file (2020-12), or write all of them for an editor."""
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        for each in Kind:
            (to / f"{each}.json").write_text(json.dumps(json_schema(each.value), indent=1) + "\n")
            out.print(str(to / f"{each}.json"), markup=False)
    else:
        out.print_json(json.dumps(json_schema((kind or Kind.connector).value)))
