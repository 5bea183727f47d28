"""After a crash: removing what dead runs wrote and never committed. Nothing that a snapshot refers to is touched."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import obstore
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from antechamber.errors import PublishError
from antechamber.publish.commit import run_mark
from antechamber.publish.files import FILE_PREFIX
from antechamber.publish.ledger import run_id_of, stamped
from antechamber.store import Location

_DATA = re.compile(re.escape(FILE_PREFIX) + r"(?P<run>.+)-\d{5,}\.parquet")
_MANIFEST = re.compile(
    r"(?:snap-\d+-\d+-)?(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{12}(?:-m\d+)?\.avro"
)
_METADATA = re.compile(r"(?P<version>\d{5,})-[0-9a-f-]{36}\.metadata\.json")


def sweep(table: Table, *, keep: Collection[str] = ()) -> list[str]:
    """Delete data files and manifests of runs that never committed; gives their names below the table's folder.

    keep: runs that are under way. Runs of the connector itself need not be named: its lease keeps them out.
    Files that other programs wrote are never touched, whoever refers to them. Raises PublishError.
    """
    where = ".".join(table.name())
    location = table.location()
    folder = Location(location if "://" in location else Path(location).as_uri())
    try:
        store = folder.open()
        # Names first, then the table: what commits between the two is found in the table.
        data = _names(store, "data/")
        metadata = _names(store, "metadata/")
        current = table.catalog.load_table(table.name())
        committed = {run_id_of(snapshot) for snapshot in stamped(current)}
        dead = {run for name in data if (run := _run_of(name)) is not None} - committed - set(keep)
        orphans = _lost_metadata(current, metadata)
        if dead:
            used = _referenced(current)
            ours = [name for name in data if _run_of(name) in dead] + _manifests_of(dead, metadata)
            orphans += [name for name in ours if f"{location.rstrip('/')}/{name}" not in used]
        for name in orphans:
            obstore.delete(store, name)
    except NoSuchTableError:
        return []
    except (OSError, obstore.exceptions.BaseError) as error:
        raise PublishError(
            f"left-overs of earlier runs cannot be removed ({type(error).__name__})",
            where=where,
            remedy="see that the store can be reached and files below the table's folder may be deleted",
        ) from error
    return sorted(orphans)


def _names(store: obstore.store.ObjectStore, prefix: str) -> list[str]:
    return [entry["path"] for page in obstore.list(store, prefix=prefix) for entry in page]


def _run_of(name: str) -> str | None:
    """The run that wrote a data file; None when another program did."""
    match = _DATA.fullmatch(Path(name).name)
    return match["run"] if match else None


def _referenced(table: Table) -> set[str]:
    """Every data file, manifest and manifest list that any snapshot of the table refers to."""
    used: set[str] = set()
    seen: set[str] = set()
    for snapshot in table.metadata.snapshots:
        used.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in seen:
                seen.add(manifest.manifest_path)
                used.update(
                    entry.data_file.file_path
                    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False)
                )
    return used | seen


def _manifests_of(runs: Iterable[str], names: Iterable[str]) -> list[str]:
    """Manifests and manifest lists that the runs wrote."""
    marks = {run_mark(run).hex() for run in runs}
    matches = ((name, _MANIFEST.fullmatch(Path(name).name)) for name in names)
    return [name for name, match in matches if match is not None and match["uuid"].replace("-", "") in marks]


def _lost_metadata(table: Table, names: Iterable[str]) -> list[str]:
    """Metadata files that lost the race for their version, or whose writer died before the catalog heard of them.

    A writer under way writes the version after the current one: such a file is left until there is a newer version.
    """
    known = {Path(entry.metadata_file).name for entry in table.metadata.metadata_log} | {
        Path(table.metadata_location).name
    }
    versions = [int(match["version"]) for name in known if (match := _METADATA.fullmatch(name))]
    if not versions:
        return []
    return [
        name
        for name in names
        if (match := _METADATA.fullmatch(Path(name).name)) is not None
        and Path(name).name not in known
        and min(versions) <= int(match["version"]) <= max(versions)
    ]
