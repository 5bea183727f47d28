"""The source fields of a run's staged records, for rules that hold records back once all of them are known.

Raw fields never touch a disk in the clear: each batch is sealed with a key that exists in memory only, as long as
the run.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from antechamber.errors import PublishError
from antechamber.publish.positioned import PositionedFile
from antechamber.publish.seal import SealedReader, SealedWriter


@dataclass(frozen=True)
class Origin:
    """Where neighbouring records of a batch come from: how many, the partition's number, the file inside of it."""

    rows: int
    partition: int
    member: str = ""


class Origins:
    """Source fields by the place at which their records are staged: (partition, sequence). Thread-safe.

    folder: a scratch folder of this run alone. As a context manager it removes its file at the end.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "origins"
        self._key = os.urandom(32)
        self._lock = threading.Lock()
        self._places: dict[tuple[int, int], tuple[int, int, tuple[Origin, ...]]] = {}
        self._sink: pa.OSFile | None = None

    def __enter__(self) -> Origins:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        self._path.unlink(missing_ok=True)

    def add(self, partition: int, sequence: int, batch: pa.RecordBatch, origins: Sequence[Origin]) -> None:
        """Keep a staged batch's source fields and LINEs, row by row. A place that is given again counts anew.

        Raises PublishError when there is no room.
        """
        plain = io.BytesIO()
        with pa.ipc.new_stream(plain, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
            stream.write_batch(batch)
        sealed = io.BytesIO()
        with SealedWriter(sealed, self._key, _name(partition, sequence)) as writer:
            writer.write(plain.getbuffer())
        with self._lock:
            try:
                if self._sink is None:
                    self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    self._sink = pa.OSFile(str(self._path), "wb")
                offset = self._sink.tell()
                self._sink.write(sealed.getbuffer())
            except OSError as error:
                raise PublishError(
                    f"records cannot be kept until the run's rules are judged ({error.strerror})",
                    where=str(self._path),
                    remedy="make room on that disk",
                ) from error
            self._places[partition, sequence] = (offset, len(sealed.getbuffer()), tuple(origins))

    def read(self, partition: int, sequence: int) -> tuple[pa.RecordBatch, Sequence[Origin]]:
        """What was kept of a batch. Once nothing more is added."""
        offset, length, origins = self._places[partition, sequence]
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        with PositionedFile(self._path) as file:
            sealed = io.BytesIO(file.read(offset, length).to_pybytes())
        source: Any = SealedReader(sealed, self._key, _name(partition, sequence))
        batch = pa.ipc.open_stream(pa.py_buffer(source.readall())).read_next_batch()
        return batch, origins


def _name(partition: int, sequence: int) -> str:
    return f"{partition}/{sequence}"
