"""Watching a run: what it tells while it works, and the watchers that listen.

A watcher sees names of stages and partitions and counts, never a value of a record.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, cast

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

log = logging.getLogger("antechamber.run")


class Watcher(Protocol):
    """Hears what a run does. Calls come from several threads."""

    def stage(self, name: str) -> None:
        """A stage begins: `list`, `work`, `encode`, `commit`, `archive`, `notify`, `done` and so on."""

    def expect(self, partitions: int, size: int | None) -> None:
        """How much is to be read: bytes when all sizes are known."""

    def advance(self, *, rows: int, size: int) -> None:
        """So many more records were prepared, so many more bytes were taken from the source."""


class Silent:
    """Hears nothing."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def expect(self, partitions: int, size: int | None) -> None:
        """Nothing."""

    def advance(self, *, rows: int, size: int) -> None:
        """Nothing."""


class Lines:
    """Plain lines in the log, one a stage and one every ten seconds of work."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()
        self._rows = 0
        self._size = 0
        self._expected: int | None = None
        self._began = self._said = time.monotonic()

    def stage(self, name: str) -> None:
        log.info("%s: %s", self._what, name)

    def expect(self, partitions: int, size: int | None) -> None:
        self._expected = size
        log.info("%s: %d partitions, %s bytes", self._what, partitions, "?" if size is None else f"{size:,}")

    def advance(self, *, rows: int, size: int) -> None:
        with self._lock:
            self._rows += rows
            self._size += size
            now = time.monotonic()
            if now - self._said < 10:
                return
            self._said = now
            rate = self._rows / (now - self._began)
            left = ""
            if self._expected and self._size:
                left = f", {(self._expected - self._size) / (self._size / (now - self._began)):,.0f} s left"
        log.info("%s: %s rows, %s rows/s%s", self._what, f"{self._rows:,}", f"{rate:,.0f}", left)


class Bar:
    """A progress bar on a terminal."""

    def __init__(self, what: str, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[what]}[/] {task.description:<9}"),
            BarColumn(bar_width=28),
            DownloadColumn(),
            TextColumn("{task.fields[rows]:>12,} rows {task.fields[rate]:>11,.0f} rows/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("list", total=None, what=what, rows=0, rate=0.0)
        self._lock = threading.Lock()
        self._rows = 0
        self._began = time.monotonic()
        self._progress.start()

    def stage(self, name: str) -> None:
        if name == "done":
            self._progress.stop()
        else:
            self._progress.update(self._task, description=name)

    def expect(self, partitions: int, size: int | None) -> None:
        self._began = time.monotonic()
        self._progress.update(self._task, total=size)

    def advance(self, *, rows: int, size: int) -> None:
        with self._lock:
            self._rows += rows
            rate = self._rows / max(time.monotonic() - self._began, 1e-3)
        self._progress.update(self._task, advance=size, rows=self._rows, rate=rate)


class _Counted(io.RawIOBase):
    def __init__(self, stream: BinaryIO, taken: Callable[[int], None]) -> None:
        self._stream = stream
        self._taken = taken

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._taken(len(content))
        return content

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            super().close()


def counted(stream: BinaryIO, taken: Callable[[int], None]) -> BinaryIO:
    """The same stream; `taken` hears how many bytes each read took."""
    return cast(BinaryIO, _Counted(stream, taken))
