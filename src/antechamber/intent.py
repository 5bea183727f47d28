"""What a run is asked to do: go on, start over, read a window again, or prepare a quarantine once more."""

from __future__ import annotations

from dataclasses import dataclass

from antechamber.declare import FileSource
from antechamber.errors import SourceError
from antechamber.job import Job
from antechamber.publish import Mode
from antechamber.records import Listing, Progress, Window


@dataclass(frozen=True)
class Intent:
    """full, window, retry: as in `pipeline.run`; without any of them the run goes on where the last one ended."""

    full: bool = False
    window: Window | None = None
    retry: str | None = None

    @property
    def apart(self) -> bool:
        """Whether other runs go on as if this one had not been."""
        return self.window is not None or self.retry is not None

    @property
    def again(self) -> bool:
        """Whether the run reads what earlier ones read."""
        return self.apart or self.full

    @property
    def notes(self) -> list[str]:
        """What the run's record says of it."""
        said = [f"quarantine of {self.retry}, once more"] if self.retry is not None else []
        if self.window is not None:
            said.append(f"backfill {self.window}: other runs read on from where they were")
        return said

    def listing(self, job: Job, known: Progress) -> Listing:
        """What the source has for it. Raises what the source raises."""
        if self.window is None:
            return job.source.list(known, full=self.full)
        return job.source.backfill(self.window)

    def mode(self, job: Job) -> Mode:
        """How the run's rows meet those of earlier runs. Raises SourceError where they cannot."""
        source, table = job.connector.source, job.connector.table
        if self.window is not None and table.mode != "upsert":
            raise SourceError(
                f"a backfill reads records again, and mode {table.mode} cannot tell which ones those are",
                where=job.name,
                remedy="write mode: upsert with a key, or start over with --full",
            )
        if self.retry is not None and table.mode == "replace":
            return "append"
        if not self.full:
            return table.mode
        if not isinstance(source, FileSource) or source.after == "leave":
            return "replace"
        if table.mode == "append":
            raise SourceError(
                "a full run would append files again, and earlier ones are no longer in landing",
                where=job.name,
                remedy="move them back from the archive to landing and drop the table, or set `after: leave`",
            )
        return table.mode
