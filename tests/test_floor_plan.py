"""Imports point one way: faces → pipeline → stages → declare; stages know nothing of each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "antechamber"

GROUND = {"columns", "errors", "records", "secrets", "store", "catalog"}
STAGES = {"connect", "unseal", "read", "prepare", "publish", "collaborate"}
ALLOWED: dict[str, set[str]] = {
    "columns": set(),
    "errors": set(),
    "records": set(),
    "secrets": {"errors"},
    "store": {"errors"},
    "declare": {"errors", "secrets"},
    "catalog": {"declare", "deployed", "errors", "object_io", "placed", "store"},
    "object_io": {"store"},
    "placed": {"declare", "deployed", "errors", "secrets"},
    "deployed": {"declare", "errors", "store"},
    **{stage: GROUND | {"declare", stage} for stage in STAGES},
    "collaborate": GROUND | {"collaborate", "declare", "object_io"},
    "engine": {"engine", "errors"},
    "operate": GROUND | {"operate", "declare"},
    "job": GROUND | STAGES | {"declare", "operate", "references", "placed"},
    "shares": GROUND | STAGES,
    "lots": GROUND | STAGES | {"declare", "operate", "job", "shares"},
    "gate": GROUND | STAGES | {"declare", "gate"},
    "references": GROUND | STAGES | {"declare"},
    "books": GROUND | {"operate"},
    "parts": GROUND | STAGES | {"operate", "job", "lots", "shares", "books"},
    "parcels": GROUND | STAGES | {"lots", "parts"},
    "working": GROUND | STAGES | {"engine", "operate", "job", "lots", "shares", "parts", "parcels"},
    "putting_away": GROUND | STAGES | {"declare", "operate"},
    "forecast": GROUND | STAGES | {"declare", "operate", "job", "forecast"},
    "profile": GROUND | STAGES | {"declare", "operate", "job", "profile"},
    "again": GROUND | STAGES | {"declare", "operate", "job"},
    "discard": GROUND | STAGES | {"declare", "operate", "job"},
    "intent": GROUND | STAGES | {"declare", "job"},
    "found": GROUND | STAGES | {"operate", "job"},
    "bookmark": GROUND | STAGES | {"operate", "job", "intent", "found"},
    "announcing": GROUND | STAGES | {"declare", "operate"},
    "bundle": {"declare", "errors", "placed", "store"},
    "stepwise": GROUND
    | STAGES
    | {"announcing", "bookmark", "declare", "found", "gate", "intent", "job", "lots", "operate", "parcels", "parts"}
    | {"pipeline", "placed", "putting_away", "stepwise", "working"},
    "pipeline": GROUND
    | STAGES
    | {
        "declare",
        "engine",
        "operate",
        "job",
        "books",
        "parts",
        "working",
        "gate",
        "putting_away",
        "again",
        "announcing",
    }
    | {"intent", "found", "bookmark"},
    "sampling": GROUND | STAGES | {"declare", "operate", "job"},
    "tokens": GROUND | STAGES | {"declare", "operate", "job", "placed"},
    "examples": GROUND | {"examples", "declare"},
    "deploy": GROUND
    | {"deploy", "deployed", "declare", "collaborate", "bundle", "intent", "job", "on_spark", "operate"}
    | {"examples", "publish", "stepwise"},
    "on_spark": GROUND | STAGES | {"declare", "engine", "operate", "job", "lots", "parts", "parcels"},
    "cli": GROUND
    | STAGES
    | {
        "cli",
        "on_spark",
        "working",
        "declare",
        "deploy",
        "deployed",
        "engine",
        "operate",
        "job",
        "pipeline",
        "sampling",
        "discard",
        "examples",
        "forecast",
        "profile",
        "gate",
        "tokens",
    },
    "__main__": {"cli"},
    "__init__": set(),
}


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative imports hide which room is meant"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("antechamber.")}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_its_room(path: Path) -> None:
    own = room(path)
    assert own in ALLOWED, f"{own} is not on the floor plan"
    above = rooms_imported(path) - ALLOWED[own] - {own, "__version__"}
    assert not above, f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(above))}"


def test_every_stage_of_the_design_exists() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert STAGES | {"declare", "engine", "operate", "cli"} <= rooms
    assert (PACKAGE / "pipeline.py").exists()
