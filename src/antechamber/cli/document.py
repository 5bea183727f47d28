"""`python -m antechamber.cli.document`: the reference page of the command line, from the command line itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from antechamber.cli import app

HEAD = """# Commands

Written from the command line itself by `make docs`. Exit codes: 0 when what was asked is done, 1 for a failure,
2 for a wrong use. Logs and errors go to standard error; with `--json` standard output holds one JSON object.
"""


def page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(_sections(get_command(app), "antechamber"))


def _sections(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is not None:
        for each in inner:
            yield from _sections(inner[each], f"{name} {each}")
        return
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [parameter for parameter in parameters if parameter.param_type_name == "argument"]
    shown = " ".join(_placeholder(argument) for argument in arguments)
    yield f"\n## {name}\n\n```text\n{name} {shown}\n```\n\n{_line(command.help)}\n"
    if parameters:
        yield "\n| | default | |\n|---|---|---|\n"
    for parameter in parameters:
        written = ", ".join(f"`{option}`" for option in parameter.opts) if parameter not in arguments else ""
        default = "" if parameter.default in (None, False, ()) or parameter.required else f"`{parameter.default}`"
        yield f"| {written or f'`{_placeholder(parameter)}`'} | {default} | {_line(parameter.help)} |\n"


def _placeholder(argument: Any) -> str:
    text = str(argument.name).upper() + ("…" if argument.nargs == -1 else "")
    return text if argument.required else f"[{text}]"


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
