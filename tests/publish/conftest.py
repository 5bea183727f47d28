"""What the tests of publishing share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.publish.publisher import Publisher


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


@pytest.fixture(scope="session")
def new_publisher(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Publisher]:
    """For hypothesis: a fresh folder in each example."""
    return lambda: Publisher(tmp_path_factory.mktemp("publish"))
