"""Records that a source of dlt yields; what it remembers lies in our table's commit and nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from antechamber.connect.dlt import library
from antechamber.connect.dlt.declared import DltSource
from antechamber.connect.dlt.items import Items
from antechamber.connect.source import BatchSource
from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress
from antechamber.secrets import Secrets


class DltRecords(BatchSource):
    """One resource, one partition: objects as utf8 columns, Arrow tables in their own types.

    columns: the columns or paths to give; None: those of the first item. Raises MissingExtra, SecretError and
    SourceError, none of which repeats a message of the source.
    """

    def __init__(self, declared: DltSource, *, secrets: Secrets, columns: tuple[str, ...] | None = None) -> None:
        library.load()
        self._declared, self._columns = declared, columns
        self._name = f"{declared.name}.{declared.resource}" if declared.resource else declared.name
        self._secrets = {path: secrets.text(reference) for path, reference in declared.secrets.items()}
        self._before: str | None = None
        self._state: dict[str, Any] | None = None
        self._items = Items(columns, self._name)

    def schema(self) -> pa.Schema:
        state = library.read(self._before) if self._before is not None else {}
        found = next(iter(self._batches(Items(self._columns, self._name), state)), None)
        if found is not None:
            return found.schema
        return pa.schema([pa.field(name, pa.string()) for name in self._columns or ()])

    def columns(self) -> Mapping[str, str]:
        return {}

    def found(self) -> Iterable[str]:
        return tuple(self._items.found)

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        self._before, self._state = None, None
        if progress.watermark is not None and self._declared.state and not full:
            if progress.watermark.get("of") != self._identity:
                raise SourceError(
                    "what was recorded is of another source, or of this one before it was changed",
                    where=self._name,
                    remedy="read everything again with --full",
                )
            self._before = str(progress.watermark["state"])
        return Listing(partitions=(Partition(id=self._name),))

    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        state = library.read(self._before) if self._before is not None else {}
        yield from self._batches(self._items, state)
        self._state = state

    def watermark(self, listing: Listing) -> Mapping[str, object] | None:
        if self._state is None or not self._declared.state:
            return None
        try:
            return {"of": self._identity, "state": library.written(self._state)}
        except Exception:
            raise SourceError(
                "what the source remembers cannot be recorded", where=self._name, remedy="write state: false"
            ) from None

    @property
    def _identity(self) -> str:
        declared = self._declared
        of = [declared.name, declared.resource, dict(declared.arguments)]
        of.append(declared.incremental.cursor if declared.incremental else None)
        return hashlib.sha256(json.dumps(of, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def _batches(self, items: Items, state: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        yielded = None
        try:
            yielded = library.items(self._resource(), state)
            yield from items.batches(yielded)
        except Exception as error:
            raise library.failed(error, self._name) from None
        finally:
            close = getattr(yielded, "close", None)
            if close is not None:
                close()

    def _resource(self) -> Any:
        declared = self._declared
        arguments = library.with_secrets(declared.arguments, self._secrets, self._name)
        made = library.function(declared.name)(**arguments)
        resource = library.resource_of(made, declared.resource, self._name)
        if declared.incremental is not None:
            library.hint(resource, declared.resource, declared.incremental, self._name)
        return resource
