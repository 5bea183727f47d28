"""`antechamber detokenize`: tokens back to values, with the key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, print_json, visible
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up
from antechamber.tokens import detokenize as turn_back


def detokenize(
    connector: Annotated[str, typer.Argument(help="Which connector.")],
    column: Annotated[str, typer.Argument(help="Which of its columns with protect: tokenize.")],
    workspace: WorkspaceOption = HERE,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Where the tokens are; standard input when absent.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Turn tokens back into values: one token a line in, one value a line out; needs the key, and is audit-logged."""
    set_up("warning")
    declared = load_workspace(workspace)
    values = turn_back(declared, connector, column, _tokens(file))
    if json:
        print_json({"connector": connector, "column": column, "values": values})
        return
    for value in values:
        # One line a value: control characters in it are spelled out. --json gives them as they are.
        sys.stdout.write(visible(value) + "\n")


def _tokens(file: Path | None) -> list[str]:
    try:
        text = sys.stdin.read() if file is None else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise AntechamberError(
            f"the tokens cannot be read ({type(error).__name__})",
            where="standard input" if file is None else str(file),
            remedy="give a text file with one token a line",
        ) from None
    return [line.strip() for line in text.splitlines() if line.strip()]
