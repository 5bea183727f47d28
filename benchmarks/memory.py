"""Memory: the loyalty connector at two sizes; the peak should not grow with the input."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks import inputs, product
from benchmarks.loyalty import LANDING
from benchmarks.measure import measure
from benchmarks.report import Result, Side


def small_against_large(out: Path, rows: int, more_rows: int) -> Result:
    """One execution at each size. Raises CommandFailed."""
    sides: list[Side] = []
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        template = product.template(work / "template", sealed=False)
        for size in (rows, more_rows):
            folder = product.workspace(work / str(size), template)
            product.land(inputs.loyalty(out / "inputs", size), folder / LANDING)
            measured = measure(product.run(folder, "loyalty_members"), work / "log")
            sides.append(Side(f"antechamber, {size:,} members", size, [measured]))
            shutil.rmtree(folder)
    small, large = sides
    return Result(
        f"memory-{rows}-{more_rows}",
        "Peak memory at two sizes",
        sides,
        [f"{more_rows / rows:g} times the input takes {large.peak / small.peak:.2f} times the memory."],
    )
