"""The committed page of commands is the command line's own."""

from __future__ import annotations

from pathlib import Path

from antechamber.cli.document import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_of_commands_is_the_command_lines_own() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_every_command_and_option_is_explained() -> None:
    for line in page().splitlines():
        if line.startswith("| `"):
            assert line.rstrip("| ").rpartition("|")[2].strip().endswith("."), line
