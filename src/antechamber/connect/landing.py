"""The landing zone: files that others drop in a folder or an object store."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from urllib.parse import quote

from pydantic import Field

from antechamber.connect.archive import archive
from antechamber.connect.bucket import Bucket
from antechamber.connect.complete import LARGEST_MANIFEST, Markers, manifest_files, undelivered
from antechamber.connect.folder import Folder
from antechamber.connect.pattern import compiled, depth, split
from antechamber.connect.place import Entry, Place
from antechamber.connect.source import ByteSource
from antechamber.declare.registry import SourceType
from antechamber.declare.source import FileSource
from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress, Skipped
from antechamber.store import Location

UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings under which upload programs keep what they have not finished."""


class LandingSource(FileSource):
    """Files that others drop in a folder or an object store."""

    type: Literal["landing"]
    """This source."""
    path: Annotated[str, Field(min_length=1)]
    """A glob (`*`, `?`, `[…]`, `**` across folders) relative to the store, or a URL."""


class Landing(ByteSource):
    """Files that match a pattern. A partition is a file; its id is its path below the pattern's fixed folder.

    store: what a relative path is relative to. Raises SourceError when the pattern is none.
    """

    def __init__(self, declared: LandingSource, *, store: Location) -> None:
        self._declared = declared
        self._place, self._pattern = _place_and_pattern(declared.path, store)
        self._names = compiled(self._pattern)
        self._markers = Markers(declared.marker) if declared.marker is not None else None

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        entries = {entry.id: entry for entry in self._place.entries(self._depth)}
        now = time.time()
        files = [entries[id] for id in sorted(entries) if self._is_data(id)]
        if not files:
            self._refuse_folder()
        ready: list[Entry] = []
        done: list[Partition] = []
        skipped: list[Skipped] = []
        for file in files:
            if not file.oddity and not full and progress.sources.get(file.id) == file.fingerprint:
                done.append(_partition(file))
            elif file.oddity:
                skipped.append(Skipped(file.id, file.oddity))
            elif reason := self._incomplete(file, entries, now):
                skipped.append(Skipped(file.id, reason, incomplete=True))
            else:
                ready.append(file)
        complete: Sequence[Entry] = ready
        if self._declared.manifest is not None:
            complete, left = self._as_the_manifest_says(ready, entries)
            skipped += left
        return Listing(
            partitions=tuple(_partition(file) for file in complete),
            done=tuple(done),
            skipped=tuple(sorted(skipped, key=lambda each: each.id)),
        )

    def open(self, partition: Partition) -> BinaryIO:
        return self._place.open(partition.id, partition.fingerprint)

    def archive(self, partition: Partition, to: Location) -> None:
        if (file := self._unchanged(partition)) is not None:
            archive(self._place, file, to)
        for marker in self._own_markers(partition):
            archive(self._place, marker, to)

    def remove(self, partition: Partition) -> None:
        if self._unchanged(partition) is not None:
            self._place.remove(partition.id)
        for marker in self._own_markers(partition):
            self._place.remove(marker.id)

    @property
    def _depth(self) -> int | None:
        reach = depth(self._pattern)
        return None if reach is None else max(reach, (self._declared.manifest or "").count("/"))

    def _is_data(self, id: str) -> bool:
        if self._names.fullmatch(id) is None or id == self._declared.manifest:
            return False
        return self._markers is None or not self._markers.is_marker(id)

    def _incomplete(self, file: Entry, entries: Mapping[str, Entry], now: float) -> str:
        """Why a file is left alone this time, or ""."""
        if file.id.lower().endswith(UNFINISHED):
            return "its name says that it is still being uploaded"
        # A time in the future comes from a wrong clock; only one near now is a sign of a file at work.
        if abs(now - file.modified) < self._declared.settle:
            return "it changed a moment ago and may still be growing"
        if self._markers is not None and (
            reason := self._markers.missing(file, entries, tolerance=self._declared.settle)
        ):
            return reason
        if isinstance(self._place, Folder) and self._place.entry(file.id) != file:
            return "it changed while the folder was listed"
        return ""

    def _as_the_manifest_says(
        self, ready: Sequence[Entry], entries: Mapping[str, Entry]
    ) -> tuple[Sequence[Entry], Sequence[Skipped]]:
        manifest = entries.get(self._declared.manifest or "")
        if manifest is None:
            reason = f"the manifest {self._declared.manifest} is not there"
            return [], [Skipped(file.id, reason, incomplete=True) for file in ready]
        if manifest.size > LARGEST_MANIFEST:
            raise SourceError(
                f"the manifest has {manifest.size} bytes",
                where=self._place.where(manifest.id),
                remedy=f"a manifest has at most {LARGEST_MANIFEST} bytes; check source.manifest",
            )
        with self._place.open(manifest.id, manifest.fingerprint) as file:
            listed = manifest_files(file.read(), self._place.where(manifest.id))
        folder, slash, _ = manifest.id.rpartition("/")
        files = {f"{folder}{slash}{name}": size for name, size in listed.items()}
        if reason := undelivered(files, entries):
            return [], [Skipped(file.id, reason, incomplete=True) for file in ready]
        unlisted = [Skipped(file.id, "the manifest does not list it") for file in ready if file.id not in files]
        return [file for file in ready if file.id in files], unlisted

    def _unchanged(self, partition: Partition) -> Entry | None:
        file = self._place.entry(partition.id)
        return file if file is not None and file.fingerprint == dict(partition.fingerprint) else None

    def _own_markers(self, partition: Partition) -> Sequence[Entry]:
        """A file's own marker, once the file is gone: the next file of that name needs a new one."""
        if self._markers is None or not self._markers.each or self._place.entry(partition.id) is not None:
            return []
        return [entry for id in self._markers.of(partition.id) if (entry := self._place.entry(id)) is not None]

    def _refuse_folder(self) -> None:
        if isinstance(self._place, Folder) and (self._place.path / self._pattern).is_dir():
            raise SourceError(
                "this is a folder",
                where=self._declared.path,
                remedy=f"write {self._declared.path.rstrip('/')}/* or a pattern such as *.csv below it",
            )


def _partition(file: Entry) -> Partition:
    return Partition(file.id, file.fingerprint, file.size)


def _place_and_pattern(path: str, store: Location) -> tuple[Place, str]:
    scheme, separator, rest = path.partition("://")
    if separator:
        authority, _, key = rest.partition("/")
        if any(wild in authority for wild in "*?["):
            raise SourceError("a bucket's name has no wildcards", where=path, remedy="name one bucket")
        fixed, pattern = split(key)
        location = Location(f"{scheme}://{authority}/{quote(fixed, safe='/%')}".rstrip("/"))
        shown = f"{scheme}://{authority}/{fixed}".rstrip("/")
    else:
        shown, pattern = split(path)
        if path.startswith(("/", "~")):
            location = Location.of(shown or "/", relative_to=store)
        else:
            location = store / quote(shown) if shown else store
    if (folder := location.local) is not None:
        return Folder(Path(folder), shown), pattern
    return Bucket(location, shown), pattern


SOURCE = SourceType(
    LandingSource,
    lambda declared, opening: Landing(declared, store=opening.store),
    summary="files that others drop in a folder, Amazon S3, Google Cloud Storage or Azure Blob Storage",
    run_against="a folder, an S3 API",
)
