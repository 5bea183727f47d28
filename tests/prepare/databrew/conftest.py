"""DataBrew recipes at work on records, as a connector's `recipe:` runs them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from tests.prepare.databrew.recipes_made import Record, batch_of

from antechamber.declare import Connector
from antechamber.prepare import compile_recipe
from antechamber.publish import Staging
from antechamber.secrets import Secrets


@pytest.fixture
def through(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Records through a connector, in batches of `size`; the rows that are left, by the columns asked for."""
    (tmp_path / "key").write_bytes(base64.b64encode(b"Jefe"))

    def run(
        given: Connector, records: Sequence[Record], columns: Sequence[str], size: int = 1000
    ) -> list[dict[str, Any]]:
        recipe = compile_recipe(given, secrets=Secrets(tmp_path), root=tmp_path)
        with Staging(tmp_path / "s", recipe.schema, rules=recipe.rules, contests=recipe.contests) as staging:
            for start in range(0, len(records), size):
                prepared = recipe.apply(batch_of(records[start : start + size]))
                assert not prepared.rejected
                staging.add(0, start, prepared.batch, prepared.changes, entrants=prepared.entrants)
            staging.resolve()
            frame = pl.from_arrow(pa.Table.from_batches(staging.batches(), schema=staging.schema))
        assert isinstance(frame, pl.DataFrame)
        return frame.rename(dict(zip(frame.columns, columns, strict=True))).to_dicts()

    return run
