"""How the command line speaks: tables and sentences for people, one JSON object for programs, errors on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from antechamber.errors import AntechamberError

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace", "-w", help="The workspace's folder or its antechamber.yaml.", envvar="ANTECHAMBER_WORKSPACE"
    ),
]
HERE = Path()

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]

WIDE = 160
"""Columns of text that does not go to a terminal: a table that is piped is not cut to 80."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: dict[str, Any]) -> None:
    """The one JSON object of a `--json` command."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def print_error(error: AntechamberError, *, as_json: bool) -> None:
    """An error: for people on stderr, and as the JSON object when a program asked."""
    err.print(str(error), style="red" if err.is_terminal else None, markup=False)
    if as_json:
        print_json(error.as_json())


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()
) -> None:
    """A table; the columns named in `numbers` are counts: right-aligned, with thousands separators."""
    # Text and not str: in one, rich would take `[…]` for markup.
    table = Table(title=Text(title), title_justify="left", title_style="bold", header_style="bold", expand=False)
    for column in columns:
        table.add_column(Text(visible(column)), justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value, column in numbers)) for column, value in zip(columns, row, strict=True)))
    out.print(table)


def _cell(value: object, is_count: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # A value of the data is shown as it is: a year without separators, a small average with all its digits.
    if is_count and isinstance(value, int):
        return f"{value:,}"
    if is_count and isinstance(value, float):
        return f"{value:,.1f}"
    return visible(str(value))


def visible(text: str) -> str:
    """Text of others with its control characters spelled out: none of them reaches the terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
