"""What a source is: something that lists partitions and opens one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress, ReadBatch, Window
from antechamber.secrets import Secrets
from antechamber.store import Location


@dataclass(frozen=True)
class Opening:
    """What a source is opened with.

    store: what relative paths are relative to. secrets: what its secret references are read with.
    columns: the source's columns that the connector takes; a BatchSource that can gives these only, so that what
        nobody asked for stays where it is. None: all.
    key: those of which the published key is made; () when records have none.
    name: `workspace/tenant/connector`, for what a source keeps for this connector on a server.
    look_only: nothing will be published, so nothing may be left behind anywhere.
    """

    store: Location
    secrets: Secrets
    columns: tuple[str, ...] | None = None
    key: tuple[str, ...] = ()
    name: str = ""
    look_only: bool = False


class Source(ABC):
    """A place that records come from. Nothing is written to it but what its declaration asks for."""

    @abstractmethod
    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        """What is there to be read now.

        progress: what earlier commits took in. full: read everything again, whatever the progress.
        Raises SourceError.
        """

    def backfill(self, window: Window) -> Listing:
        """What of a window is there to be read again, whatever was taken in before; with no watermark.

        The listing's records must not be older than those that earlier runs took in. Raises SourceError, also where
        the source cannot tell what belongs to the window.
        """
        raise SourceError(
            "this source cannot be read by window",
            where=f"backfill {window}",
            remedy="run it without --from, or start over with --full",
        )

    def close(self) -> None:
        """Give back what `list` or reading holds (connections, snapshots). Safe to call twice."""
        return


class ByteSource(Source):
    """A source whose partitions are files."""

    at_once: int = 1
    """How many files are opened at a time with profit, where opening one is mostly waiting."""

    @abstractmethod
    def open(self, partition: Partition) -> BinaryIO:
        """The file's bytes, from the first; seekable where the store can.

        A file that changed since it was listed raises SourceError, at the latest when its end is reached.
        """

    @abstractmethod
    def archive(self, partition: Partition, to: Location) -> None:
        """Move the file below `to` under its own id, unless it changed since; done already is no error."""

    @abstractmethod
    def remove(self, partition: Partition) -> None:
        """Delete the file, unless it changed since; gone already is no error."""


class RecordSource(Source):
    """A source whose records were read before: it gives them with their lines and members."""

    @abstractmethod
    def read(self, partition: Partition) -> Iterator[ReadBatch]:
        """The partition's records. May be called from several threads. Raises AntechamberError."""


class BatchSource(Source):
    """A source that gives Arrow record batches."""

    @abstractmethod
    def schema(self) -> pa.Schema:
        """The columns that `read` gives and their Arrow types, without reading records. Raises SourceError."""

    @abstractmethod
    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        """The partition's records, in the types of `schema`, or as text where a value is beyond its column's type.

        May be called from several threads. Raises SourceError.
        """

    def expect(self) -> None:
        """A listing will be asked for soon: what it has to wait for may begin. Raises nothing: `list` does."""
        return

    def columns(self) -> Mapping[str, str]:
        """Every column that the source has now → its type, in words that change only when the source is changed.

        Empty for a source that cannot tell before it is read. May be asked before `list`. Raises SourceError.
        """
        return {field.name: str(field.type) for field in self.schema()}

    def found(self) -> Iterable[str]:
        """The columns that the records read so far have, of a source whose `columns` cannot tell them before."""
        return ()

    def each_once(self, columns: Sequence[str]) -> bool:
        """Whether no two records of the last listing can have the same values, none of them null, in these columns:
        because the source itself sees to it, not because it was so far."""
        return False

    def shared(self) -> str | None:
        """What another process that opened this source is to `join`, to read partitions of the last listing
        while this process has it open; None: only who listed can read."""
        return None

    def join(self, shared: str) -> None:
        """Read partitions that another process listed. shared: what its source gave. Raises SourceError."""
        raise SourceError("only the process that listed this source can read it")

    def watermark(self, listing: Listing) -> Mapping[str, object] | None:
        """What the commit is to record, asked when every partition has been read; the listing's by default."""
        return listing.watermark

    def worth_recording(self, listing: Listing) -> bool:
        """Whether the watermark is to be committed although no record was read."""
        return False

    def committed(self, watermark: Mapping[str, object]) -> None:
        """The commit that recorded this watermark stands: what is kept for reading again may go. Raises SourceError.

        A run that dies before it says so is followed by one whose `list` is given that watermark.
        """
        return
