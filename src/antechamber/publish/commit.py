"""The commit: one Iceberg snapshot makes a run's files visible and says what the run took in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.update import AddSnapshotUpdate, AssertTableUUID, TableUpdate

from antechamber.errors import PublishError
from antechamber.publish.deletions import Deletions
from antechamber.publish.files import cores
from antechamber.publish.ledger import PublishedRun, Stamp, progress_properties, runs_in, summary_properties
from antechamber.publish.rewrite import Rewrite, data_files, rewrite_superseded

Mode = Literal["append", "replace", "upsert"]


@dataclass(frozen=True)
class Commit:
    """What one commit did.

    rows_added: records of this run. rows_replaced: records of earlier runs that it removed: all of them (replace),
    those of the same keys, and of deleted ones (upsert). files_rewritten: earlier files that were written again
    without some records.
    """

    snapshot_id: int
    rows_added: int
    rows_replaced: int
    files_added: int
    files_rewritten: int


def commit(
    table: Table,
    files: Sequence[DataFile],
    *,
    mode: Mode,
    keys: Sequence[str] = (),
    deletions: Deletions | None = None,
    stamp: Stamp,
    target_bytes: int = 256 * 1024 * 1024,
    workers: int | None = None,
    scratch: Path | None = None,
) -> Commit:
    """Make the run's files visible, remove what they replace, and record the run, all in one snapshot.

    table: as opened when the run began. A commit of anyone else since then is a conflict: what this run took in was
        decided without it.
    files: what `write_data_files` gave; may be empty: the sources are recorded all the same.
    keys, deletions: for upsert.
    scratch: the run's scratch folder, for the keys of upserts of millions; a temporary folder by default.

    A run that is in the table already is not committed again: committing twice after an unknown outcome is safe.
    Raises PublishError: a conflict; a table that was dropped; a store or catalog that fails. The last commit stands.
    """
    where = ".".join(table.name())
    current = _fresh(table, where)
    if (done := _published(current, stamp.run_id)) is not None:
        return Commit(done.snapshot_id, done.rows_added, done.rows_replaced, len(files), done.files_rewritten)
    if _head(current) != _head(table):
        raise _conflict(where)
    try:
        change = _change(
            current, files, mode, keys, deletions, stamp.run_id, target_bytes, workers or cores(), scratch
        )
        rows_added = sum(file.record_count for file in files)
        summary = summary_properties(
            stamp,
            mode=mode,
            rows_added=rows_added,
            rows_replaced=change.rows_replaced,
            files_rewritten=len(change.removed) if mode == "upsert" else 0,
        )
        snapshot_id = _apply(current, [*files, *change.added], change.removed, stamp, summary)
    except OSError as error:
        raise PublishError(
            f"the table cannot be read or written ({error.strerror or error})",
            where=where,
            remedy="nothing became visible; see that the store can be reached and has room, then run again",
        ) from error
    table.metadata, table.metadata_location = current.metadata, current.metadata_location
    return Commit(
        snapshot_id,
        rows_added,
        change.rows_replaced,
        len(files) + len(change.added),
        len(change.removed) if mode == "upsert" else 0,
    )


def _change(
    table: Table,
    files: Sequence[DataFile],
    mode: Mode,
    keys: Sequence[str],
    deletions: Deletions | None,
    run_id: str,
    target_bytes: int,
    workers: int,
    scratch: Path | None,
) -> Rewrite:
    """What the mode does to the files that are there; writes what is left of files that lose records."""
    if mode == "replace":
        there = tuple(data_files(table))
        return Rewrite(there, (), sum(file.record_count for file in there))
    if mode == "append" or not (files or deletions):
        return Rewrite()
    if not keys:
        raise PublishError("upsert needs a key", where=".".join(table.name()), remedy="say `key:` under `table:`")
    return rewrite_superseded(
        table,
        files,
        keys,
        run_id=run_id,
        target_bytes=target_bytes,
        workers=workers,
        scratch=scratch,
        deletions=deletions,
    )


def _apply(
    table: Table, added: Sequence[DataFile], removed: Sequence[DataFile], stamp: Stamp, summary: dict[str, str]
) -> int:
    """Commit once. Gives the snapshot's id; raises PublishError, OSError."""
    where = ".".join(table.name())
    properties, stale = progress_properties(table, stamp)
    transaction = table.transaction()
    transaction.set_properties(properties)
    if stale:
        transaction.remove_properties(*stale)
    update = transaction.update_snapshot(snapshot_properties=summary)
    producer = update.overwrite() if removed else update.fast_append()
    producer.commit_uuid = commit_uuid(stamp.run_id)
    for file in added:
        producer.append_data_file(file)
    for file in removed:
        producer.delete_data_file(file)
    if removed:
        # PyIceberg looks for removed files only in manifests that a predicate may match.
        producer.delete_by_predicate(AlwaysTrue())
    try:
        producer.commit()
        # PyIceberg's own commit would put the snapshot on top of another writer's, together with properties that
        # were computed without it; and it deletes the new snapshot's manifests when the catalog reports a conflict,
        # which a catalog may do after a commit that landed (a repeated request). So the catalog is asked once, and
        # after any failure the table says what happened.
        table._do_commit(
            updates=_not_before(table, transaction._updates),
            requirements=(*transaction._requirements, AssertTableUUID(uuid=table.metadata.table_uuid)),
        )
    except Exception as error:
        return _after_failure(table, stamp.run_id, error, where)
    return producer.snapshot_id


def _not_before(table: Table, updates: tuple[TableUpdate, ...]) -> tuple[TableUpdate, ...]:
    """The updates with a snapshot that is not older than the table, whatever this machine's clock says.

    Readers refuse a table whose snapshot log goes back by more than a minute (Apache Iceberg, TableMetadata).
    """
    last = table.metadata.last_updated_ms
    return tuple(
        AddSnapshotUpdate(snapshot=update.snapshot.model_copy(update={"timestamp_ms": last + 1}))
        if isinstance(update, AddSnapshotUpdate) and update.snapshot.timestamp_ms <= last
        else update
        for update in updates
    )


def _after_failure(table: Table, run_id: str, error: Exception, where: str) -> int:
    try:
        current = _fresh(table, where)
        if (landed := _published(current, run_id)) is not None:
            table.refresh()
            return landed.snapshot_id
    except Exception:
        raise PublishError(
            f"the commit's outcome is not known ({type(error).__name__})",
            where=where,
            remedy="run again when the catalog can be reached: what was committed is found and not published twice",
        ) from error
    if isinstance(error, (CommitFailedException, ValidationException)) or _head(current) != _head(table):
        raise _conflict(where) from error
    if isinstance(error, (OSError, PublishError)):
        raise error
    raise PublishError(
        f"the catalog refused the commit ({type(error).__name__})",
        where=where,
        remedy="nothing became visible; see that the catalog can be reached, then run again",
    ) from error


def commit_uuid(run_id: str) -> uuid.UUID:
    """An id for the names of a commit's manifests: half of it tells the run, half is new every time."""
    return uuid.UUID(bytes=run_mark(run_id) + uuid.uuid4().bytes[8:])


def run_mark(run_id: str) -> bytes:
    """The 8 bytes by which manifests of a run are known."""
    return hashlib.sha256(f"antechamber run {run_id}".encode()).digest()[:8]


def _fresh(table: Table, where: str) -> Table:
    try:
        current = table.catalog.load_table(table.name())
    except NoSuchTableError:
        raise PublishError("the table was dropped since the run began", where=where, remedy="run again") from None
    if current.metadata.table_uuid != table.metadata.table_uuid:
        raise PublishError(
            "the table was dropped and made again since the run began", where=where, remedy="run again"
        )
    return current


def _published(table: Table, run_id: str) -> PublishedRun | None:
    return next((run for run in runs_in(table) if run.run_id == run_id), None)


def _head(table: Table) -> int | None:
    snapshot = table.current_snapshot()
    return snapshot.snapshot_id if snapshot else None


def _conflict(where: str) -> PublishError:
    return PublishError(
        "another writer committed to the table since the run began",
        where=where,
        remedy="nothing of this run became visible; run again",
    )
