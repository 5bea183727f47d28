"""DataBrew recipes at work on records, as a connector's `recipe:` runs them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.prepare.databrew.recipes_made import Record, batch_of

from antechamber.declare import Connector
from antechamber.prepare import compile_recipe
from antechamber.secrets import Secrets


@pytest.fixture
def through(tmp_path: Path) -> Callable[[Connector, Sequence[Record], Sequence[str]], list[dict[str, Any]]]:
    """Records through a connector; the rows that are left, by the columns that were asked for."""
    (tmp_path / "key").write_bytes(base64.b64encode(b"Jefe"))

    def run(given: Connector, records: Sequence[Record], columns: Sequence[str]) -> list[dict[str, Any]]:
        recipe = compile_recipe(given, secrets=Secrets(tmp_path), root=tmp_path)
        prepared = recipe.apply(batch_of(records))
        assert not prepared.rejected
        frame = pl.from_arrow(prepared.batch)
        assert isinstance(frame, pl.DataFrame)
        return frame.rename(dict(zip(frame.columns, columns, strict=True))).to_dicts()

    return run
