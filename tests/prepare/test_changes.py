"""Deletions go through the recipe by their key alone, in their place among the other records."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from antechamber.declare import Connector
from antechamber.prepare import compile_recipe
from antechamber.records import CHANGE, DELETED, LINE, PUT, TRUNCATED
from antechamber.secrets import Secrets

RECIPE = {
    "connector": "c",
    "tenant": "t",
    "source": {"type": "landing", "path": "x/*.csv"},
    "columns": {
        "phone": {"type": "phone", "protect": "sha256", "region_from": "land", "required": True},
        "score": {"type": "integer", "required": True},
    },
    "table": {"name": "t", "mode": "upsert", "key": "phone"},
}


def test_a_deletion_s_key_is_the_record_s_and_its_other_columns_do_not_matter(tmp_path: Path) -> None:
    recipe = compile_recipe(Connector.model_validate(RECIPE), secrets=Secrets(tmp_path))
    assert recipe.key_columns == ("phone", "land")
    rows = [
        (PUT, "0171 1234567", "DE", "1"),
        (DELETED, "+49 171 1234567", "DE", None),
        (PUT, "0171 1234568", "DE", "many"),
        (TRUNCATED, None, None, None),
        (DELETED, "no phone", "DE", None),
        (PUT, "0171 1234569", "DE", "3"),
    ]
    kinds, phones, lands, scores = zip(*rows, strict=True)
    prepared = recipe.apply(
        pa.RecordBatch.from_pydict(
            {
                "phone": pa.array(phones, pa.string()),
                "land": pa.array(lands, pa.string()),
                "score": pa.array(scores, pa.string()),
                CHANGE: pa.array(kinds, pa.int8()),
                LINE: pa.array(range(1, 7), pa.int64()),
            }
        )
    )
    first, deleted, truncated, last = prepared.batch.to_pylist()
    assert prepared.changes is not None and prepared.changes.to_pylist() == [PUT, DELETED, TRUNCATED, PUT]
    assert deleted == {"phone": first["phone"], "score": None} and first["score"] == 1
    assert truncated == {"phone": None, "score": None} and last["score"] == 3
    assert [(each.line, each.column) for each in prepared.rejected] == [(3, "score"), (5, "phone")]
