"""From prepared batches to a table that others may see: staging, data files, one commit, quarantine, notice."""

from antechamber.publish.commit import Commit, Mode, commit
from antechamber.publish.contests import Contests
from antechamber.publish.files import write_data_files
from antechamber.publish.fit import refuse_unfit
from antechamber.publish.keys import frame_hashes, key_hashes
from antechamber.publish.known import KnownKeys, known_keys, table_hashes
from antechamber.publish.ledger import PublishedRun, Stamp, progress, runs_in
from antechamber.publish.notify import NotifyFailure, RunMessage, notify
from antechamber.publish.origins import Origin, Origins
from antechamber.publish.outright import Outright
from antechamber.publish.quarantine import (
    QuarantinedRecord,
    QuarantineWriter,
    list_quarantine,
    parse_key,
    read_quarantine,
    remove_quarantine,
    rewrite_quarantine,
    sweep_quarantine,
)
from antechamber.publish.repeated import Repeated, repeated
from antechamber.publish.seal import SealedReader, SealedWriter, SealError
from antechamber.publish.staging import Staging
from antechamber.publish.superseded import replaced_since, superseded
from antechamber.publish.sweep import sweep
from antechamber.publish.table import open_table

__all__ = [
    "Commit",
    "Contests",
    "KnownKeys",
    "Mode",
    "NotifyFailure",
    "Origin",
    "Origins",
    "Outright",
    "PublishedRun",
    "QuarantineWriter",
    "QuarantinedRecord",
    "Repeated",
    "RunMessage",
    "SealError",
    "SealedReader",
    "SealedWriter",
    "Staging",
    "Stamp",
    "commit",
    "frame_hashes",
    "key_hashes",
    "known_keys",
    "list_quarantine",
    "notify",
    "open_table",
    "parse_key",
    "progress",
    "read_quarantine",
    "refuse_unfit",
    "remove_quarantine",
    "repeated",
    "replaced_since",
    "rewrite_quarantine",
    "runs_in",
    "superseded",
    "sweep",
    "sweep_quarantine",
    "table_hashes",
    "write_data_files",
]
