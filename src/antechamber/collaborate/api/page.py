"""The table of operations in docs/reference/cleanroom-api.md, made from the contract: `python -m` prints it."""

from __future__ import annotations

import sys
from pathlib import Path

from antechamber.collaborate.api.contract import Contract, command
from antechamber.collaborate.api.left_out import LEFT_OUT
from antechamber.collaborate.api.operations import HANDLERS

BEGIN, END = "<!-- operations -->", "<!-- end of operations -->"


def table() -> str:
    """Every operation of the installed contract: what the aws CLI calls it, and what this server makes of it."""
    operations = Contract().operations
    lines = ["| operation | `aws cleanrooms …` | here |", "|---|---|---|"]
    for name in sorted(operations):
        here = "yes" if name in HANDLERS else f"AccessDeniedException: {LEFT_OUT.get(name, 'newer than this server')}"
        lines.append(f"| {name} | `{command(name).replace('_', '-')}` | {here} |")
    return "\n".join(lines)


def written_into(text: str) -> str:
    """A page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written_into(page.read_text()))
