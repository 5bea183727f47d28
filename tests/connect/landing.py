"""How these tests declare, fill and read a landing zone in a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from antechamber.connect.landing import Landing, LandingSource
from antechamber.records import Listing, Progress
from antechamber.store import Location

NOTHING = Progress()


def landing(root: Path, path: str, **declared: Any) -> Landing:
    """A source on `path` below `root`."""
    return Landing(LandingSource(type="landing", path=path, **declared), store=Location(root.as_uri()))


def drop(root: Path, name: str, content: bytes = b"a,b\n", *, age: float = 3600) -> Path:
    """Put a file that last changed `age` seconds ago."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def ids(listing: Listing) -> list[str]:
    """The names of what is to be read, in order."""
    return [partition.id for partition in listing.partitions]


def reasons(listing: Listing) -> dict[str, str]:
    """What was left alone, and why."""
    return {skipped.id: skipped.reason for skipped in listing.skipped}


def progress(listing: Listing) -> Progress:
    """What the commit of a run that read all of a listing leaves behind."""
    return Progress({partition.id: partition.fingerprint for partition in listing.partitions})


def content(source: Landing, id: str, listing: Listing) -> bytes:
    """A listed file's bytes."""
    (partition,) = (each for each in listing.partitions if each.id == id)
    with source.open(partition) as stream:
        return stream.read()
