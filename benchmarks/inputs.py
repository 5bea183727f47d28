"""Inputs: the retail example's files at any size, made once and kept in `benchmarks/out/inputs/`."""

from __future__ import annotations

import shutil
from pathlib import Path

from antechamber.examples.retail import PUBLIC_KEY, Spec
from antechamber.examples.retail.export import write_loyalty

FILES = 4


def spec(rows: int) -> Spec:
    """The example with so many members and orders. Every record can be published: peers have no quarantine."""
    return Spec(members=rows, viewers=rows // 2, orders=rows, files=FILES, malformed=False)


def loyalty(folder: Path, rows: int, *, sealed_for: Path | None = None) -> Path:
    """The loyalty export as CSV files, encrypted to a workspace's key when one is given.

    Sealed files are made anew each time, because each workspace has a key of its own.
    """
    made = folder / f"loyalty-{rows}{'-sealed' if sealed_for else ''}"
    if sealed_for is not None:
        shutil.rmtree(made, ignore_errors=True)
    if not made.exists():
        part = made.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        write_loyalty(part, spec(rows), recipient=sealed_for / PUBLIC_KEY if sealed_for else None)
        part.rename(made)
    return made
