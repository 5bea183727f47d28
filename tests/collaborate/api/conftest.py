"""A served workspace, new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collaborate.api.premises import Pair, Premises, lay_out, paired, serving

from antechamber.declare import Declarations


@pytest.fixture
def declared(tmp_path: Path) -> Declarations:
    root = tmp_path / "workspace"
    root.mkdir()
    return lay_out(root)


@pytest.fixture
def premises(declared: Declarations) -> Iterator[Premises]:
    with serving(declared) as served:
        yield served


@pytest.fixture
def pair(premises: Premises) -> Pair:
    return paired(premises)
