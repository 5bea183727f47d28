"""Examples: complete workspaces to start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from antechamber.errors import AntechamberError
from antechamber.examples.retail.workspace import write_workspace

EXAMPLES: Mapping[str, Callable[[Path], None]] = {"retail": write_workspace}
"""Name → what writes the example's workspace into a folder."""


def write_example(name: str, folder: Path) -> None:
    """Write a complete workspace into a folder, which is made when absent; no file is overwritten.

    Raises AntechamberError when there is no such example or a file of it is there already, UnsealError when
    GnuPG, which makes the workspace's keys, is missing.
    """
    if name not in EXAMPLES:
        raise AntechamberError(
            f"there is no example '{name}'", where=name, remedy=f"use one of {', '.join(sorted(EXAMPLES))}"
        )
    EXAMPLES[name](folder)
