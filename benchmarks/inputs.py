"""Inputs: the retail example's files at any size, made once and kept in `benchmarks/out/inputs/`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from antechamber.examples.retail import PUBLIC_KEY, Spec
from antechamber.examples.retail.export import write_loyalty

FILES = 4
SHORTEST_MEMBER = 60
"""Bytes: no member takes fewer on average."""


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


def small_files(folder: Path, files: int, size: int) -> Path:
    """Loyalty members as so many CSV files of about `size` bytes (`many/`), and the same in one file (`one/`)."""
    made = folder / f"small-{files}x{size}"
    if not made.exists():
        part = made.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for name in ("many", "one"):
            (part / name).mkdir(parents=True)
        write_loyalty(part / "all", _enough(files * size))
        (source,) = (part / "all").glob("*.csv")
        with source.open("rb") as lines, (part / "one" / "members.csv").open("wb") as one:
            header = next(lines)
            one.write(header)
            records = _records(lines)
            for number in range(files):
                piece = [next(records)]
                filled = len(header) + len(piece[0])
                while filled < size:
                    piece.append(next(records))
                    filled += len(piece[-1])
                one.writelines(piece)
                (part / "many" / f"members-{number:06}.csv").write_bytes(header + b"".join(piece))
        shutil.rmtree(part / "all")
        part.rename(made)
    return made


def _enough(size: int) -> Spec:
    return Spec(members=size // SHORTEST_MEMBER, viewers=1, orders=1, files=1, malformed=False)


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined to records: one that ends inside of quotes goes on in the next."""
    record = b""
    for line in lines:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
