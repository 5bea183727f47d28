"""What a listing of a PostgreSQL table fixes for its readers, in this process and in others."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Plan:
    """What `list` fixed for the readers. queries: partition id → SQL. schema: of what they send.

    snapshot: of the session that listed, which others import while it lasts. validate: whether the server leaves the
    encoding of texts to be checked. unique: sets of columns of which each record has other values.
    """

    snapshot: str
    schema: pa.Schema
    queries: dict[str, str]
    validate: bool
    unique: tuple[frozenset[str], ...]

    def to_share(self) -> str:
        """What a reader in another process needs: all but `unique`."""
        schema = base64.b64encode(self.schema.serialize().to_pybytes()).decode()
        return json.dumps([self.snapshot, schema, self.queries, self.validate])

    @classmethod
    def shared(cls, text: str) -> Plan:
        """A plan that was given `to_share`."""
        snapshot, schema, queries, validate = json.loads(text)
        return cls(snapshot, pa.ipc.read_schema(pa.py_buffer(base64.b64decode(schema))), queries, validate, ())
