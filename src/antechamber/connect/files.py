"""A source of files: which files of a place match a pattern, are complete and new; reading and archiving them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from antechamber.connect.archive import archive
from antechamber.connect.complete import LARGEST_MANIFEST, Manifests, Markers, manifest_files, undelivered
from antechamber.connect.pattern import compiled, depth
from antechamber.connect.place import Entry, Place
from antechamber.connect.source import ByteSource
from antechamber.declare.source import FileSource
from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress, Skipped, Window, moment_of
from antechamber.store import Location

UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""Endings under which upload programs keep what they have not finished."""


class Files(ByteSource):
    """Files of a place that match a pattern. A partition is a file; its id is its path below the place.

    Raises SourceError when the pattern is none.
    """

    def __init__(self, declared: FileSource, place: Place, pattern: str) -> None:
        self._declared = declared
        self._place = place
        self.at_once = place.at_once
        self.pattern = pattern
        """Which files of the place are meant: a glob."""
        self._names = compiled(pattern)
        self._markers = Markers(declared.marker) if declared.marker is not None else None
        self._manifests = Manifests(declared.manifest) if declared.manifest is not None else None

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        # A store's pages are looked through as they come: what does not matter here is not held.
        entries = {entry.id: entry for entry in self._place.entries(self._depth) if self._matters(entry.id)}
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
        if self._manifests is not None:
            taken = set(progress.sources) - set(entries)
            complete, left = self._as_the_manifests_say(self._manifests, ready, entries, taken, now)
            skipped += left
        return Listing(
            partitions=tuple(_partition(file) for file in complete),
            done=tuple(done),
            skipped=tuple(sorted(skipped, key=lambda each: each.id)),
        )

    def backfill(self, window: Window) -> Listing:
        """Files that were modified since, as far as they lie there yet.

        A window with an end is refused: its files would take the place of what later files brought.
        """
        try:
            since = moment_of(window.since).timestamp()
        except ValueError:
            raise _no_window(window, "is not a date or moment", "write --from 2026-01-01") from None
        if window.until is not None:
            raise _no_window(
                window, "would put records of old files in the place of those of later ones", "leave --to out"
            )
        listing = self.list(Progress(), full=True)
        ids = [partition.id for partition in listing.partitions]
        entries = {entry.id: entry for id in ids if (entry := self._place.entry(id)) is not None}
        recent = [part for part in listing.partitions if part.id in entries and entries[part.id].modified >= since]
        return replace(listing, partitions=tuple(recent), done=())

    def open(self, partition: Partition) -> BinaryIO:
        return self._place.open(partition.id, partition.fingerprint)

    def archive(self, partition: Partition, to: Location) -> None:
        if (file := self._unchanged(partition)) is not None:
            self._put_away(file, to)
        for marker in self._own_markers(partition):
            self._put_away(marker, to)

    def remove(self, partition: Partition) -> None:
        if self._unchanged(partition) is not None:
            self._place.remove(partition.id)
        for marker in self._own_markers(partition):
            self._place.remove(marker.id)

    def _put_away(self, file: Entry, to: Location) -> None:
        archive(self._place, file, to)

    @property
    def _depth(self) -> int | None:
        reach = depth(self.pattern)
        return None if reach is None else max(reach, (self._declared.manifest or "").count("/"))

    def _matters(self, id: str) -> bool:
        if self._names.fullmatch(id) is not None:
            return True
        if self._markers is not None and self._markers.is_marker(id):
            return True
        # What a manifest lists may lie beside the pattern, and must be there all the same.
        return self._declared.manifest is not None

    def _is_data(self, id: str) -> bool:
        if self._names.fullmatch(id) is None or (self._manifests is not None and self._manifests.is_manifest(id)):
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
        if not self._place.at_rest(file):
            return "it changed while the folder was listed"
        return ""

    def _as_the_manifests_say(
        self,
        manifests: Manifests,
        ready: Sequence[Entry],
        entries: Mapping[str, Entry],
        taken: Collection[str],
        now: float,
    ) -> tuple[Sequence[Entry], Sequence[Skipped]]:
        """The files that a manifest lists of which all are there, and those that are left alone.

        taken: files that the last commit took in and that were put away: where each export has a manifest of its own,
        one of its files that failed is not to wait for the others to come back.
        """
        waits: dict[str, str] = {}
        found = [entries[id] for id in sorted(entries) if manifests.is_manifest(id)]
        if manifests.several:
            found = [manifest for manifest in found if not self._incomplete(manifest, {manifest.id: manifest}, now)]
        for manifest in found:
            files = self._listed_by(manifest)
            if manifests.several:
                files = {name: size for name, size in files.items() if name not in taken}
            reason = undelivered(files, entries)
            if reason and not manifests.several:
                return [], [Skipped(file.id, reason, incomplete=True) for file in ready]
            for name in files:
                waits[name] = reason if waits.get(name, reason) else ""
        complete = [file for file in ready if waits.get(file.id, "-") == ""]
        unlisted = manifests.unlisted if found else manifests.missing
        may_come = manifests.several or not found
        return complete, [
            Skipped(file.id, waits.get(file.id) or unlisted, incomplete=may_come)
            for file in ready
            if waits.get(file.id, "-") != ""
        ]

    def _listed_by(self, manifest: Entry) -> dict[str, int | None]:
        if manifest.size > LARGEST_MANIFEST:
            raise SourceError(
                f"the manifest has {manifest.size} bytes",
                where=self._place.where(manifest.id),
                remedy=f"a manifest has at most {LARGEST_MANIFEST} bytes; check source.manifest",
            )
        with self._place.open(manifest.id, manifest.fingerprint) as file:
            listed = manifest_files(file.read(), self._place.where(manifest.id))
        folder, slash, _ = manifest.id.rpartition("/")
        return {f"{folder}{slash}{name}": size for name, size in listed.items()}

    def _unchanged(self, partition: Partition) -> Entry | None:
        file = self._place.entry(partition.id)
        return file if file is not None and file.matches(partition.fingerprint) else None

    def _own_markers(self, partition: Partition) -> Sequence[Entry]:
        """A file's own marker, once the file is gone: the next file of that name needs a new one."""
        if self._markers is None or not self._markers.each or self._place.entry(partition.id) is not None:
            return []
        return [entry for id in self._markers.of(partition.id) if (entry := self._place.entry(id)) is not None]

    def _refuse_folder(self) -> None:
        if self._place.is_folder(self.pattern):
            raise SourceError(
                "this is a folder",
                where=self._declared.path,
                remedy=f"write {self._declared.path.rstrip('/')}/* or a pattern such as *.csv below it",
            )


def _no_window(window: Window, what: str, remedy: str) -> SourceError:
    return SourceError(f"a backfill {window} {what}", where="--from", remedy=remedy)


def _partition(file: Entry) -> Partition:
    return Partition(file.id, file.fingerprint, file.size)
