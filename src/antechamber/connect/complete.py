"""Whether what lies in a landing zone is complete, as its sender says: by marker files or by a manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from antechamber.connect.pattern import compiled
from antechamber.connect.place import Entry
from antechamber.errors import SourceError

LARGEST_MANIFEST = 64 << 20


class Markers:
    """`{name}.done` beside each file, or one name such as `_SUCCESS` in a file's folder or one above it.

    marker: as declared. Raises SourceError when it could stand for the files themselves.
    """

    def __init__(self, marker: str) -> None:
        if "/" in marker or marker.strip() in ("", "{name}"):
            raise SourceError(
                "the marker is not a name of its own",
                where="source.marker",
                remedy="write '{name}.done' for a marker beside each file, or one name such as _SUCCESS",
            )
        self.each = "{name}" in marker
        self._marker = marker
        self._shape = re.compile(re.escape(marker).replace(re.escape("{name}"), "[^/]+"), re.DOTALL)

    def is_marker(self, id: str) -> bool:
        """Whether a name is a marker's."""
        return self._shape.fullmatch(id.rpartition("/")[2]) is not None

    def of(self, id: str) -> list[str]:
        """Where the marker of a file may lie, nearest first."""
        folder, slash, name = id.rpartition("/")
        if self.each:
            return [folder + slash + self._marker.replace("{name}", name)]
        folders = [folder] if folder else []
        while folder := folder.rpartition("/")[0]:
            folders.append(folder)
        return [f"{folder}/{self._marker}" for folder in folders] + [self._marker]

    def missing(self, file: Entry, entries: Mapping[str, Entry], tolerance: float) -> str:
        """Why a file is not marked as complete, or "".

        A marker that is older than its file by more than `tolerance` seconds was made for an earlier one.
        """
        found = [entries[place] for place in self.of(file.id) if place in entries]
        if not found:
            return f"its marker {self.of(file.id)[0]} is not there"
        if all(marker.modified < file.modified - tolerance for marker in found):
            return f"its marker {found[0].id} is older than the file"
        return ""


class Manifests:
    """The manifests of a folder: one by its name, or all that a glob means, each complete for itself.

    manifest: as declared. Raises SourceError when it is no pattern.
    """

    def __init__(self, manifest: str) -> None:
        self.several = any(wild in manifest for wild in "*?[")
        self.missing = f"the manifest {manifest} is not there"
        self.unlisted = f"no manifest {manifest} lists it yet" if self.several else "the manifest does not list it"
        self._names = compiled(manifest) if self.several else re.compile(re.escape(manifest))

    def is_manifest(self, id: str) -> bool:
        """Whether a name is a manifest's."""
        return self._names.fullmatch(id) is not None


def manifest_files(text: bytes, where: str) -> dict[str, int | None]:
    """The names in a manifest, relative to its folder, and their sizes where it says them.

    One name a line, or a JSON array, or an object with a `files` array (Adobe Experience Platform calls it
    `exportResults`); an array holds names or objects with `name` and optional `size`. Raises SourceError.
    """
    try:
        content = text.decode("utf-8-sig")
        if content.lstrip()[:1] in ("[", "{"):
            listed = json.loads(content)
            if isinstance(listed, dict):
                listed = listed["files"] if "files" in listed else listed["exportResults"]
            files = dict(_named(item) for item in listed)
        else:
            files = {line.strip(): None for line in content.splitlines() if line.strip()}
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError):
        raise SourceError(
            "the manifest cannot be read",
            where=where,
            remedy='one name a line, a JSON array of names, or {"files": [{"name": …, "size": …}]}',
        ) from None
    files = {name.removeprefix("./"): size for name, size in files.items()}
    if any(name.startswith("/") or ".." in name.split("/") or not name for name in files):
        raise SourceError(
            "the manifest names a file outside its folder",
            where=where,
            remedy="names in a manifest are relative to the folder in which it lies",
        )
    return files


def undelivered(files: Mapping[str, int | None], entries: Mapping[str, Entry]) -> str:
    """Why what a manifest lists is not there as it says, or ""."""
    for name, size in sorted(files.items()):
        if name not in entries:
            return f"the manifest lists {name}, which is not there"
        if size is not None and entries[name].size != size:
            return f"the manifest says that {name} has {size} bytes, and it has {entries[name].size}"
    return ""


def _named(item: Any) -> tuple[str, int | None]:
    if isinstance(item, str):
        return item, None
    name, size = item["name"], item.get("size")
    if not isinstance(name, str) or (size is not None and (isinstance(size, bool) or not isinstance(size, int))):
        raise TypeError
    return name, size
