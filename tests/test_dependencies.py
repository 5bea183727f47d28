"""docs/dependencies.md explains every package that the project asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_dependency_is_explained() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = declared["project"]
    asked = [*project["dependencies"]]
    for group in (*project["optional-dependencies"].values(), *declared["dependency-groups"].values()):
        asked += [requirement for requirement in group if isinstance(requirement, str)]
    names = {re.split(r"[\[<>=~! ;]", requirement)[0] for requirement in asked} - {"antechamber"}
    page = (ROOT / "docs/dependencies.md").read_text()
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    explained = {name.strip() for row in rows for cell in row[:2] for name in cell.split(",")}
    assert names - explained == set()
