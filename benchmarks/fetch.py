"""Fetching alone: python -m benchmarks.fetch <workspace> <connector> <file>.

The connect room as a run uses it: the one file of the source is listed, opened and read to its end, into a file.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from antechamber.connect import ByteSource, Opening, open_source
from antechamber.declare import load_workspace
from antechamber.records import Progress
from antechamber.secrets import Secrets
from antechamber.store import Location

PIECE = 1 << 20


def main(workspace: Path, connector: str, target: Path) -> None:
    """Copy the file."""
    declared = load_workspace(workspace)
    opening = Opening(Location(declared.root.as_uri()), Secrets(declared.root))
    source = open_source(declared.connectors[connector].source, opening)
    assert isinstance(source, ByteSource)
    try:
        (partition,) = source.list(Progress()).partitions
        with source.open(partition) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, PIECE)
    finally:
        source.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
