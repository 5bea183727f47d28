"""Sources of dlt as a user writes them, for the tests of the dlt source."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import dlt
import pyarrow as pa

EVENTS: list[dict[str, Any]] = []
"""What the resource `events` has to yield."""


@dlt.source
def shop(token: str = dlt.secrets.value, size: int = 2, fail: bool = False) -> Any:
    """Two resources; one remembers how far it was read."""

    @dlt.resource
    def events(at: Any = dlt.sources.incremental("at", initial_value=0)) -> Iterator[Any]:  # noqa: B008
        if fail:
            raise ValueError(f"jane@example.com with {token}")
        for start in range(0, len(EVENTS), size):
            yield EVENTS[start : start + size]

    @dlt.resource
    def values() -> Iterator[Any]:
        yield {
            "id": 1, "yes": True, "big": 12345678901234567890123, "float": 1e22, "cents": Decimal("1.10"),
            "nan": float("nan"),
            "when": dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC), "day": dt.date(2026, 11, 24), "raw": b"abc",
            "uuid": uuid.UUID(int=7), "deep": {"list": [{"k": "a", "v": Decimal("2.50")}, None]}, "none": None,
        }  # fmt: skip
        yield {"id": 2}

    return events, values


@dlt.resource
def tables() -> Iterator[Any]:
    """Arrow tables, and a batch."""
    yield pa.table(
        {"id": [1, 2], "cents": pa.array([Decimal("1.10"), None], pa.decimal128(5, 2)), "more": [{"a": 1}] * 2}
    )
    yield pa.RecordBatch.from_pydict({"id": [3]})


@dlt.resource
def nonsense() -> Iterator[Any]:
    """No records."""
    yield {"id": 1}
    yield 5


def not_a_source() -> int:
    """Not a source."""
    return 5
