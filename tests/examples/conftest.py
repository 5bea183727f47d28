"""A small retail example, made once: its workspace, its sealed exports, and what is said to be in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from antechamber.examples import write_example
from antechamber.examples.retail import PUBLIC_KEY, Spec, Truth, generate

SPEC = Spec(members=30_000, viewers=20_000, orders=20_000, files=3)


@dataclass(frozen=True)
class Example:
    """A workspace with its exports, and the truth about them."""

    folder: Path
    spec: Spec
    truth: Truth


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    folder = tmp_path_factory.mktemp("retail") / "workspace"
    write_example("retail", folder)
    return Example(folder, SPEC, generate(folder, SPEC, recipient=folder / PUBLIC_KEY))
