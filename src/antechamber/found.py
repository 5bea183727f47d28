"""The columns that a source has: those it lost are refused, those that are new or missing are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from antechamber.columns import reads_like_a_name, told
from antechamber.connect.drift import new_columns, refuse_changed
from antechamber.connect.source import BatchSource
from antechamber.job import Job
from antechamber.operate.runs import RunRecord


class FoundColumns:
    """What one run finds, told in its record.

    before: column → type that the connector's last commit recorded; none of it matters to a run that starts over.
    """

    def __init__(self, job: Job, record: RunRecord, before: Mapping[str, str]) -> None:
        self._job = job
        self._record = record
        self._before = before
        self._of_table: Mapping[str, str] = {}
        self.seen: Counter[str] = Counter()
        """Column → partitions that have it, of sources that tell only while they are read."""

    def look(self) -> None:
        """Refuse a database table that lost or changed a column before anything moves; tell of new ones.

        Raises SourceError.
        """
        if not isinstance(self._job.source, BatchSource):
            return
        self._of_table = dict(self._job.source.columns())
        refuse_changed(self._before, self._of_table, self._job.recipe.source_columns, where=self._job.name)
        self._tell_new(new_columns(self._before, self._of_table))

    def tell_missing(self) -> None:
        """When all is read: what is not taken, and what no record has."""
        if not self.seen:
            return
        wanted = self._job.recipe.source_columns
        self._record.unnamed_columns = told(set(self.seen) - set(wanted))
        if missing := [name for name in wanted if name not in self.seen]:
            # CSV and Parquet files that lack a column were refused; JSON records may leave out what is empty.
            self._record.notes.append(f"no record of this run has {', '.join(missing)}: null in all of them")

    def now(self, known: Mapping[str, str]) -> Mapping[str, str]:
        """What the commit is to record. Files that leave out a column now and then do not make it a new one.

        known: what the last commit recorded.
        """
        if isinstance(self._job.source, BatchSource):
            return self._of_table
        seen = dict.fromkeys((name for name in sorted(self.seen) if reads_like_a_name(name)), "")
        self._tell_new(new_columns(known, seen))
        return {**known, **seen} if seen else {}

    def _tell_new(self, names: Sequence[str]) -> None:
        new = [name for name in names if name.partition(" (")[0] not in self._job.recipe.source_columns]
        if new:
            self._record.notes.append(f"new in the source, not taken: {', '.join(new)}; name them under columns:")
