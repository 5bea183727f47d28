"""Steps at work on records, as a connector's recipe would run them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from antechamber.declare import Connector
from antechamber.declare.connector import Identity
from antechamber.prepare import Recipe, compile_recipe
from antechamber.publish import Staging
from antechamber.records import LINE, Prepared
from antechamber.secrets import Secrets

Record = Mapping[str, Any]

AS_IT_IS = {"type": "string", "may_hold": get_args(Identity), "because": "examples have identities of nobody"}
"""A column that comes out as it is, whatever its values look like."""


def connector_with(steps: str, columns: Sequence[str], key: str | None = None) -> Connector:
    """A connector with these steps (YAML), whose columns come out as they are."""
    return Connector.model_validate(
        {
            "connector": "members",
            "tenant": "acme",
            "source": {"type": "landing", "path": "landing/*.csv"},
            "steps": YAML(typ="safe").load(steps),
            "columns": {f"c{n}": {"source": name, **AS_IT_IS} for n, name in enumerate(columns)},
            "table": {"name": "members", "mode": "upsert" if key else "append", "key": key},
        }
    )


def batch_of(records: Sequence[Record]) -> pa.RecordBatch:
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: [record.get(name) for record in records] for name in names}
    arrays = {
        name: pa.array(values, pa.string())
        if all(v is None or isinstance(v, str) for v in values)
        else pa.array(values)
        for name, values in columns.items()
    }
    return pa.RecordBatch.from_pydict({**arrays, LINE: pa.array(range(2, len(records) + 2), pa.int64())})


class Through:
    """What came of records. rows: those that are published, by the columns that were asked for.

    dropped: by rule, also the records of which that is known only when all are there.
    """

    def __init__(self, recipe: Recipe, prepared: Sequence[Prepared], columns: Sequence[str], scratch: Path) -> None:
        self.recipe = recipe
        self.prepared = prepared[0]
        with Staging(
            scratch / "staging", recipe.schema, keys=recipe.key, rules=recipe.rules, contests=recipe.contests
        ) as staging:
            for sequence, each in enumerate(prepared):
                staging.add(0, sequence, each.batch, each.changes, entrants=each.entrants)
            staging.resolve()
            rows = [row for batch in staging.batches() for row in batch.rename_columns(list(columns)).to_pylist()]
            self.dropped: Counter[str] = Counter(*staging.dropped().values())
        self.rows: list[dict[str, Any]] = rows
        for each in prepared:
            self.dropped.update(each.dropped)


@pytest.fixture
def through(tmp_path: Path) -> Callable[..., Through]:
    def run(steps: str, records: Sequence[Record], columns: Sequence[str], root: Path | None = None) -> Through:
        recipe = compile_recipe(connector_with(steps, columns), secrets=Secrets(tmp_path), root=root or tmp_path)
        return Through(recipe, [recipe.apply(batch_of(records))], columns, tmp_path)

    return run
