"""Which records at or above the watermark an earlier run has read already, told exactly, so that none is read twice.

By a salted hash of the record and how often it occurred: of five equal records where three were read, two are new.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CAP = 10_000
"""The most records that one commit remembers; with more, a run leaves those above the horizon to the next."""


class Remembered:
    """Some records by their hashes. Several threads may ask one at the same time."""

    def __init__(self, columns: str, salt: str, upto: str | None, records: Mapping[str, int]) -> None:
        """columns: names and types that the hashes are of. upto: the largest watermark among the records."""
        self.columns, self.salt, self.upto = columns, salt, upto
        self._left = Counter({str(key): int(count) for key, count in records.items()})
        self._all = dict(self._left)
        self._guard = threading.Lock()

    @staticmethod
    def of(batches: Sequence[pa.RecordBatch], schema: pa.Schema, watermark: str) -> Remembered:
        """Remember the records of some batches. watermark: the column that the records are ordered by."""
        salt = secrets.token_hex(8)
        records: Counter[str] = Counter()
        values: list[Any] = []
        for batch in batches:
            if batch.num_rows:
                records.update(_hashes(batch, schema, salt))
                found: list[Any] = batch.column(watermark).to_pylist()
                values.append(max(found))
        upto = _sortable(max(values)) if values else None
        return Remembered(signature(schema), salt, upto, records)

    @staticmethod
    def from_json(recorded: Mapping[str, Any]) -> Remembered:
        """As a commit keeps it. Raises KeyError, TypeError or ValueError when it is something else."""
        return Remembered(
            str(recorded["columns"]), str(recorded["salt"]), recorded["upto"], dict(recorded["records"])
        )

    def as_json(self) -> dict[str, Any]:
        """All that was remembered, whatever was met since."""
        return {"columns": self.columns, "salt": self.salt, "upto": self.upto, "records": self._all}

    def __len__(self) -> int:
        return len(self._all)

    def without(self, batch: pa.RecordBatch, schema: pa.Schema, watermark: str) -> pa.RecordBatch:
        """The batch without the remembered records, each left out as often as it was read."""
        if self.upto is None or not batch.num_rows:
            return batch
        near = _not_above(batch.column(watermark), self.upto)
        positions = [index for index, is_near in enumerate(near) if is_near]
        if not positions:
            return batch
        keep = [True] * batch.num_rows
        hashes = _hashes(batch.take(pa.array(positions)), schema, self.salt)
        with self._guard:
            for position, key in zip(positions, hashes, strict=True):
                if self._left[key] > 0:
                    self._left[key] -= 1
                    keep[position] = False
        return batch if all(keep) else batch.filter(pa.array(keep))


def signature(schema: pa.Schema) -> str:
    """Names a schema: hashes of records mean the same under one only."""
    return hashlib.sha256(repr([(field.name, str(field.type)) for field in schema]).encode()).hexdigest()[:16]


def _hashes(batch: pa.RecordBatch, schema: pa.Schema, salt: str) -> Iterable[str]:
    columns = [
        [_canonical(value, field.type) for value in batch.column(position).to_pylist()]
        for position, field in enumerate(schema)
    ]
    key = salt.encode()
    for record in zip(*columns, strict=True):
        yield hashlib.blake2b(repr(record).encode(), digest_size=12, key=key).hexdigest()


def _canonical(value: Any, kind: pa.DataType) -> Any:
    """The value in a form that does not depend on which type its batch came in."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        try:
            return datetime.fromisoformat(value).isoformat()
        except ValueError:
            return value
    return str(value) if value is not None and not isinstance(value, bytes) else value


def _sortable(value: Any) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def _not_above(values: pa.Array[Any], upto: str) -> list[bool]:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return [value is None or value.replace("T", " ") <= upto.replace("T", " ") for value in values.to_pylist()]
    limit = pa.scalar(upto.partition("+")[0]).cast(_plain(values.type))
    if pa.types.is_timestamp(values.type):
        limit = limit.cast(pa.int64())
        values = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64())
    return [bool(one) for one in pc.less_equal(values, limit).to_pylist()]


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
