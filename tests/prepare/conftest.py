"""A recipe from columns, as a connector file would declare them, and batches of source fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.declare import Connector
from antechamber.prepare import Recipe, compile_recipe
from antechamber.records import LINE
from antechamber.secrets import Secrets

Declared = Mapping[str, Mapping[str, Any]]


def connector(columns: Declared, key: str | None = None) -> Connector:
    return Connector.model_validate(
        {
            "connector": "members",
            "tenant": "acme",
            "source": {"type": "landing", "path": "landing/*.csv"},
            "placeholders": False,  # what a rule makes of `000-000-0000` is shown apart from whether that is anybody
            "columns": {name: dict(column) for name, column in columns.items()},
            "table": {"name": "members", "mode": "upsert" if key else "append", "key": key},
        }
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Recipe]:
    def of(columns: Declared, key: str | None = None) -> Recipe:
        return compile_recipe(connector(columns, key), secrets=Secrets(tmp_path))

    return of


@pytest.fixture
def batch() -> Callable[..., pa.RecordBatch]:
    def of(**columns: Sequence[Any] | pa.Array[Any]) -> pa.RecordBatch:
        arrays = {
            name: values if isinstance(values, pa.Array) else pa.array(values, pa.string())
            for name, values in columns.items()
        }
        rows = len(next(iter(arrays.values())))
        return pa.RecordBatch.from_pydict({**arrays, LINE: pa.array(range(2, rows + 2), pa.int64())})

    return of
